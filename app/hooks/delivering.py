"""Send what is owed: claim, commit the attempt, send with no transaction open, settle.

Any number of clocks may run it at once: rows are claimed with SKIP LOCKED, under a lease. What was claimed and never
settled may have arrived; when its lease is over it is sent again, with the same id, by which the receiver knows it.
"""

import json
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, delete, func, or_, select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.networks import Network
from app.core.time import AnyNow, instants
from app.hooks.models import DeliveryState, Hook, HookDelivery
from app.hooks.posting import Posted, post
from app.hooks.signing import headers
from app.hooks.subscribing import pause, secret_of

alert = logging.getLogger("svar.alert")

DELIVERY_LEASE = timedelta(minutes=5)
AT_ONCE, PER_HOOK, BUDGET_SECONDS = 8, 4, 20.0
"""So many requests at a time, of one hook no more than so many: one that is slow does not hold up the others."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 840, 1200, 1440))
"""After the first try, the second...: three days in all, a night and a week-end."""
LONGEST_RETRY_WAIT = timedelta(days=1)
KEPT_FOR = timedelta(days=60)
LONGEST_FAILURE = 200
GONE = 410


class ClaimedDelivery(NamedTuple):
    """A delivery that is ours for a while, with all that its request needs."""

    id: int
    attempt: int
    event_id: str
    url: str
    secret: str
    body: bytes


def deliver_hooks(allowed: Sequence[Network], now: datetime) -> int:
    """Send what is owed at `now`; returns how many requests were made."""
    made, until = 0, time.monotonic() + BUDGET_SECONDS
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while time.monotonic() < until:
            claimed = _claim(now)
            if not claimed:
                break
            posted = list(pool.map(lambda each: _post(each, allowed, now), claimed))
            made += len(claimed)
            with acting("clock"), transaction():
                _settle(list(zip(claimed, posted, strict=True)), now)
    return made


def forget(now: datetime) -> int:
    """Delete what was delivered or given up long ago; returns how much."""
    long_ago = now - KEPT_FOR
    over = or_(HookDelivery.delivered_at < long_ago, HookDelivery.given_up_at < long_ago)
    return len(db.session.execute(delete(HookDelivery).where(over).returning(HookDelivery.id)).all())


def wait_before(attempt: int, retry_after: int | None) -> timedelta | None:
    """How long to wait after this attempt (the first is 1), at least what the other side asks for; None: give up."""
    if attempt > len(WAITS):
        return None
    return min(max(WAITS[attempt - 1], timedelta(seconds=retry_after or 0)), LONGEST_RETRY_WAIT)


def body_of(delivery: HookDelivery) -> bytes:
    """What is sent: the same bytes at each attempt."""
    at = delivery.noted_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"type": delivery.event.value, "timestamp": at, "data": delivery.payload}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _claim(now: datetime) -> list[ClaimedDelivery]:
    """The next that are owed, a few of each hook; the attempt is committed before the network is touched."""
    with acting("clock"), transaction():
        rows = db.session.scalars(_next(), instants(now)).all()
        for row in rows:
            row.lease_until, row.attempts = now + DELIVERY_LEASE, row.attempts + 1
        return [
            ClaimedDelivery(row.id, row.attempts, str(row.event_id), row.hook.url, secret_of(row.hook), body_of(row))
            for row in rows
        ]


@cache
def _next() -> Select[HookDelivery]:
    """The next that are owed, a few of each hook, held against every other clock."""
    now = AnyNow()
    owed = (
        HookDelivery.is_in(DeliveryState.WAITING)
        & (func.coalesce(HookDelivery.not_before, now) <= now) & (func.coalesce(HookDelivery.lease_until, now) <= now)
    )  # fmt: skip
    place = func.row_number().over(partition_by=HookDelivery.hook_id, order_by=HookDelivery.id).label("place")
    listens = Hook.ended_at.is_(None) & Hook.paused_at.is_(None)
    queue = select(HookDelivery.id, place).join(Hook, Hook.id == HookDelivery.hook_id).where(owed, listens).subquery()
    first = select(queue.c.id).where(queue.c.place <= PER_HOOK).order_by(queue.c.id).limit(AT_ONCE)
    query = select(HookDelivery).where(HookDelivery.id.in_(first), owed).order_by(HookDelivery.id)
    return query.with_for_update(skip_locked=True, key_share=True)


def _post(claimed: ClaimedDelivery, allowed: Sequence[Network], now: datetime) -> Posted:
    about = {"Content-Type": "application/json", "User-Agent": "Svar", "webhook-attempt": str(claimed.attempt)}
    return post(
        claimed.url, claimed.body, about | headers(claimed.secret, claimed.event_id, now, claimed.body), allowed
    )


def _settle(results: Sequence[tuple[ClaimedDelivery, Posted]], now: datetime) -> None:
    """Write down what came of it, where nobody has claimed it since."""
    for claimed, posted in sorted(results):
        query = select(HookDelivery).where(HookDelivery.id == claimed.id).with_for_update(key_share=True)
        delivery = db.session.scalar(query.execution_options(populate_existing=True))
        if delivery is None or delivery.attempts != claimed.attempt or delivery.state != "waiting":
            continue
        delivery.lease_until, delivery.status, delivery.failure = None, posted.status, _failure(posted)
        if delivery.failure is None:
            delivery.delivered_at, delivery.not_before = now, None
        else:
            _try_again(delivery, posted, now)
    db.session.flush()


def _failure(posted: Posted) -> str | None:
    if posted.failure is not None:
        return posted.failure[:LONGEST_FAILURE]
    if posted.status is not None and 200 <= posted.status < 300:
        return None
    if posted.status is not None and 300 <= posted.status < 400:
        return f"answered {posted.status}: redirects are not followed"
    return f"answered {posted.status}"


def _try_again(delivery: HookDelivery, posted: Posted, now: datetime) -> None:
    wait = wait_before(delivery.attempts, posted.retry_after)
    hook, study = delivery.hook, delivery.hook.study.code
    if posted.status == GONE and hook.paused_at is None:
        pause(hook, f"it answered {GONE}: gone", now)
        alert.error("webhook %s of %s answered that it is gone, and is paused; what happens is kept", hook.id, study)
    if wait is None:
        delivery.given_up_at, delivery.not_before = now, None
        alert.error("webhook %s of %s: given up after %s tries: %s. `flask hooks replay` sends it again",
                    hook.id, study, delivery.attempts, delivery.failure)  # fmt: skip
    else:
        delivery.not_before = now + wait
