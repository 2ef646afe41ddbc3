"""The people of a rehearsed study: where they are, what befalls them, and when; drawn once, the same from one seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

from app.participants.grades import LeavingGrade
from app.participants.phone import MOBILE
from app.rehearsal.own.simulation import OwnEvent, OwnSimulation
from app.rehearsal.population.streams import stream
from app.studies.protocol import RANDOMISATION, Channel, Protocol, VisitPlan
from app.studies.protocol.spans import about

VISITING_HOUR = time(10)
LEAST_LEAD = 14
"""Days from enrolment to day 0, where no visit comes earlier."""
EVENTS_APART = 14
"""Days from the last visit after one event to the next event, where the simulation says nothing."""
LONGEST_BETWEEN = 400


@dataclass(frozen=True)
class OwnPerson:
    """One made-up participant. The arm stays outside the service."""

    number: int
    code: str
    site: str
    language: str
    zone: str
    phone: str
    email: str
    returned: bool
    """Whether what is written to her e-mail address comes back."""
    arm: str
    enrolled_on: date
    events: tuple[tuple[str, datetime], ...]
    leaves: tuple[LeavingGrade, datetime] | None

    @property
    def last_event(self) -> datetime:
        """The last thing that befalls her."""
        enrolled = datetime.combine(self.enrolled_on, VISITING_HOUR, UTC)
        return max((at for _, at in self.events), default=enrolled)


def people_of(plan: Protocol, simulation: OwnSimulation, arms: Sequence[str]) -> list[OwnPerson]:
    """Everybody, spread evenly over the sites and the arms."""
    countries = {site.code: plan.place(site.code).country for site in plan.sites}
    by_country = {country: _phones(country) for country in sorted(set(countries.values()))}
    phones = {code: by_country[country] for code, country in countries.items()}
    return [_person(plan, simulation, arms, number, phones) for number in range(1, simulation.participants + 1)]


def _person(
    plan: Protocol, simulation: OwnSimulation, arms: Sequence[str], number: int, phones: dict[str, Iterator[str]]
) -> OwnPerson:
    site = plan.sites[(number - 1) % len(plan.sites)].code
    draw = stream(simulation.seed, number, "course")
    enrolled_on = simulation.first_day + timedelta(days=int(draw.integers(0, simulation.enrolled_over_days + 1)))
    events = tuple(_events(plan, simulation, number, enrolled_on, ZoneInfo(plan.zone_at(site))))
    leaves = None
    if draw.random() < simulation.leaves:
        after = timedelta(days=int(draw.integers(20, 120)))
        grade = tuple(LeavingGrade)[int(draw.integers(0, len(LeavingGrade)))]
        leaves = (grade, datetime.combine(enrolled_on, time(15), UTC) + after)
    email, returned = _email(plan, simulation, number)
    return OwnPerson(
        number=number,
        code=f"{site}-{(number - 1) // len(plan.sites) + 1:03d}",
        site=site,
        language=plan.language_at(site),
        zone=plan.zone_at(site),
        phone=next(phones[site]),
        email=email,
        returned=returned,
        arm=arms[(number - 1) // len(plan.sites) % len(arms)] if arms else "",
        enrolled_on=enrolled_on,
        events=events,
        leaves=leaves,
    )


def _events(
    plan: Protocol, simulation: OwnSimulation, number: int, enrolled_on: date, zone: ZoneInfo
) -> Iterator[tuple[str, datetime]]:
    """What befalls one person, by kind: as the simulation says, else one event after the visits of the one before."""
    defaults = dict(_defaults(plan))
    for kind in plan.noted_events:
        course = simulation.events.get(kind) or defaults[kind]
        draw = stream(simulation.seed, number, f"event {kind}")
        if draw.random() >= course.share:
            continue
        first, last = course.after_days
        days = sorted({int(draw.integers(first, last + 1)) for _ in range(course.times)})
        for day in days:
            hour = plan.event(kind).hour or VISITING_HOUR
            yield kind, datetime.combine(enrolled_on + timedelta(days=day), hour, zone).astimezone(UTC)


def _defaults(plan: Protocol) -> Iterator[tuple[str, OwnEvent]]:
    """Day 0 two weeks after enrolment, or after the visits before it; each event that dates visits after the last's."""
    start = max(LEAST_LEAD, 2 - min((_opens(visit) for visit in plan.visits), default=0))
    for kind in plan.events:
        if kind == RANDOMISATION:
            yield kind, OwnEvent((1, 3))
        elif plan.event(kind).recurs:
            yield kind, OwnEvent((start, start + 60), 0.6, 2)
        elif kind == plan.anchor or kind in plan.dating_events:
            yield kind, OwnEvent((start, start + 7))
            start += min(last_day(plan, kind), LONGEST_BETWEEN) + EVENTS_APART
        else:
            yield kind, OwnEvent((start, start + 30), 0.3)


def _email(plan: Protocol, simulation: OwnSimulation, number: int) -> tuple[str, bool]:
    """Her e-mail address, if she gives one, and whether mails to it come back."""
    draw = stream(simulation.seed, number, "email")
    gives, returned = draw.random() < simulation.emails, bool(draw.random() < simulation.returned)
    if Channel.EMAIL not in plan.ways:
        return "", False
    if Channel.SMS not in plan.ways:
        gives, returned = True, False
    return (f"person{number}@people.example", returned) if gives else ("", False)


def _opens(visit: VisitPlan) -> int:
    """The day, counted from its event, on which a visit opens."""
    return visit.day + round(about(visit.window.opens))


def last_day(plan: Protocol, kind: str | None = None) -> int:
    """The day of the last visit, after this event or after any."""
    days = [visit.day for visit in plan.visits if kind is None or plan.anchor_of(visit) == kind]
    return max(days, default=0)


def _phones(country: str) -> Iterator[str]:
    """Valid mobile numbers of a country, each once."""
    example = phonenumbers.example_number_for_type(country, MOBILE[0])
    assert example is not None, country
    national = str(example.national_number)
    for number in range(10**4, 10**5):
        digits = national[:-5] + str(number)
        candidate = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=int(digits))
        if phonenumbers.is_valid_number(candidate) and phonenumbers.number_type(candidate) in MOBILE:
            yield phonenumbers.format_number(candidate, phonenumbers.PhoneNumberFormat.E164)
