"""Shares over time as lines: the days after the text, the weeks of a site. Pure geometry; the template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.exports.incoming import Curve, Week
from app.schedule.compliance import LAST_DAY_COUNTED

LEFT_EDGE, TOP, WIDE, HIGH = 44, 12, 560, 180
SPARK_WIDE, SPARK_HIGH = 120, 24
SPARK_WEEKS = 12


@dataclass(frozen=True)
class ShareLine:
    """A line as SVG takes it: `points` are "x,y x,y ..."; `marks` are places across with what stands there."""

    width: int
    height: int
    points: str
    marks: tuple[tuple[int, str], ...] = ()
    levels: tuple[tuple[int, str], ...] = ()
    days: tuple[tuple[int, str], ...] = ()


def completion(curve: Curve) -> ShareLine | None:
    """The share answered by the end of each day after the text; nothing where nothing was expected."""
    if not curve.expected:
        return None
    points = [(_across(day), _down(number / curve.expected)) for day, number in enumerate(curve.by_day)]
    steps = [f"{points[0][0]},{points[0][1]}"]
    steps += [f"{x},{y}" for x, y in points[1:]]
    return ShareLine(
        LEFT_EDGE + WIDE + 24,
        TOP + HIGH + 28,
        " ".join(steps),
        marks=tuple(
            (_across(min(day, LAST_DAY_COUNTED)), str(number)) for number, day in enumerate(curve.reminders, 1)
        ),
        levels=tuple((_down(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100)),
        days=tuple((_across(day), str(day)) for day in range(0, LAST_DAY_COUNTED + 1, 5)),
    )


def sparkline(weeks: Sequence[Week], until: date) -> ShareLine | None:
    """A site's share answered in each of the last weeks, the newest at the right; nothing without two of them."""
    newest = [week for week in weeks if week.monday <= until][-SPARK_WEEKS:]
    if len(newest) < 2:
        return None
    step = SPARK_WIDE / (len(newest) - 1)
    points = [
        f"{round(number * step, 1)},{round(1 + (SPARK_HIGH - 2) * (1 - week.answered / week.expected), 1)}"
        for number, week in enumerate(newest)
    ]
    return ShareLine(SPARK_WIDE, SPARK_HIGH, " ".join(points))


def _across(day: int) -> int:
    return LEFT_EDGE + round(WIDE * day / LAST_DAY_COUNTED)


def _down(share: float) -> int:
    return TOP + round(HIGH * (1 - share))
