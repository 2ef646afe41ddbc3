"""Queries about answers: asked and closed by programs. A decision is signed by a person, on the desk."""

from typing import Any

from app.accounts.roles import Permission
from app.api.access import because, current_token, requires
from app.api.blueprint import blueprint
from app.api.operations import operation
from app.api.query_schemas import (
    AnswerQuerySchema,
    ClosingSchema,
    QueriedSchema,
    QueriesSchema,
    QueryListSchema,
    VoidingSchema,
)
from app.core.time import now
from app.permitting import current_scope
from app.responses.correction_reading import response_at
from app.responses.corrections import Query, ask, ask_to_void, close, corrections_at, find_correction
from app.responses.models import Correction

CORRECTIONS_PATH = "/studies/<study>/corrections"


@blueprint.get(CORRECTIONS_PATH)
@requires(Permission.CORRECT)
@operation("Queries about answers at the token's sites, the oldest first", answer=QueriesSchema, query=QueryListSchema)
def queries(query: dict[str, str]) -> dict[str, list[Correction]]:
    """Those that are open, or all."""
    return {"items": corrections_at(current_scope(), undecided=query["which"] == "open")}


@blueprint.post(CORRECTIONS_PATH)
@requires(Permission.CORRECT)
@operation("Ask that an answer have another value", body=AnswerQuerySchema, answer=QueriedSchema, status=201)
def ask_for_value(body: dict[str, Any]) -> Correction:
    """Checked by the instrument as any answer; nothing changes until an investigator signs."""
    response = response_at(current_scope(), body.pop("participant"), body.pop("visit"))
    because(body["reason"])
    return ask(response, Query(**body), current_token().user, now())


@blueprint.post(f"{CORRECTIONS_PATH}/voiding")
@requires(Permission.CORRECT)
@operation("Ask that a whole response not count", body=VoidingSchema, answer=QueriedSchema, status=201)
def ask_for_voiding(body: dict[str, str]) -> Correction:
    """The wrong person answered, or at the wrong visit."""
    response = response_at(current_scope(), body["participant"], body["visit"])
    because(body["reason"])
    return ask_to_void(response, body["reason"], body["source"], current_token().user, now())


@blueprint.post(f"{CORRECTIONS_PATH}/<int:correction_id>/closing")
@requires(Permission.CORRECT)
@operation("Close a query that needs no decision", body=ClosingSchema, answer=QueriedSchema)
def close_query(correction_id: int, body: dict[str, str]) -> Correction:
    """Say why; the answer stays what it was, and the query can be read on."""
    correction = find_correction(current_scope(), correction_id)
    because(body["reason"])
    close(correction, current_token().user, body["reason"], now())
    return correction
