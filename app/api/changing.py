"""A participant is randomised, gets another number; an event that never was is called off, for a reason."""

from typing import Any

from marshmallow import fields

from app.accounts.roles import Permission
from app.api.access import because, requires
from app.api.blueprint import blueprint
from app.api.correcting import EffectSchema
from app.api.fields import Day, Flag, text
from app.api.finding import participant
from app.api.operations import operation
from app.api.schemas import ParticipantSchema, Strict
from app.core.time import now
from app.messages.outlook.correcting import correct, preview
from app.messages.outlook.effects import Effect
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.enrolment import change_phone, randomise
from app.participants.models import EventState, Participant
from app.studies.states import Act

PERSON = "/studies/<study>/participants/<code>"


class RandomisationSchema(Strict):
    on = Day(required=True, metadata={"description": "The day. The arm is not known here, and has no place."})


class ContactSchema(Strict):
    phone = text(30, required=True, metadata={"description": "Kept apart, encrypted; it comes out nowhere."})
    abroad = Flag(load_default=False, metadata={"description": "A number of another country, and it is meant."})
    reason = text(500, required=True)


class EventVoidingSchema(Strict):
    kind = text(40, required=True)
    recorded_on = Day(required=True, metadata={"description": "The day for which it stands there now."})
    reason = text(500, required=True, metadata={"description": "At least 10 characters, for the audit trail."})
    dry_run = Flag(load_default=False, metadata={"description": "Only tell what would change."})


class ContactChangedSchema(Strict):
    participant = fields.String(attribute="code")


@blueprint.post(f"{PERSON}/randomisation")
@requires(Permission.RECORD_EVENTS)
@operation("Note the day of randomisation", answer=ParticipantSchema, body=RandomisationSchema, status=201)
def note_randomisation(code: str, body: dict[str, Any]) -> Participant:
    """Once: what was noted wrongly is corrected."""
    person = participant(code)
    randomise(person, body["on"], now())
    return person


@blueprint.post(f"{PERSON}/contact")
@requires(Permission.ENROL, act=Act.RECORD)
@operation("Correct her number", answer=ContactChangedSchema, body=ContactSchema, seen=True)
def change_contact(code: str, body: dict[str, Any]) -> Participant:
    """The old one is forgotten; what failed and is still due is owed again. Asks for If-Match."""
    person = participant(code)
    because(body["reason"])
    change_phone(person, body["phone"], abroad=body["abroad"])
    return person


@blueprint.post(f"{PERSON}/events/voiding")
@requires(Permission.RECORD_EVENTS, act=Act.CORRECT)
@operation("Call off an event that never was", answer=EffectSchema, body=EventVoidingSchema, seen=True)
def void_event(code: str, body: dict[str, Any]) -> Effect:
    """Every window and text that changes is told; with `dry_run` nothing is changed. Asks for If-Match."""
    person, act = participant(code), preview if body["dry_run"] else correct
    because(body["reason"])
    called_off = EventCorrection(body["kind"], body["recorded_on"], EventState.CANCELLED)
    return act(person, RecordCorrection(event=called_off), body["reason"], now())
