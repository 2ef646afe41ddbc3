"""A simulated cohort in words, and as a list."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from app.messages.outlook.simulation import Simulation

MOST = 50


def summary(found: Simulation, price: float) -> Iterator[str]:
    """Counts, cost, load, and everything that is worth a look."""
    yield (
        f"{found.participants} participants, {len(found.sent)} texts, {found.segments} segments, "
        f"{found.segments * price:.2f} at {price} each."
    )
    for kind, count in sorted(Counter(text.kind for text in found.sent).items()):
        yield f"  {kind}: {count}"
    for reason, count in sorted(found.never().items()):
        yield f"Not sent, {reason}: {count}"
    yield from _load(found)
    yield f"Moved by holidays or quiet hours: {len(found.moved())}"
    yield f"On public holidays, as the window closes before they end: {len(found.on_holidays())}"
    yield f"On days on which clocks change: {len(found.on_switches())}"
    for day, count in found.over_the_cap().items():
        yield f"Over the daily cap of {found.daily_cap}: {day}, {count} texts"
    yield from _collisions(found)
    yield from (f"Note: {note}" for note in found.notes)


def each_text(found: Simulation) -> Iterator[str]:
    """One line per text: whose, which, when meant, when it leaves (local time) or why not."""
    yield "participant,visit,kind,meant,leaves,segments,not_sent"
    for one in found.texts:
        meant, leaves = _local(one.meant_at, found.zone), _local(one.leaves_at, found.zone)
        yield f"{one.participant},{one.visit},{one.kind},{meant},{leaves},{one.segments},{one.because}"


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _load(found: Simulation) -> Iterator[str]:
    """By hour of the day, and the hours that are busiest."""
    hours = found.per_hour()
    by_clock: Counter[int] = Counter()
    for hour, count in hours.items():
        by_clock[hour.hour] += count
    yield "Load by hour of the day: " + ", ".join(f"{hour:02}:00 {count}" for hour, count in sorted(by_clock.items()))
    busiest = "; ".join(f"{hour:%Y-%m-%d %H}:00, {count} texts" for hour, count in hours.most_common(5))
    yield f"Busiest hours: {busiest}"


def _collisions(found: Simulation) -> Iterator[str]:
    collisions = found.collisions()
    yield f"Days on which somebody gets more than one text: {len(collisions)}"
    for person, day, count in collisions[:MOST]:
        yield f"  participant {person}, {day}: {count} texts"
    if len(collisions) > MOST:
        yield f"  and {len(collisions) - MOST} more"
