"""Where a protocol wants it, what one participant is asked at the same time goes into one text, with one link.

At the same time is what may leave when one of them does: due at the same hour, or waiting for the same morning. One
message carries the others. Its text and its link are sent, and it alone is tried, counted towards caps and reported
on; the database lets the others share what becomes of it (migration 0420). If it did not leave after all they are owed
again, each for itself. The page behind the link leads on to the others.

An invitation goes before a reminder, so that nothing is called a reminder of what she was never asked; then whichever
closes first. A new link that somebody waits for, and a visit that is answered by SMS, keep a text of their own.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.database import db, lock
from app.messages.kinds import PROMPTS, MessageKind
from app.messages.models import Message, MessageState, is_in
from app.messages.reading import Ready, plan_of, queued_for
from app.messages.short_visits import by_sms
from app.studies.protocol import Channel


def with_others(rows: Sequence[Ready], now: datetime, channels: frozenset[Channel]) -> list[Ready]:
    """The claimed rows, with what else waits for the same people where it may go in their text, carriers first.

    Two clocks must not hold one half each: who finds that another holds some of it leaves hers for the next round.
    """
    hers = sorted({row.participant_id for row in rows if may_join(row)})
    if not hers:
        return list(rows)
    lock("together")
    beside = queued_for(hers, now, channels)
    ids = {row.id for row in (*rows, *beside)}
    elsewhere = _waiting_elsewhere(hers, ids, now)
    kept = {row.id: row for row in (*rows, *beside) if row.participant_id not in elsewhere or not may_join(row)}
    return sorted(kept.values(), key=_carriers_first)


def may_join(row: Ready) -> bool:
    """Whether this text may go into another's, or carry others."""
    plan = plan_of(row.protocol_id, row.sha256)
    if not plan.sending.together or row.kind not in PROMPTS or row.visit is None:
        return False
    return not (row.channel == Channel.SMS and row.sms_answers and by_sms(plan, row.visit))


def _carriers_first(row: Ready) -> tuple[bool, bool, datetime, int]:
    joins = may_join(row)
    return (
        not joins,
        joins and row.kind is not MessageKind.INVITATION,
        row.closes_at if joins else row.not_before,
        row.id,
    )


def _waiting_elsewhere(participants: Collection[int], held: Collection[int], now: datetime) -> set[int]:
    """Whose prompts another clock holds at this moment."""
    waiting = (is_in(MessageState.QUEUED), Message.not_before <= now, Message.kind.in_(PROMPTS))
    query = select(Message.participant_id).where(Message.participant_id.in_(participants), Message.id.not_in(held))
    return set(db.session.scalars(query.where(*waiting)))
