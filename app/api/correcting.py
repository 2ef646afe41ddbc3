"""What programs send to correct the record, and how they are told what follows."""

from marshmallow import fields, validate

from app.api.fields import Day, Flag, Instant, text
from app.api.schemas import Strict
from app.participants.grades import LeavingGrade
from app.participants.models import EventState
from app.schedule.models import State


class EventCorrectionSchema(Strict):
    kind = text(40, required=True)
    recorded_on = Day(required=True, metadata={"description": "The day for which it stands there now."})
    state = fields.Enum(EventState, by_value=True, required=True)
    on = Day(load_default=None, metadata={"description": "The day for which it is planned."})
    at = Instant(load_default=None, metadata={"description": "When it happened, or begins if that is known."})


class LeavingCorrectionSchema(Strict):
    grade = fields.Enum(LeavingGrade, by_value=True, load_default=None)
    on = Day(load_default=None, metadata={"description": "From this day on; as recorded if left out."})
    reason = text(500, load_default="", metadata={"description": "Why she left; as recorded if left out."})


class CorrectionSchema(Strict):
    reason = text(500, required=True, metadata={"description": "At least 10 characters, for the audit trail."})
    dry_run = Flag(load_default=False, metadata={"description": "Only tell what would change."})
    enrolled_on = Day(load_default=None)
    zone = text(64, load_default="")
    language = text(5, load_default="")
    site = text(10, load_default="", metadata={"description": "Where she is; the pseudonym stays."})
    event = fields.Nested(EventCorrectionSchema, load_default=None)
    randomised_on = Day(load_default=None)
    not_randomised = Flag(load_default=False, metadata={"description": "She was not randomised at all."})
    leaving = fields.Nested(LeavingCorrectionSchema, load_default=None)
    not_withdrawn = Flag(load_default=False, metadata={"description": "She did not leave, as was recorded last."})


class VisitAheadSchema(Strict):
    opens_at = Instant()
    due_at = Instant()
    closes_at = Instant()
    grace_until = Instant()
    state = fields.String(validate=validate.OneOf([state.value for state in State]))


class VisitEffectSchema(Strict):
    visit = fields.String()
    before = fields.Nested(VisitAheadSchema, allow_none=True)
    after = fields.Nested(VisitAheadSchema, allow_none=True)


class TextAheadSchema(Strict):
    at = Instant()
    language = fields.String()
    site = fields.String(metadata={"description": "Whose name and telephone stand in it."})


class TextEffectSchema(Strict):
    visit = fields.String()
    kind = fields.String()
    before = fields.Nested(TextAheadSchema, allow_none=True)
    after = fields.Nested(TextAheadSchema, allow_none=True)


class EffectSchema(Strict):
    zone_before = fields.String()
    zone_after = fields.String()
    visits = fields.List(fields.Nested(VisitEffectSchema), metadata={"description": "The windows that change."})
    texts = fields.List(fields.Nested(TextEffectSchema), metadata={"description": "The texts to come that change."})
