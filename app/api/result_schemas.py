"""What programs get of what came back, and of what was sent."""

from marshmallow import fields, validate

from app.api.fields import Instant, text
from app.api.schemas import Strict
from app.messages.kinds import MessageState

AFTER = "The `next` of the page before."


class ResponseQuery(Strict):
    since = Instant(
        metadata={
            "description": "Only what was submitted, typed from paper, corrected or voided at this instant or later."
        }
    )
    after = fields.Integer(validate=validate.Range(0, 2**62), metadata={"description": AFTER})
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))
    participant = text(20)
    visit = text(32)


class ResponseSchema(Strict):
    id = fields.Integer(strict=True)
    participant = fields.String()
    site = fields.String()
    practice = fields.Boolean(metadata={"description": "Whether she is made up."})
    visit = fields.String()
    submitted_at = Instant()
    voided_at = Instant(allow_none=True, metadata={"description": "When an investigator decided that it not count."})
    mode = fields.String()
    language = fields.String()
    instruments = fields.List(fields.String())
    sha256 = fields.String(metadata={"description": "Of the answers as they were submitted."})


class NextSchema(Strict):
    next = fields.Integer(allow_none=True, metadata={"description": "Where the next page begins; null on the last."})


class ResponsesSchema(NextSchema):
    items = fields.List(fields.Nested(ResponseSchema))


class AnswerRowSchema(Strict):
    participant = fields.String()
    site = fields.String()
    visit = fields.String()
    day = fields.Integer(strict=True)
    instrument = fields.String()
    item = fields.String()
    value = fields.String(allow_none=True, metadata={"description": "The value that holds, after corrections."})
    missing_reason = fields.String(allow_none=True)
    instrument_version = fields.String()
    submitted_at = Instant()


class AnswerRowsSchema(NextSchema):
    items = fields.List(
        fields.Nested(AnswerRowSchema), metadata={"description": "Of as many responses as `limit` says."}
    )


class ScoreSchema(Strict):
    participant = fields.String()
    site = fields.String()
    visit = fields.String()
    day = fields.Integer(strict=True)
    instrument = fields.String()
    score = fields.String()
    value = fields.Float(allow_nan=False, allow_none=True)
    value_set = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    baseline = fields.Boolean()
    n_answered = fields.Integer(strict=True)
    missing_reason = fields.String(allow_none=True)
    instrument_version = fields.String()
    scorer_version = fields.String()
    submitted_at = Instant()


class ScoresSchema(NextSchema):
    items = fields.List(fields.Nested(ScoreSchema), metadata={"description": "Of as many responses as `limit` says."})


class MessageQuery(Strict):
    since = Instant(metadata={"description": "Only what was queued, sent or settled at this instant or later."})
    after = fields.Integer(validate=validate.Range(0, 2**62), metadata={"description": AFTER})
    limit = fields.Integer(load_default=500, validate=validate.Range(1, 5000))
    participant = text(20)
    state = fields.Enum(MessageState, by_value=True)


class MessageSchema(Strict):
    id = fields.Integer(strict=True)
    participant = fields.String()
    site = fields.String()
    visit = fields.String(allow_none=True)
    kind = fields.String()
    state = fields.String()
    reason = fields.String(allow_none=True, metadata={"description": "Why it was not sent."})
    code = fields.String(allow_none=True, metadata={"description": "The provider's, of an error."})
    segments = fields.Integer(strict=True, allow_none=True)
    owed_at = Instant()
    sent_at = Instant(allow_none=True)
    settled_at = Instant(allow_none=True)


class MessagesSchema(NextSchema):
    items = fields.List(fields.Nested(MessageSchema))


class LedgerQuery(Strict):
    day = fields.Date(metadata={"description": "A local day of the study; all of it where left out."})


class LedgerSchema(Strict):
    owed = fields.Integer(strict=True)
    delivered = fields.Integer(strict=True)
    accepted = fields.Integer(strict=True)
    failed = fields.Integer(strict=True)
    suppressed = fields.Integer(strict=True)
    of_unknown_fate = fields.Integer(strict=True, attribute="unknown", data_key="unknown")
    pending = fields.Integer(strict=True)
    balanced = fields.Boolean(metadata={"description": "Whether the books close, to the row."})
    reasons = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))
    contradictions = fields.List(fields.String())


class InstalledProtocolSchema(Strict):
    version = fields.String()
    sha256 = fields.String()
    installed_at = Instant()
    source = fields.String(metadata={"description": "The protocol file, as it was installed."})
    versions = fields.List(fields.String(), metadata={"description": "All that were installed, the oldest first."})


class ItemSchema(Strict):
    code = fields.String()
    type = fields.String()
    codes = fields.List(
        fields.Integer(strict=True), metadata={"description": "What can be chosen, where something can."}
    )
    minimum = fields.Integer(strict=True, allow_none=True)
    maximum = fields.Integer(strict=True, allow_none=True)
    unit = fields.String(allow_none=True)
    required = fields.Boolean()


class InstrumentSchema(Strict):
    code = fields.String()
    version = fields.String()
    sha256 = fields.String()
    languages = fields.List(fields.String())
    items = fields.List(fields.Nested(ItemSchema))
    scores = fields.List(fields.String())


class InstrumentsSchema(Strict):
    items = fields.List(fields.Nested(InstrumentSchema))


class HealthSchema(Strict):
    status = fields.String(validate=validate.OneOf(["ready", "not ready"]))
    complaints = fields.Dict(keys=fields.String(), values=fields.String())
