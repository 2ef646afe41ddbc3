"""What each process's machine shows beside the database's time, kept where readiness sees all of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core.database import db
from app.core.one_time import TOLERANCE, in_words, is_off
from app.messages.models import ProcessTime

FRESH_FOR = timedelta(minutes=3)
"""What a process said longer ago does not count: it has ended, or cannot reach the database. Nor does what it said in
a future of which the database was set back: that would be fresh until then."""
PROVIDER = "the provider"
"""Who sends our texts says what time it is, too."""
KEPT_FOR = timedelta(days=1)
HOST_LETTERS = 80
"""So many letters of a machine's name are kept."""


def name_of(host: str, pid: int) -> str:
    """What a process is called here: its machine, and its number there."""
    return f"{host[:HOST_LETTERS]}:{pid}"


def note(process: str, ahead: timedelta, now: datetime) -> None:
    """Keep how far this process's machine is ahead of the database."""
    values = {"ahead_seconds": ahead.total_seconds(), "noted_at": now}
    row = insert(ProcessTime).values(process=process, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=[ProcessTime.process], set_=values))


def last(now: datetime) -> dict[str, timedelta]:
    """How far each process that runs is ahead."""
    fresh = ProcessTime.noted_at > now - FRESH_FOR, ProcessTime.noted_at <= now + TOLERANCE
    query = select(ProcessTime).where(*fresh).order_by(ProcessTime.process)
    return {row.process: timedelta(seconds=row.ahead_seconds) for row in db.session.scalars(query)}


def forget(now: datetime) -> None:
    """Forget the processes that are no more, and what was noted while the database's time was ahead."""
    gone = or_(ProcessTime.noted_at < now - KEPT_FOR, ProcessTime.noted_at > now + TOLERANCE)
    db.session.execute(delete(ProcessTime).where(gone))


def complaint(times: Mapping[str, timedelta]) -> str | None:
    """Whose time is not the database's, and what that stops; nothing while all agree.

    Where all differ from the database alike, it may be the database that is wrong.
    """
    off = {process: ahead for process, ahead in sorted(times.items()) if is_off(ahead)}
    if not off:
        return None
    stopped = "Until they agree nothing is delivered, exported or expired there."
    if set(off) == {PROVIDER}:
        other = in_words(-off[PROVIDER])
        return f"The database's time is {other} the provider's, as every machine's here: set it right. {stopped}"
    alike = max(off.values()) - min(off.values()) <= TOLERANCE
    if len(off) == len(times) > 1 and alike:
        other = in_words(-next(iter(off.values())))
        return f"The database's time is {other} that of all {len(times)} processes: set right its, or theirs. {stopped}"
    named = "; ".join(f"that of {process} is {in_words(ahead)} the database's" for process, ahead in off.items())
    return f"A machine's time is wrong: {named}. {stopped}"
