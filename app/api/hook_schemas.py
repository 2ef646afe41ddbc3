"""What programs send to be told, and what they are told of it."""

from marshmallow import fields, validate

from app.api.fields import Instant, count, text
from app.api.schemas import Strict
from app.hooks.addresses import LONGEST_URL
from app.hooks.models import OF_A_STUDY, DeliveryState, HookEvent


class HookEntrySchema(Strict):
    url = text(
        LONGEST_URL, required=True, metadata={"description": "An https address; never one of a private network."}
    )
    events = fields.List(
        fields.Enum(HookEvent, by_value=True, validate=validate.OneOf(OF_A_STUDY)),
        required=True,
        validate=validate.Length(1, len(OF_A_STUDY)),
    )
    site = text(10, load_default="", metadata={"description": "Only what happens at this site."})


class HookSchema(Strict):
    id = fields.Integer(strict=True)
    url = fields.String()
    events = fields.List(fields.String())
    site = fields.String(attribute="site.code", dump_default=None, allow_none=True)
    created_at = Instant()
    paused_at = Instant(allow_none=True)
    paused_because = fields.String(allow_none=True)


class HooksSchema(Strict):
    items = fields.List(fields.Nested(HookSchema))


class NewHookSchema(Strict):
    hook = fields.Nested(HookSchema)
    secret = fields.String(metadata={"description": "With it receivers check signatures; it is not shown again."})


class HookDeliverySchema(Strict):
    id = fields.Integer(strict=True)
    event_id = fields.String(metadata={"description": "The header webhook-id: the same each time it is sent."})
    event = fields.Enum(HookEvent, by_value=True)
    state = fields.Enum(DeliveryState, by_value=True)
    payload = fields.Dict()
    noted_at = Instant()
    not_before = Instant(allow_none=True, metadata={"description": "When it is tried next."})
    attempts = count()
    delivered_at = Instant(allow_none=True)
    given_up_at = Instant(allow_none=True)
    status = fields.Integer(strict=True, allow_none=True)
    failure = fields.String(allow_none=True)


class DeliveriesSchema(Strict):
    items = fields.List(fields.Nested(HookDeliverySchema))


class DeliveryQuery(Strict):
    state = fields.Enum(DeliveryState, by_value=True)
