"""Whether PostgreSQL reckons local time as we do: it has rules of time zones of its own, older or newer than ours.

Texts leave by ours; books, exports and figures take the day of an instant in SQL, by the database's. Where the two
differ, what was asked late in an evening stands in the books under another day than the one on which it was asked.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, DateTime, bindparam, func, select

from app.core.database import db
from app.core.zone_names import database_knows, machine_knows
from app.participants.models import Participant
from app.studies.installing import current_protocol, with_protocol
from app.studies.models import Study

LOOKED_AHEAD = timedelta(days=730)
"""So far ahead people are planned, or a little further."""
LOOKED_BACK = timedelta(days=180)
A_WEEK, A_SECOND = timedelta(days=7), timedelta(seconds=1)


def complaint(now: datetime) -> str | None:
    """In which zones the database differs, and what to do; nothing where it does not."""
    differs = differing(now)
    if unknown := [zone for zone in differs if not machine_knows(zone)]:
        remedy = "Renew its package tzdata and start it again, or correct the zone of who is said to live there."
        return f"This machine does not know the time zone {', '.join(unknown)}. {remedy}"
    if not differs:
        return None
    remedy = "Update the time zones of its machine (the package tzdata, or PostgreSQL itself), and start it again."
    return f"PostgreSQL reckons local time otherwise than we do in {', '.join(differs)}. {remedy}"


def differing(now: datetime) -> tuple[str, ...]:
    """The zones of our people and studies that the database does not know, or reckons otherwise."""
    return tuple(zone for zone in sorted(_used()) if not agrees(zone, now))


def agrees(zone: str, now: datetime) -> bool:
    """Whether the database's local time is ours at every instant that may tell: half a year back, two years ahead."""
    if not (machine_knows(zone) and database_knows(zone)):
        return False
    instants = telling(zone, now.astimezone(UTC).date())
    every = func.unnest(bindparam("instants", instants, ARRAY(DateTime(timezone=True)))).column_valued("at")
    reckoned = db.session.execute(select(every, func.timezone(zone, every))).all()
    return all(local.replace(tzinfo=UTC) - at == at.astimezone(ZoneInfo(zone)).utcoffset() for at, local in reckoned)


@lru_cache(maxsize=64)
def telling(zone: str, on: date) -> list[datetime]:
    """The instants at which another set of rules would show: each week, and on both sides of each of our changes."""
    start = datetime.combine(on, time(), UTC) - LOOKED_BACK
    weeks = [start + number * A_WEEK for number in range((LOOKED_BACK + LOOKED_AHEAD) // A_WEEK + 1)]
    return sorted({*weeks, *_beside_changes(weeks, ZoneInfo(zone))})


def _beside_changes(weeks: Iterable[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    earlier: datetime | None = None
    for later in weeks:
        if earlier is not None and earlier.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            before, after = earlier, later
            while after - before > A_SECOND:
                middle = before + (after - before) // 2
                same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
                before, after = (middle, after) if same else (before, middle)
            yield from (before.replace(microsecond=0) - A_SECOND, after.replace(microsecond=0) + A_SECOND)
        earlier = later


def _used() -> set[str]:
    zones = set(db.session.scalars(select(Participant.zone).distinct().order_by(Participant.zone)))
    with_plan = with_protocol().order_by(Study.id)
    for study in db.session.scalars(with_plan):
        plan = current_protocol(study).plan
        zones |= {plan.zone, *plan.zones}
    return zones
