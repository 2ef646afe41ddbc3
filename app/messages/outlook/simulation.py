"""A protocol on paper: every text that a whole cohort would get if nobody answered, before anybody is enrolled (pure).

Nobody answering is the worst case: each invitation is followed by all its reminders.
"""

import random
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.messages.gate import good_hour
from app.messages.kinds import MessageKind, reminder
from app.messages.queueing.course import Unsent, between_texts, course
from app.schedule.calendar import Planned, instant, local_day
from app.schedule.dating import Anchored, Dated, planned, visits_of
from app.schedule.public_holidays import holidays_at
from app.studies.protocol import ENROLMENT, Protocol
from app.studies.texts import LONGEST_LINK, render, segments

ENROLLING_DAYS = 365
BETWEEN_ENROLMENT_AND_DAY_0, BETWEEN_EVENTS = timedelta(days=14), timedelta(days=56)


@dataclass(frozen=True)
class Simulated:
    """One text: when it was meant and when it would leave (None: never, and why)."""

    participant: int
    visit: str
    kind: MessageKind
    meant_at: datetime
    leaves_at: datetime | None
    segments: int
    because: Unsent | None = None
    on_holiday: bool = False
    """Whether it leaves on a public holiday after all, as waiting would have missed the window."""


@dataclass(frozen=True)
class Simulation:
    """What a cohort would be sent."""

    participants: int
    texts: tuple[Simulated, ...]
    daily_cap: int
    zone: ZoneInfo
    notes: tuple[str, ...]
    waits_on_holidays: bool = True

    @property
    def sent(self) -> list[Simulated]:
        return [text for text in self.texts if text.leaves_at is not None]

    @property
    def segments(self) -> int:
        return sum(text.segments for text in self.sent)

    def per_hour(self) -> Counter[datetime]:
        """Texts by the local hour in which they leave."""
        hours = (text.leaves_at.astimezone(self.zone) for text in self.sent if text.leaves_at)
        return Counter(hour.replace(minute=0, second=0) for hour in hours)

    def per_day(self) -> Counter[date]:
        """Texts by local day."""
        return Counter(text.leaves_at.astimezone(self.zone).date() for text in self.sent if text.leaves_at)

    def over_the_cap(self) -> dict[date, int]:
        """Days with more texts than the daily cap lets leave."""
        return {day: count for day, count in sorted(self.per_day().items()) if count > self.daily_cap}

    def moved(self) -> list[Simulated]:
        """Texts that wait, for a holiday or for quiet hours."""
        return [text for text in self.sent if text.leaves_at != text.meant_at]

    def never(self) -> Counter[Unsent]:
        """Texts that never leave, by the reason."""
        return Counter(text.because for text in self.texts if text.because is not None)

    def on_holidays(self) -> list[Simulated]:
        """Texts that leave on a public holiday all the same."""
        return [text for text in self.texts if text.on_holiday]

    def collisions(self) -> list[tuple[int, date, int]]:
        """Participant and day with more than one text, and how many."""
        days = Counter(
            (text.participant, text.leaves_at.astimezone(self.zone).date()) for text in self.sent if text.leaves_at
        )
        return [(person, day, count) for (person, day), count in sorted(days.items()) if count > 1]

    def on_switches(self) -> list[Simulated]:
        """Texts on days on which the clocks change."""
        return [text for text in self.sent if text.leaves_at and _switches(text.leaves_at, self.zone)]


def simulate(protocol: Protocol, participants: int, seed: int, start: date) -> Simulation:
    """The texts of `participants` people whose day 0 lies in the year from `start`; the seed decides all chance."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    texts = [text for number in range(1, participants + 1) for text in _texts(protocol, number, start, chance)]
    texts.sort(key=lambda text: (text.leaves_at or text.meant_at, text.participant, text.kind))
    cap, zone = protocol.sending.daily_cap, protocol.zone_info
    return Simulation(participants, tuple(texts), cap, zone, protocol.notes, protocol.sending.waits_on_holidays)


def _texts(protocol: Protocol, number: int, start: date, chance: random.Random) -> list[Simulated]:
    """Somebody's texts. Where the protocol wants that, those of one instant are one: its first visit's."""
    texts, seen = list(_person(protocol, number, start, chance)), set[datetime]()
    if not protocol.sending.together:
        return texts
    for place, text in enumerate(texts):
        if text.leaves_at in seen:
            texts[place] = replace(text, leaves_at=None, on_holiday=False, because=Unsent.TOGETHER)
        elif text.leaves_at is not None:
            seen.add(text.leaves_at)
    return texts


def _person(protocol: Protocol, number: int, start: date, chance: random.Random) -> Iterator[Simulated]:
    anchor_on = start + timedelta(days=chance.randrange(ENROLLING_DAYS))
    after_first_hour = timedelta(minutes=chance.randrange(0, 360))
    site, language = chance.choice(protocol.sites), chance.choice(protocol.languages)
    sender = site.sender.get(language, site.sender[protocol.default_language])
    days_off = holidays_at(protocol, site.code)
    zone = ZoneInfo(protocol.zone_at(site.code))
    hour = instant(anchor_on, protocol.sending.at, zone) + after_first_hour
    person = _played(protocol, number, site.code, anchor_on, hour)
    for due in visits_of(person, protocol):
        visit, when = due.visit, planned(person, due, protocol)
        good_hour_, between = _good_hour(protocol, zone, days_off, when), between_texts(visit.window)
        for text in course(prompts(when), when.closes_at, good_hour_, between=between):
            template = protocol.template(text.kind, language)
            words = render(template, sender=sender, link="x" * LONGEST_LINK, phone=site.phone)
            yield Simulated(
                number, due.code, text.kind, text.meant_at, text.leaves_at, segments(words).count, text.because,
                text.leaves_at is not None and local_day(text.leaves_at, zone) in days_off,
            )  # fmt: skip


def _played(protocol: Protocol, number: int, site: str, anchor_on: date, hour: datetime) -> Anchored:
    """Somebody to whom everything happens once from which visits are counted: each event some weeks after day 0."""
    others = sorted(protocol.dating_events - {protocol.anchor, ENROLMENT})
    events = [Dated(protocol.anchor, 1, anchor_on, hour, happened=True)]
    if protocol.anchor != ENROLMENT:
        events.append(Dated(ENROLMENT, 1, anchor_on - BETWEEN_ENROLMENT_AND_DAY_0, None, happened=True))
    for place, kind in enumerate(others, 1):
        events.append(Dated(kind, 1, anchor_on + place * BETWEEN_EVENTS, None, happened=True))
    return Anchored(number, 0, str(number), site, protocol.zone_at(site), tuple(events))


def prompts(planned: Planned) -> list[tuple[MessageKind, datetime]]:
    """The texts of a planned visit and their hours."""
    reminders = [(reminder(number), at) for number, at in planned.reminders.items()]
    return [(MessageKind.INVITATION, planned.send_at), *reminders]


def _good_hour(
    protocol: Protocol, zone: ZoneInfo, days_off: Container[date], planned: Planned
) -> Callable[[datetime], datetime]:
    return lambda at: good_hour(at, zone, protocol.sending, days_off, planned.closes_at)


def _switches(at: datetime, zone: ZoneInfo) -> bool:
    day = at.astimezone(zone).date()
    before = datetime.combine(day, datetime.min.time(), zone)
    after = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    return before.utcoffset() != after.utcoffset()
