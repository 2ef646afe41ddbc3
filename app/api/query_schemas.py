"""What programs send to query an answer, and what became of the queries."""

from marshmallow import fields, validate

from app.api.fields import Instant, text
from app.api.schemas import Strict
from app.responses.corrections import LONGEST_CORRECTION_REASON


class QueryListSchema(Strict):
    which = fields.String(load_default="open", validate=validate.OneOf(["open", "all"]))


class VoidingSchema(Strict):
    participant = text(20, required=True)
    visit = text(32, required=True)
    reason = text(
        LONGEST_CORRECTION_REASON, required=True, metadata={"description": "Why; it is signed with the rest."}
    )
    source = text(
        LONGEST_CORRECTION_REASON, required=True, metadata={"description": "Where that stands, such as a note's date."}
    )


class AnswerQuerySchema(VoidingSchema):
    instrument = text(32, required=True)
    item = text(40, required=True)
    proposed = fields.String(
        required=True, metadata={"description": "The value as it would be typed; empty for “not answered”."}
    )


class ClosingSchema(Strict):
    reason = text(LONGEST_CORRECTION_REASON, required=True, metadata={"description": "Why it needs no decision."})


class QueriedSchema(Strict):
    id = fields.Integer(strict=True)
    participant = fields.String(attribute="response.assessment.participant.code")
    visit = fields.String(attribute="response.assessment.visit")
    kind = fields.String()
    instrument = fields.String(allow_none=True)
    item = fields.String(allow_none=True)
    original_value = fields.String(allow_none=True)
    previous_value = fields.String(allow_none=True)
    proposed_value = fields.String(allow_none=True)
    reason = fields.String()
    source = fields.String()
    asked_at = Instant()
    outcome = fields.String(allow_none=True)
    decided_at = Instant(allow_none=True)
    decision_reason = fields.String(allow_none=True)
    signer_name = fields.String(allow_none=True)
    meaning = fields.String(allow_none=True)
    sha256 = fields.String(allow_none=True)


class QueriesSchema(Strict):
    items = fields.List(fields.Nested(QueriedSchema))
