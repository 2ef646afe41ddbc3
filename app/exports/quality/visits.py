"""When visits were answered, and how long it took: by visit, by site and by the way of answering."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate
from typing import NamedTuple

from app.exports.quality.remarks import Remark, RemarkKind, Remarks
from app.responses.models import Mode
from app.schedule.states import State

QUICK_SECONDS = 2
"""A question that is read takes longer, on the average of a visit."""
ON_A_PHONE = (Mode.PAGE, Mode.HELPED)
"""Begun and sent by the patient's own hand: the time between is hers."""
NOT_COUNTED = (State.NOT_DUE, State.CANCELLED, State.WITHDRAWN)


class VisitLine(NamedTuple):
    """One visit as it stands in the table, with the local day of its answer and how many questions it answers."""

    participant: str
    site: str
    visit: str
    day: int
    state: State
    mode: Mode | None
    minutes_late: int | None
    opened_at: datetime | None
    submitted_at: datetime | None
    submitted_on: date | None
    answered: int


@dataclass(frozen=True)
class VisitSummary:
    """How many there were of each state, how late and how long (how many of each length), on a phone in seconds."""

    states: Counter[State] = field(default_factory=Counter)
    minutes_late: Counter[int] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    quick_seconds: Counter[int] = field(default_factory=Counter)
    """Of those that were quicker than they can be read."""

    @property
    def expected(self) -> int:
        """How many should have been answered by now, or may be."""
        return sum(count for state, count in self.states.items() if state not in NOT_COUNTED)

    def count(self, *states: State) -> int:
        """How many are of these states."""
        return sum(self.states[state] for state in states)


@dataclass(frozen=True)
class VisitReview:
    """The summaries, and the visits to look at."""

    visits: dict[tuple[int, str], VisitSummary] = field(default_factory=dict)
    sites: dict[str, VisitSummary] = field(default_factory=dict)
    modes: Counter[Mode] = field(default_factory=Counter)
    remarks: Remarks = field(default_factory=Remarks)


def review_visits(lines: Iterable[VisitLine]) -> VisitReview:
    """Look at every visit once; the lines come by participant."""
    review = VisitReview()
    earlier: tuple[str, date | None] = ("", None)
    for line in lines:
        place = (line.day, line.visit)
        for summary in (
            review.visits.setdefault(place, VisitSummary()),
            review.sites.setdefault(line.site, VisitSummary()),
        ):
            _add(summary, line)
        if line.mode is not None:
            review.modes[line.mode] += 1
        if is_quick(line):
            review.remarks.append(Remark(RemarkKind.QUICK, line.participant, line.visit))
        if line.submitted_on is not None:
            if earlier == (line.participant, line.submitted_on):
                review.remarks.append(Remark(RemarkKind.TWO_ON_A_DAY, line.participant, line.visit))
            earlier = (line.participant, line.submitted_on)
    return review


def took(line: VisitLine) -> int | None:
    """The seconds from beginning to sending, where a phone shows both.

    Whoever answers without the script sends once, and is seen first when she sends: when she began, nobody knows.
    """
    if line.mode not in ON_A_PHONE or line.opened_at is None or line.submitted_at in (None, line.opened_at):
        return None
    return max(0, int((line.submitted_at - line.opened_at).total_seconds()))


def is_quick(line: VisitLine) -> bool:
    """Whether it was answered more quickly than its questions can be read."""
    seconds = took(line)
    return seconds is not None and line.answered > 0 and seconds < QUICK_SECONDS * line.answered


def spread(counts: Mapping[int, int]) -> tuple[int, int, int] | None:
    """The tenth, the fiftieth and the ninetieth of a hundred of numbers that are counted; nothing of nothing.

    Between two of them they lie in proportion, as `statistics.quantiles` has it by its method "inclusive".
    """
    ascending = sorted(counts)
    ends = list(accumulate(counts[number] for number in ascending))
    if not ends:
        return None

    def tenth(of_ten: int) -> int:
        place, rest = divmod(of_ten * (ends[-1] - 1), 10)
        below, above = (ascending[bisect_right(ends, min(at, ends[-1] - 1))] for at in (place, place + 1))
        return round((below * (10 - rest) + above * rest) / 10)

    return tenth(1), tenth(5), tenth(9)


def in_order(summaries: Mapping[tuple[int, str], VisitSummary]) -> Iterator[tuple[str, VisitSummary]]:
    """The visits by their planned day."""
    for (_, visit), summary in sorted(summaries.items()):
        yield visit, summary


def _add(summary: VisitSummary, line: VisitLine) -> None:
    summary.states[line.state] += 1
    if line.minutes_late:
        summary.minutes_late[line.minutes_late] += 1
    seconds = took(line)
    if seconds is not None:
        summary.seconds[seconds] += 1
        summary.quick_seconds.update([seconds] if is_quick(line) else [])
