"""What was told, and telling it again by hand: with the same id, so that a receiver who has it already knows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.core.problems import Conflict, NotFound
from app.hooks.models import DeliveryState, Hook, HookDelivery

NEWEST = 500


def deliveries_of(hook: Hook, state: DeliveryState | None = None) -> Sequence[HookDelivery]:
    """The newest, the newest first."""
    query = select(HookDelivery).filter_by(hook_id=hook.id).order_by(HookDelivery.id.desc()).limit(NEWEST)
    return db.session.scalars(query if state is None else query.where(HookDelivery.is_in(state))).all()


def find_delivery(hook: Hook, delivery_id: int) -> HookDelivery:
    """The hook's delivery of this id; NotFound otherwise."""
    delivery = db.session.get(HookDelivery, delivery_id) if 0 < delivery_id < 2**63 else None
    if delivery is None or delivery.hook_id != hook.id:
        raise NotFound(f"This webhook has no delivery {delivery_id}.")
    return delivery


def replay(delivery: HookDelivery, now: datetime) -> None:
    """It is owed anew, from now on. Conflict while it is being sent."""
    db.session.refresh(delivery, with_for_update={"key_share": True})
    if delivery.lease_until is not None and delivery.lease_until > now:
        raise Conflict("This is being sent just now. Look again in a few minutes.")
    delivery.delivered_at = delivery.given_up_at = delivery.not_before = delivery.lease_until = None
    delivery.attempts = 0
    db.session.flush()


def replay_given_up(hook: Hook, now: datetime) -> int:
    """All that was given up is owed anew; returns how much."""
    query = select(HookDelivery).where(HookDelivery.hook_id == hook.id, HookDelivery.is_in(DeliveryState.GIVEN_UP))
    rows = db.session.scalars(query.order_by(HookDelivery.id)).all()
    for delivery in rows:
        replay(delivery, now)
    return len(rows)
