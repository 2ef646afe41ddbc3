"""Visits as frozen values: as they are written, and each of them as it is planned.

A rule of the file may stand for many visits: a series, one a day, several hours, several anchors. `planned_by` writes
them out, so that whoever plans, texts, shows or exports meets single visits only. Each has a code of its own: that of
the rule, then a letter for its anchor and numbers for its place in the series and its hour, where there are several.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from re import compile as pattern
from string import ascii_lowercase

from app.studies.protocol.spans import Offset, about, added, in_hours, times

Texts = Mapping[str, str]
"""One text per language code."""
DAYS = pattern(r"(-?[0-9]{1,4})-(-?[0-9]{1,4})")
SEVERAL = "."
"""Between a visit's code and the number of the event that it follows, where the event happens more than once."""


@dataclass(frozen=True)
class ReminderPlan:
    """A reminder `day` days from the visit's own day, at a local hour; without one, so many hours after opening."""

    day: Offset
    at: time | None


@dataclass(frozen=True)
class Window:
    """Relative to the visit's own day, or to its hour where it has one. `closes_with` the start of an event, on day 0.

    One that is written at its visit has no name.
    """

    name: str
    opens: Offset
    due: Offset
    closes: Offset
    closes_with: str | None
    grace: Offset
    reminders: tuple[ReminderPlan, ...]

    @property
    def closes_at_anchor(self) -> bool:
        return self.closes_with is not None

    @property
    def is_by_the_hour(self) -> bool:
        """Whether it counts hours, so that its visit needs an hour to count from."""
        return any(map(in_hours, (self.opens, self.due, self.closes)))


class OpenedBy(StrEnum):
    """Who opens a visit that no plan opens."""

    STAFF = "staff"


@dataclass(frozen=True)
class DayStretch:
    """Hours of a day between which a prompt comes at random, `times` a day."""

    earliest: time
    latest: time
    times: int = 1


@dataclass(frozen=True)
class DayPart:
    """One part of a stretch: somewhere in it a prompt comes."""

    earliest: time
    latest: time


@dataclass(frozen=True)
class VisitCondition:
    """What must hold for a visit to be asked: an event has happened, or has not; something was answered before.

    `score` and `answer` are named with their questionnaire, `odi.odi`; without a `visit` any that has it will do.
    """

    happened: str | None = None
    not_happened: str | None = None
    score: str | None = None
    answer: str | None = None
    visit: str | None = None
    at_least: int | None = None
    at_most: int | None = None
    among: tuple[int, ...] = ()

    @property
    def asks_answers(self) -> bool:
        """Whether it rests on what she has answered."""
        return self.score is not None or self.answer is not None


@dataclass(frozen=True)
class VisitPlan:
    """What is asked around one day. `day` is counted from the anchor; where `span` says it exactly, it is about."""

    code: str
    day: int
    window: Window
    minutes: int
    instruments: tuple[str, ...]
    anchor: str | None = None
    """The event from which its day is counted; nothing for the study's own anchor."""
    span: Offset | None = None
    at: time | None = None
    """The hour at which it opens and rings, where that is not the hour of all invitations."""
    random: DayPart | None = None
    title: Texts | None = None
    sites: tuple[str, ...] = ()
    only_if: VisitCondition | None = None
    opened_by: OpenedBy | None = None

    @property
    def distance(self) -> Offset:
        """How far from the anchor it is."""
        return self.day if self.span is None else self.span

    @property
    def when(self) -> str:
        """`day 28`, `3m`, `day 7 after surgery`."""
        return self.when_after(self.anchor)

    def when_after(self, event: str | None) -> str:
        """The same, with the event from which it is counted called so."""
        near = f"day {self.day}" if self.span is None else str(self.span)
        if self.at or self.random:
            at, part = self.at, self.random
            near += f", {at:%H:%M}" if at else f", {part.earliest:%H:%M} to {part.latest:%H:%M}" if part else ""
        return f"{near} after {event}" if event else near


@dataclass(frozen=True)
class VisitRule:
    """A visit as the file writes it."""

    code: str
    day: Offset
    window: Window
    minutes: int
    instruments: tuple[str, ...]
    title: Texts | None = None
    after: tuple[str, ...] = ()
    every: Offset | None = None
    until: Offset | None = None
    days: str | None = None
    at: tuple[time, ...] = ()
    random: DayStretch | None = None
    sites: tuple[str, ...] = ()
    only_if: VisitCondition | None = None
    opened_by: OpenedBy | None = None


def planned_by(rule: VisitRule) -> Iterator[VisitPlan]:
    """The single visits that a rule stands for, in the order of anchors, days and hours."""
    days, moments = list(distances(rule)), list(_moments(rule))
    for place, anchor in enumerate(rule.after or (None,)):
        for number, distance in enumerate(days, 1):
            for hour, (at, random) in enumerate(moments, 1):
                letter = f"-{ascii_lowercase[place]}" if len(rule.after) > 1 else ""
                numbers = [n for n, several in ((number, len(days)), (hour, len(moments))) if several > 1]
                yield VisitPlan(
                    code="-".join([rule.code + letter, *map(str, numbers)]),
                    day=distance if isinstance(distance, int) else round(about(distance)),
                    window=rule.window,
                    minutes=rule.minutes,
                    instruments=rule.instruments,
                    anchor=anchor,
                    span=None if isinstance(distance, int) else distance,
                    at=at,
                    random=random,
                    title=_numbered(rule.title, numbers),
                    sites=rule.sites,
                    only_if=rule.only_if,
                    opened_by=rule.opened_by,
                )


def distances(rule: VisitRule) -> Iterator[Offset]:
    """How far from the anchor the visits of a rule are: one, those of a series, or one a day."""
    if rule.days is not None:
        first, last = days_of(rule.days) or (0, -1)
        yield from range(first, last + 1)
    elif rule.every is None or rule.until is None or about(rule.every) <= 0:
        yield rule.day
    else:
        place = 0 if rule.day != 0 else 1
        while (distance := added(rule.day, times(rule.every, place))) is not None:
            if about(distance) > about(rule.until):
                return
            yield distance
            place += 1


def days_of(written: str) -> tuple[int, int] | None:
    """The first and the last of `1-14` or `-7--1`; nothing where it is written otherwise."""
    said = DAYS.fullmatch(written)
    return (int(said[1]), int(said[2])) if said else None


def _moments(rule: VisitRule) -> Iterator[tuple[time | None, DayPart | None]]:
    """The hours of a day, or the parts of its stretch, each as long as the others."""
    if rule.random is None:
        yield from ((at, None) for at in rule.at or (None,))
        return
    first, last = (at.hour * 60 + at.minute for at in (rule.random.earliest, rule.random.latest))
    ends = [first + (last - first) * part // rule.random.times for part in range(rule.random.times + 1)]
    for begins, ends_at in itertools.pairwise(ends):
        yield None, DayPart(time(*divmod(begins, 60)), time(*divmod(ends_at, 60)))


def _numbered(title: Texts | None, numbers: list[int]) -> Texts | None:
    if title is None or not numbers:
        return title
    return {language: f"{text} {'.'.join(map(str, numbers))}" for language, text in title.items()}


def base_code(code: str) -> str:
    """Of a visit of a participant, the code that the protocol gives it: without the number of an event."""
    return code.partition(SEVERAL)[0]


def occasion(code: str) -> int | None:
    """Which event of its kind a visit follows, where the event happens more than once."""
    number = code.partition(SEVERAL)[2]
    return int(number) if number else None
