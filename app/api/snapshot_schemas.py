"""What programs get of exports, and how they ask for one."""

from marshmallow import fields, validate

from app.api.fields import Instant
from app.api.schemas import Strict


class ReplacedSchema(Strict):
    as_of = Instant()
    manifest_sha256 = fields.String()
    href = fields.String(metadata={"description": "The manifest, which names the files beside it."})


class SnapshotSchema(ReplacedSchema):
    day = fields.Date()
    replaced = fields.List(
        fields.Nested(ReplacedSchema),
        metadata={"description": "What was downloaded of this day before another export took its place."},
    )


class SnapshotQuery(Strict):
    manifest = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z"),
        metadata={"description": "The SHA-256 of its manifest: that export of the day, also if another replaced it."},
    )


class SnapshotFileQuery(SnapshotQuery):
    form = fields.String(
        load_default=None,
        validate=validate.OneOf(["norwegian"]),
        metadata={"description": "Of a table's CSV: byte order mark, `;` and decimal comma, for a Norwegian Excel."},
    )


class SnapshotsSchema(Strict):
    items = fields.List(fields.Nested(SnapshotSchema))
