"""A study says where it wants to be heard, pauses that, goes on, ends it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.crypto import keyring
from app.core.database import db
from app.core.networks import Network
from app.core.problems import BadInput, Conflict, NotFound
from app.hooks.addresses import literal, may_be_told, target
from app.hooks.models import OF_A_STUDY, Hook, HookDelivery, HookEvent
from app.hooks.signing import new_secret
from app.studies.models import Site, Study

MOST_HOOKS = 20
"""So many hooks may a study have: each fact is written once for each."""
LONGEST_HOOK_REASON = 200
BY_HAND = "by hand"


def subscribe(
    study: Study, site: Site | None, url: str, events: Sequence[HookEvent], allowed: Sequence[Network], now: datetime
) -> tuple[Hook, str]:
    """A new hook and its secret, which nobody can show again. BadInput where the address may be told nothing."""
    _check(url, events, allowed)
    if len(hooks_of(study)) >= MOST_HOOKS:
        raise Conflict(f"{study.code} has {MOST_HOOKS} webhooks already. End one first.")
    secret, names = new_secret(), [event.value for event in OF_A_STUDY if event in events]
    sealed = keyring().encrypt(secret, "hooks", "secret_sealed", study.id)
    hook = Hook(study=study, site=site, url=url, events=names, secret_sealed=sealed, created_at=now)
    db.session.add(hook)
    db.session.flush()
    return hook, secret


def hooks_of(study: Study) -> list[Hook]:
    """Those that have not ended, the oldest first."""
    return list(db.session.scalars(select(Hook).filter_by(study_id=study.id, ended_at=None).order_by(Hook.id)))


def find_hook(study: Study, hook_id: int) -> Hook:
    """The study's hook of this id; NotFound otherwise, also once it has ended."""
    hook = db.session.get(Hook, hook_id) if 0 < hook_id < 2**63 else None
    if hook is None or hook.study_id != study.id or hook.ended_at is not None:
        raise NotFound(f"{study.code} has no webhook {hook_id}.")
    return hook


def secret_of(hook: Hook) -> str:
    """What signs its requests, opened."""
    return keyring().decrypt(hook.secret_sealed, "hooks", "secret_sealed", hook.study_id)


def pause(hook: Hook, because: str, now: datetime) -> None:
    """Nothing leaves for it until it goes on; what happens meanwhile is kept."""
    if hook.paused_at is not None:
        raise Conflict("This webhook is paused already.")
    hook.paused_at, hook.paused_because = now, because[:LONGEST_HOOK_REASON]


def go_on(hook: Hook) -> None:
    """From now on what waits leaves."""
    if hook.paused_at is None:
        raise Conflict("This webhook is not paused.")
    hook.paused_at = hook.paused_because = None


def end(hook: Hook, now: datetime) -> None:
    """Nothing leaves for it any more, nor is anything new written for it."""
    hook.ended_at = now


def ping(hook: Hook) -> HookDelivery:
    """Owe it a word, so that whoever set it up sees it arrive."""
    delivery = HookDelivery(hook=hook, event=HookEvent.PING, payload={"study": hook.study.code})
    db.session.add(delivery)
    db.session.flush()
    return delivery


def _check(url: str, events: Sequence[HookEvent], allowed: Sequence[Network]) -> None:
    errors = {}
    if not events or HookEvent.PING in events:
        errors["events"] = f"Write one or more of: {', '.join(event.value for event in OF_A_STUDY)}."
    try:
        to = target(url)
        address = literal(to.host)
        if address is not None and not may_be_told(address, allowed):
            errors["url"] = "This is an address of a private network, which is told nothing."
        elif to.scheme == "http" and not allowed:
            errors["url"] = "Write an https address: what is sent must not be read on the way."
    except ValueError as why:
        errors["url"] = str(why)
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)
