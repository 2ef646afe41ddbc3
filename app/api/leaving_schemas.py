"""What programs send when somebody leaves, signs anew or goes to another site, and what they are told."""

from marshmallow import fields, validate

from app.api.fields import Day, Flag, Instant, text
from app.api.schemas import Strict
from app.participants.grades import LeavingGrade
from app.participants.import_files import LIST_COLUMNS, LONGEST_LIST
from app.request_size import LARGEST_BODY


class LeavingEntrySchema(Strict):
    grade = fields.Enum(LeavingGrade, by_value=True, required=True)
    on = Day(load_default=None, metadata={"description": "From this day on; today if left out. It may be to come."})
    reason = text(500, required=True, metadata={"description": "In the participant's words, or “no reason given”."})


class LeavingSchema(Strict):
    id = fields.Integer(strict=True)
    grade = fields.String()
    on = fields.Date()
    recorded_at = Instant()
    in_effect_at = Instant(allow_none=True, metadata={"description": "null while the day is to come."})
    undone_at = Instant(allow_none=True)


class LeavingsSchema(Strict):
    items = fields.List(fields.Nested(LeavingSchema))


class ConsentEntrySchema(Strict):
    document = text(60, required=True, metadata={"description": "The version of the consent form."})
    given_on = Day(required=True)


class ConsentSchema(Strict):
    document = fields.String()
    given_on = fields.Date()
    recorded_at = Instant()


class TransferSchema(Strict):
    site = text(10, required=True, metadata={"description": "Where she goes on; the pseudonym stays."})
    reason = text(500, required=True)


IMPORTED_ROWS = (
    "One object a person, every value a text, as in a spreadsheet. "
    f"At most {LONGEST_LIST} at a time, in a body of at most {LARGEST_BODY // 1024} kB: send a longer list in parts."
)


class ImportSchema(Strict):
    rows = fields.List(
        fields.Dict(fields.String(validate=validate.OneOf(LIST_COLUMNS)), text(200)),
        required=True,
        validate=validate.Length(1, LONGEST_LIST),
        metadata={"description": IMPORTED_ROWS},
    )
    dry_run = Flag(load_default=False, metadata={"description": "Only tell who would be enrolled."})


class ImportedSchema(Strict):
    enrolled = fields.List(fields.String(), metadata={"description": "The new pseudonyms."})
    unchanged = fields.List(fields.String(), metadata={"description": "Who was there already."})
