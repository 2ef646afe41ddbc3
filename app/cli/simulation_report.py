"""A simulated cohort in words, and as a list."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from app.messages.outlook.simulation import Simulation


def summary(simulation: Simulation, price: float) -> Iterator[str]:
    """Counts, cost, load, and everything that is worth a look."""
    yield (
        f"{simulation.participants} participants, {len(simulation.sent)} texts, {simulation.segments} segments, "
        f"{simulation.segments * price:.2f} at {price} each."
    )
    for kind, count in sorted(Counter(text.kind for text in simulation.sent).items()):
        yield f"  {kind}: {count}"
    for reason, count in sorted(simulation.never().items()):
        yield f"Not sent, {reason}: {count}"
    yield from _load(simulation)
    if simulation.waits_on_holidays:
        yield f"Moved by holidays or quiet hours: {len(simulation.moved())}"
        yield f"On public holidays, as the window closes before they end: {len(simulation.on_holidays())}"
    else:
        yield f"Moved by quiet hours: {len(simulation.moved())}"
    yield f"On days on which clocks change: {len(simulation.on_switches())}"
    for day, count in simulation.over_the_cap().items():
        yield f"Over the daily cap of {simulation.daily_cap}: {day}, {count} texts"
    yield from _collisions(simulation)
    yield from (f"Note: {note}" for note in simulation.notes)


def each_text(simulation: Simulation) -> Iterator[str]:
    """One line per text: whose, which, when meant, when it leaves (local time) or why not."""
    yield "participant,visit,kind,meant,leaves,segments,not_sent"
    for text in simulation.texts:
        meant, leaves = _local(text.meant_at, simulation.zone), _local(text.leaves_at, simulation.zone)
        yield f"{text.participant},{text.visit},{text.kind},{meant},{leaves},{text.segments},{text.because}"


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _load(simulation: Simulation) -> Iterator[str]:
    """By hour of the day, and the hours that are busiest."""
    hours = simulation.per_hour()
    by_clock: Counter[int] = Counter()
    for hour, count in hours.items():
        by_clock[hour.hour] += count
    yield "Load by hour of the day: " + ", ".join(f"{hour:02}:00 {count}" for hour, count in sorted(by_clock.items()))
    busiest = "; ".join(f"{hour:%Y-%m-%d %H}:00, {count} texts" for hour, count in hours.most_common(5))
    yield f"Busiest hours: {busiest}"


def _collisions(simulation: Simulation) -> Iterator[str]:
    """One line for each number of texts a day, as a diary has hundreds of such days; `--list` has every text."""
    collisions = simulation.collisions()
    yield f"Days on which somebody gets more than one text: {len(collisions)}"
    for texts in sorted({count for _, _, count in collisions}):
        alike = [(person, day) for person, day, count in collisions if count == texts]
        people, (first, day) = len({person for person, _ in alike}), alike[0]
        yield f"  {texts} texts: {len(alike)} (of {people} participants), such as participant {first} on {day}"
