"""Claim queued messages: ask the gate, commit the attempt, and only then let the network be touched."""

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Insert, bindparam, insert, select, update

from app.core.batches import Batch, among, table
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages import breaker
from app.messages.gate import Decision, Facts, Send, Suppress, Wait, decide, validity
from app.messages.gateways.gateway import Gateway, Outgoing, tag_of
from app.messages.kinds import ASKING, Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.monitoring import heartbeats
from app.messages.reading import Ready, facts, plan_of, queued
from app.messages.sending import caps, closed_numbers, joining, probing, refused_later
from app.messages.sending.closed_numbers import Numbers
from app.messages.sending.spending import Spending, spending
from app.messages.sending.wording import compose, mail_of
from app.studies.protocol import Channel

log = logging.getLogger("svar.messages")
alert = logging.getLogger("svar.alert")

LEASE = timedelta(minutes=3)
"""Longer than a batch can take. A message whose lease ran out may have left: it becomes unknown, never queued."""
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Of our own reckoning about one message; not the database's, which end the claim."""
FAULT_WAITS = timedelta(minutes=15)
"""So long waits a message about which nothing could be decided."""
FAULT_TOLD_EVERY = timedelta(days=1)


class Decided(NamedTuple):
    """What becomes of a queued message, as its row is changed."""

    id: int
    state: MessageState
    not_before: datetime
    epoch: int
    attempts: int
    contact_version: int | None
    channel: Channel
    link_version: int | None = None
    reason: Reason | None = None
    lease_until: datetime | None = None
    sent_with_id: int | None = None
    settled_at: datetime | None = None


DECIDED = Batch(Decided)


@dataclass(frozen=True)
class Claimed:
    """A message that is ours to send, under this epoch, since `at` on this machine's steady clock."""

    text: Outgoing
    epoch: int
    attempts: int
    is_probe: bool
    """Whether the breaker waits for what becomes of it."""
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Claim:
    """How many queued messages were decided upon, and those of them that are to be sent."""

    decided: int
    claimed: tuple[Claimed, ...]


def claim(gateway: Gateway, now: datetime, limit: int) -> Claim:
    """Decide on up to `limit` queued messages. The caller commits before it sends anything."""
    standing = breaker.standing(gateway.name, now)
    if standing.probing and refused_later.end_if_silent(gateway, now):
        standing = breaker.standing(gateway.name, now)
    if standing.halt is not None and probing.may_ask_now(gateway, standing.halt, now):
        standing = breaker.standing(gateway.name, now)
    if standing.halt is not None:
        return Claim(0, ())
    rows = queued(now, max(limit, probing.PROBED_AMONG) if standing.probing else limit, gateway.carries)
    if not rows:
        return Claim(0, ())
    rows = joining.with_others(rows, now, gateway.carries)
    if standing.probing:
        rows = probing.most_telling_first(rows)
    left = caps.left_today({row.study_id: row for row in rows}.values(), now, len(rows))
    spent = spending(rows, now)
    numbers = closed_numbers.open_numbers(rows)
    decided, claimed = [], []
    carriers: dict[int, int] = {}
    for row in rows:
        carrier = carriers.get(row.participant_id) if joining.may_join(row) else None
        if carrier is not None:
            decided.append(_carried(row, numbers, gateway, now, carrier))
            continue
        decision, text = _decide(row, numbers, gateway, now, left, spent)
        if text is not None and standing.probing and not breaker.probe(gateway.name, now):
            break  # another one tries already; what may not leave was decided all the same
        decided.append(_decided(row, decision, now))
        if text is not None:
            claimed.append(Claimed(text, row.epoch + 1, row.attempts + 1, standing.probing))
            if joining.may_join(row):
                carriers[row.participant_id] = row.id
    run(_writing(), {**DECIDED.values(decided), "ids": [message.id for message in decided], "now": now})
    closed_numbers.tell(rows, numbers, gateway.name, now)
    return Claim(len(decided), tuple(claimed))


