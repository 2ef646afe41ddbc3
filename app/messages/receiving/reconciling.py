"""What became of texts that may have left: ask the provider, and only after a time without trace act.

A lease that ran out means that a process died or slept between claiming and settling. Its text may have left, so it is
`unknown`, as after a 5xx or a read time-out. A delivery report resolves it, or the provider's own list of texts to that
number. After 15 minutes without trace an invitation is sent once more, with the same link and marked as a possible
duplicate: a second text is harmless, a question never asked is not. A reminder is not sent again.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, exists, func, or_, select, update

from app.core.audit import acting
from app.core.database import db, looking, transaction
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages import consequences
from app.messages.gateways.gateway import Found, Gateway
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Attempt, Message, MessageState, Receipt, is_in
from app.messages.reading import Ready, rows_where
from app.messages.receiving.receipts import apply_receipts, store
from app.messages.sending import closed_numbers
from app.messages.sending.claiming import LEASE
from app.participants.models import TaskKind
from app.participants.tasks import open_task
from app.schedule.links import tokens_of
from app.studies.protocol import Channel

log = logging.getLogger("svar.messages")

LOOK_EVERY = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(minutes=15)
LINK_PATH = "/a/"
"""In the address of every link of ours."""
SENT_AGAIN = (MessageKind.INVITATION, MessageKind.REISSUE)
BATCH = 50


@dataclass(frozen=True)
class Lost:
    """A message whose fate is unknown, and when the attempt began that may have carried it."""

    row: Ready
    number: str | None
    since: datetime
    by: Channel = Channel.SMS


def reconcile(gateway: Gateway, now: datetime) -> int:
    """Find out what became of unknown messages; returns how many were looked for. Asks outside any transaction."""
    with looking() as connection:
        if not connection.scalar(_anything(), {"now": now}):
            return 0
    with acting("clock"), transaction():
        _end_leases(now)
        lost = _claim(now)
    for missing in lost:
        listed = _find(gateway, missing)
        with acting("clock"), transaction():
            _conclude(missing, listed, now)
            apply_receipts(gateway, now)
    return len(lost)


@cache
def _anything() -> Select[tuple[bool]]:
    now = bindparam("now", type_=UTCDateTime())
    over = is_in(MessageState.SENDING) & (Message.lease_until <= now)
    to_look_for = is_in(MessageState.UNKNOWN) & Message.sent_with_id.is_(None) & (Message.not_before <= now)
    return select(exists().where(over | to_look_for))


def _end_leases(now: datetime) -> None:
    own = Message.sent_with_id.is_(None)  # what went in another's text shares what becomes of that
    over = update(Message).where(is_in(MessageState.SENDING), own, Message.lease_until <= now)
    run(over.values(state=MessageState.UNKNOWN, lease_until=None, not_before=now))


def _claim(now: datetime) -> list[Lost]:
    """Unknown messages whose turn it is; their next look is put off, so that no other clock asks as well."""
    due = (
        select(Message.id)
        .where(is_in(MessageState.UNKNOWN), Message.sent_with_id.is_(None), Message.not_before <= now)
        .order_by(Message.not_before, Message.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    ids = list(db.session.scalars(due))
    if not ids:
        return []
    run(update(Message).where(Message.id.in_(ids)).values(not_before=now + LOOK_EVERY))
    tries = select(Attempt.message_id, func.max(Attempt.started_at)).where(Attempt.message_id.in_(ids))
    started = dict(db.session.execute(tries.group_by(Attempt.message_id)).all())
    rows = rows_where(Message.id.in_(ids))
    numbers = closed_numbers.open_numbers(rows)  # whose does not open waits for the next look
    by = dict(db.session.execute(select(Message.id, Message.channel).where(Message.id.in_(ids))).all())
    return [
        Lost(row, numbers.opened.get(row.id), started[row.id], by[row.id])
        for row in rows
        if row.id not in numbers.closed
    ]


def _find(gateway: Gateway, lost: Lost) -> list[Found] | None:
    """The provider's texts to the number since then; None where it cannot be asked."""
    if lost.number is None or lost.by is Channel.EMAIL:  # nobody lists e-mails
        return []
    try:
        return gateway.find(lost.number, lost.since)
    except Exception as error:
        log.warning("%s cannot be asked about message %s: %s", gateway.name, lost.row.id, type(error).__name__)
        return None


def _conclude(lost: Lost, listed: list[Found] | None, now: datetime) -> None:
    """Keep what was found as a report; act on its absence when enough time has passed."""
    state = select(Message.state).where(Message.id == lost.row.id).with_for_update(key_share=True)
    if listed is None or db.session.scalar(state) is not MessageState.UNKNOWN:
        return
    match = _match(lost, listed)
    if match is not None:
        form = {"MessageSid": match.sid, "MessageStatus": match.status}
        store(lost.row.id, form | ({"ErrorCode": str(match.error_code)} if match.error_code else {}), now)
    elif now - lost.since >= GIVE_UP_AFTER:
        _without_trace(lost.row, now)


def _match(lost: Lost, listed: list[Found]) -> Found | None:
    """The text among those listed that is ours and nobody else's."""
    taken = _of_others([text.sid for text in listed], lost.row.id)
    tokens = _tokens(lost.row)
    for text in listed:
        if text.sid not in taken and _ours(lost, text, tokens):
            return text
    return None


def _ours(lost: Lost, text: Found, tokens: list[str]) -> bool:
    """By its link; a text without one, or of which the provider keeps no words, by the time of the attempt."""
    if text.body and tokens:
        return any(token_ in text.body for token_ in tokens)
    if LINK_PATH in text.body:  # it is another visit's
        return False
    return text.at is None or abs(text.at - lost.since) <= LEASE


def _tokens(row: Ready) -> list[str]:
    """What to look for: the link under each of our keys, in each form; nothing in a text without a link."""
    if row.assessment_id is None or row.sent_link_version is None:
        return []
    return tokens_of(row.assessment_id, row.sent_link_version, row.mark, old_links=row.old_links)


def _of_others(sids: list[str], message_id: int) -> set[str]:
    messages = select(Message.sid).where(Message.sid.in_(sids), Message.id != message_id)
    others = or_(Receipt.message_id != message_id, Receipt.message_id.is_(None))
    receipts = select(Receipt.sid).where(Receipt.sid.in_(sids), others)
    return {sid for sid in (*db.session.scalars(messages), *db.session.scalars(receipts)) if sid is not None}


def _without_trace(row: Ready, now: datetime) -> None:
    message = db.session.get_one(Message, row.id)
    if row.kind in SENT_AGAIN and not message.possible_duplicate:
        message.state, message.possible_duplicate, message.not_before = MessageState.QUEUED, True, now
    else:
        message.state, message.reason, message.settled_at = MessageState.FAILED, Reason.NO_TRACE, now
        visit = message.assessment.visit if message.assessment else None
        if message.channel is Channel.EMAIL:
            consequences.refused(message.id, None, now)
        else:
            open_task(message.participant_id, TaskKind.NOT_DELIVERED, now, note="A text left no trace.", visit=visit)
    db.session.flush()
