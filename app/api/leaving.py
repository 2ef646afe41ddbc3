"""Many are enrolled at once; somebody leaves, signs a new version of the consent form, or goes on at another site."""

from collections.abc import Sequence
from typing import Any

from app.accounts.roles import Permission
from app.api.access import because, requires
from app.api.blueprint import blueprint
from app.api.finding import participant, site
from app.api.leaving_schemas import (
    ConsentEntrySchema,
    ConsentSchema,
    ImportedSchema,
    ImportSchema,
    LeavingEntrySchema,
    LeavingSchema,
    LeavingsSchema,
    TransferSchema,
)
from app.api.operations import operation
from app.api.schemas import ParticipantSchema, ReasonSchema
from app.core.database import taken_back
from app.core.time import now
from app.participants import going_on
from app.participants.importing import Imported, import_people
from app.participants.leaving import departures_of, find_departure, leave, undo
from app.participants.models import Consent, Departure, Participant
from app.permitting import current_scope
from app.studies.access import sites
from app.studies.states import Act

PERSON = "/studies/<study>/participants/<code>"


@blueprint.post("/studies/<study>/participant-imports")
@requires(Permission.ENROL)
@operation("Enrol everybody of a list, or nobody", answer=ImportedSchema, body=ImportSchema)
def import_rows(body: dict[str, Any]) -> Imported:
    """What is wrong is told by row and column (the first row is 2); the same list again changes nothing."""
    allowed = {site.code: site for site in sites(current_scope())}
    study = current_scope().study
    if not body["dry_run"]:
        return import_people(body["rows"], allowed, study, now())
    with taken_back():
        return import_people(body["rows"], allowed, study, now())


@blueprint.get(f"{PERSON}/withdrawals")
@requires(Permission.VIEW_PARTICIPANT)
@operation("How far she has left or will leave, in the order in which it was recorded", answer=LeavingsSchema)
def departures(code: str) -> dict[str, Sequence[Departure]]:
    """What was undone too."""
    return {"items": departures_of(participant(code))}


@blueprint.post(f"{PERSON}/withdrawals")
@requires(Permission.RECORD_EVENTS, act=Act.LEAVE)
@operation("She leaves: so far, from that day on, and why", answer=LeavingSchema, body=LeavingEntrySchema, status=201)
def note_leaving(code: str, body: dict[str, Any]) -> Departure:
    """On a day to come it takes effect by itself, and can be undone until then."""
    because(body["reason"])
    return leave(participant(code), body["grade"], body["on"], body["reason"], now())


@blueprint.post(f"{PERSON}/withdrawals/<int:leaving_id>/undoing")
@requires(Permission.RECORD_EVENTS, act=Act.LEAVE)
@operation("She stays after all, before the day came", answer=LeavingSchema, body=ReasonSchema)
def undo_leaving(code: str, leaving_id: int, body: dict[str, str]) -> Departure:
    """What is in effect already is corrected: `not_withdrawn`."""
    leaving = find_departure(participant(code), leaving_id)
    because(body["reason"])
    undo(leaving, now())
    return leaving


@blueprint.post(f"{PERSON}/consents")
@requires(Permission.RECORD_EVENTS)
@operation("She signed a new version of the consent form", answer=ConsentSchema, body=ConsentEntrySchema, status=201)
def note_consent(code: str, body: dict[str, Any]) -> Consent:
    """The earlier ones stay on record."""
    return going_on.consent_anew(participant(code), body["document"], body["given_on"], now())


@blueprint.post(f"{PERSON}/transfers")
@requires(Permission.RECORD_EVENTS)
@operation("She goes on at another of the token's sites", answer=ParticipantSchema, body=TransferSchema)
def note_transfer(code: str, body: dict[str, str]) -> Participant:
    """The pseudonym stays; sender and telephone in her texts are the new site's."""
    person, to = participant(code), site(body["site"])
    because(body["reason"])
    going_on.transfer(person, to, now())
    return person