def _decide(
    row: Ready, numbers: Numbers, gateway: Gateway, now: datetime, left: dict[int, int], spent: Spending
) -> tuple[Decision, Outgoing | None]:
    """The gate's answer, and the text if it may leave. What cannot be decided or composed must not stop the others."""
    plan, number, closed = plan_of(row.protocol_id, row.sha256), numbers.opened.get(row.id), row.id in numbers.closed
    is_prompt = row.kind in ASKING
    cap = left[row.study_id] if is_prompt else 1
    try:
        considered = _considered(row, numbers, gateway)
        decision = decide(considered, now, left_today=cap, over_budget=spent.is_over(row))
    except FAULTS as error:
        return _undecided(row, error, now), None
    if isinstance(decision, Send) and closed:
        return Wait(now + closed_numbers.WAITS, "its number does not open"), None
    if not isinstance(decision, Send) or number is None:
        return decision, None
    try:
        body = compose(row, plan, gateway.base)
        mail = mail_of(row, plan, gateway.base) if row.channel == Channel.EMAIL else None
    except (KeyError, ValueError, StopIteration) as error:
        log.error("message %s cannot be composed: %s", row.id, type(error).__name__)
        return Suppress(Reason.UNREADABLE), None
    left[row.study_id] -= is_prompt
    spent.note(row)
    tag = tag_of(row.mark, row.dedupe_key)
    return decision, Outgoing(row.id, number, body, validity(considered, now), tag, mail, row.attempts + 1)


def _undecided(row: Ready, error: Exception, now: datetime) -> Wait:
    """A fault of ours that concerns this message: it waits for us, and somebody is told, once a day while it lasts."""
    if heartbeats.tells(f"{heartbeats.FAULT}{row.id}", FAULT_TOLD_EVERY, now):
        alert.error("whether message %s may leave cannot be decided (%s): it waits", row.id, type(error).__name__)
    return Wait(now + FAULT_WAITS, "a fault of ours")


def _considered(row: Ready, numbers: Numbers, gateway: Gateway) -> Facts:
    number = numbers.opened.get(row.id)
    considered = facts(row, plan_of(row.protocol_id, row.sha256), number, gateway.real, gateway.staff)
    return replace(considered, has_number=True) if row.id in numbers.closed else considered  # there is one


def _carried(row: Ready, numbers: Numbers, gateway: Gateway, now: datetime, carrier: int) -> Decided:
    """What becomes of a message for which another text of hers leaves anyway: it takes no place under any cap."""
    try:
        decision = decide(_considered(row, numbers, gateway), now)
    except FAULTS as error:
        decision = _undecided(row, error, now)
    decided = _decided(row, decision, now)
    if not isinstance(decision, Send):
        return decided
    return decided._replace(epoch=row.epoch, attempts=row.attempts, link_version=None, sent_with_id=carrier)


def _decided(row: Ready, decision: Decision, now: datetime) -> Decided:
    waiting = Decided(
        row.id, MessageState.QUEUED, row.not_before, row.epoch, row.attempts, row.contact_version, row.channel
    )
    match decision:
        case Send():
            ours = waiting._replace(state=MessageState.SENDING, lease_until=now + LEASE, epoch=row.epoch + 1)
            return ours._replace(attempts=row.attempts + 1, link_version=row.link_version)
        case Wait(until):
            return waiting._replace(not_before=until)
        case Suppress(reason):
            return waiting._replace(state=MessageState.SUPPRESSED, reason=reason, settled_at=now)


@cache
def _writing() -> Insert:
    """Write the decisions down, with an attempt for each message that will be sent."""
    new = DECIDED.table
    values = {name: new.c[name] for name in DECIDED.columns if name != "id"}
    in_batch = among(table(Message).c.id)
    decided = update(table(Message)).where(in_batch, Message.id == new.c.id).values(values)
    row = (
        decided.returning(Message.id, Message.attempts, Message.epoch, Message.state, Message.sent_with_id)
        .cte("decided")
        .c
    )
    tried = select(row.id, row.attempts, row.epoch, bindparam("now", type_=UTCDateTime()))
    sending = tried.where(row.state == MessageState.SENDING, row.sent_with_id.is_(None)).order_by(row.id)
    return insert(table(Attempt)).from_select(["message_id", "number", "epoch", "started_at"], sending)
