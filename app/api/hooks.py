"""Webhooks of a study: where it wants to be heard, what was told there, and telling it again."""

from collections.abc import Sequence
from typing import Any

from app.accounts.roles import Permission
from app.api.access import because, requires
from app.api.blueprint import blueprint
from app.api.finding import site
from app.api.hook_schemas import (
    DeliveriesSchema,
    DeliveryQuery,
    HookDeliverySchema,
    HookEntrySchema,
    HookSchema,
    HooksSchema,
    NewHookSchema,
)
from app.api.operations import operation
from app.api.schemas import NothingSchema, ReasonSchema
from app.config import current_settings
from app.core.time import now
from app.hooks import subscribing
from app.hooks.models import Hook, HookDelivery
from app.hooks.replaying import deliveries_of, find_delivery, replay
from app.hooks.subscribing import find_hook, hooks_of
from app.permitting import current_scope

HOOKS_PATH = "/studies/<study>/webhooks"
HOOK = f"{HOOKS_PATH}/<int:hook_id>"
WHAT = "A webhook"


@blueprint.get(HOOKS_PATH)
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("Webhooks of the study, the oldest first", answer=HooksSchema)
def hooks() -> dict[str, list[Hook]]:
    """Those that have not ended."""
    return {"items": hooks_of(current_scope().study)}


@blueprint.post(HOOKS_PATH)
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("Tell an address what happens", answer=NewHookSchema, body=HookEntrySchema, status=201)
def new_hook(body: dict[str, Any]) -> dict[str, object]:
    """The secret that signs is given once."""
    at = site(body["site"]) if body["site"] else None
    allowed = current_settings().hook_networks
    hook, secret = subscribing.subscribe(current_scope().study, at, body["url"], body["events"], allowed, now())
    return {"hook": hook, "secret": secret}


@blueprint.post(f"{HOOK}/pause")
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("Let nothing leave for it until it goes on; what happens is kept", answer=HookSchema, body=ReasonSchema)
def pause_hook(hook_id: int, body: dict[str, str]) -> Hook:
    """What happens meanwhile leaves when it goes on."""
    hook = find_hook(current_scope().study, hook_id)
    because(body["reason"])
    subscribing.pause(hook, body["reason"], now())
    return hook


@blueprint.post(f"{HOOK}/going-on")
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("Let what waits leave", answer=HookSchema, body=NothingSchema)
def go_on_with_hook(hook_id: int, body: dict[str, str]) -> Hook:
    """What happened during the pause leaves too."""
    hook = find_hook(current_scope().study, hook_id)
    subscribing.go_on(hook)
    return hook


@blueprint.post(f"{HOOK}/ending")
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("End it: nothing more is told there", answer=HooksSchema, body=ReasonSchema)
def end_hook(hook_id: int, body: dict[str, str]) -> dict[str, list[Hook]]:
    """The webhooks that are left."""
    hook = find_hook(current_scope().study, hook_id)
    because(body["reason"])
    subscribing.end(hook, now())
    return {"items": hooks_of(current_scope().study)}


@blueprint.post(f"{HOOK}/pings")
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("Send it a word, to see that the line stands", answer=HookDeliverySchema, body=NothingSchema, status=201)
def ping_hook(hook_id: int, body: dict[str, str]) -> HookDelivery:
    """It leaves with the next round."""
    return subscribing.ping(find_hook(current_scope().study, hook_id))


@blueprint.get(f"{HOOK}/deliveries")
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("What was told there, the newest first", answer=DeliveriesSchema, query=DeliveryQuery)
def deliveries(hook_id: int, query: dict[str, Any]) -> dict[str, Sequence[HookDelivery]]:
    """The newest 500, of one state or of all."""
    return {"items": deliveries_of(find_hook(current_scope().study, hook_id), query.get("state"))}


@blueprint.post(f"{HOOK}/deliveries/<int:delivery_id>/replays")
@requires(Permission.MANAGE_STUDY, whole_study=True, what=WHAT)
@operation("Tell it again, with the same id", answer=HookDeliverySchema, body=NothingSchema)
def replay_delivery(hook_id: int, delivery_id: int, body: dict[str, str]) -> HookDelivery:
    """Whether it was given up or delivered."""
    delivery = find_delivery(find_hook(current_scope().study, hook_id), delivery_id)
    replay(delivery, now())
    return delivery
