"""A visit that no plan opens is opened by a program: between two others, because somebody asked for it."""

from collections.abc import Sequence
from typing import Any

from marshmallow import fields

from app.accounts.roles import Permission
from app.api.access import because, requires
from app.api.blueprint import blueprint
from app.api.fields import Instant, text
from app.api.finding import participant
from app.api.operations import operation
from app.api.schemas import Strict
from app.core.time import now
from app.schedule.models import Assessment
from app.schedule.unscheduled import open_visit, openable

VISITS_PATH = "/studies/<study>/participants/<code>/visits"


class OpenableSchema(Strict):
    visit = fields.String()
    title = fields.String()


class OpenablesSchema(Strict):
    items = fields.List(fields.Nested(OpenableSchema))


class OpeningSchema(Strict):
    visit = text(32, required=True, metadata={"description": "One that the protocol leaves to staff."})
    reason = text(500, required=True)


class OpenedSchema(Strict):
    visit = fields.String(metadata={"description": "Its code, with its number: each time is a visit of its own."})
    opens_at = Instant()
    due_at = Instant()
    closes_at = Instant()
    grace_until = Instant()


@blueprint.get(f"{VISITS_PATH}/openable")
@requires(Permission.VIEW_PARTICIPANT)
@operation("The visits that may be opened for her", answer=OpenablesSchema)
def may_be_opened(code: str) -> dict[str, Sequence[dict[str, str]]]:
    """Those of the protocol that are `opened_by: staff`, at her site."""
    return {"items": [{"visit": visit, "title": title} for visit, title in openable(participant(code)).items()]}


@blueprint.post(VISITS_PATH)
@requires(Permission.RECORD_EVENTS)
@operation("Open a visit that is in no plan", answer=OpenedSchema, body=OpeningSchema, status=201)
def open_now(code: str, body: dict[str, Any]) -> Assessment:
    """It is open from now on, and its text leaves as soon as texts may; 409 while one of its kind is open."""
    because(body["reason"])
    return open_visit(participant(code), body["visit"], now())
