"""The people of the synthetic trial and what befalls them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np

from app.rehearsal.parameters import Happening, Parameters, SimulatedSite
from app.rehearsal.population.streams import stream

GIVEN_NAMES = (
    "Ada",
    "Bo",
    "Dina",
    "Eir",
    "Falk",
    "Gro",
    "Iver",
    "Jorun",
    "Kaja",
    "Leif",
    "Mona",
    "Odd",
    "Runa",
    "Tor",
    "Unn",
    "Vetle",
)
FAMILY_NAMES = ("Prøvestad", "Testnes", "Øvingsdal", "Eksempelvik", "Mønsterhaug", "Tenktland", "Dømesmo", "Liksomberg")


@dataclass(frozen=True)
class PersonEvent:
    """Something that the site records after the first infusion: an infusion, a stop, a rescue medicine."""

    kind: str
    on: date
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class SyntheticPerson:
    """One synthetic participant. The arm stays outside the service: it goes into the allocation file alone."""

    number: int
    code: str
    site: str
    number_at_site: int
    language: str
    name: str
    phone: str
    arm: str = field(repr=False)
    enrolled_on: date
    randomised_on: date
    planned_infusion_at: datetime
    """The first plan; if moved_on is set, the plan becomes infusion_at on that day."""
    moved_on: date | None
    infusion_at: datetime | None
    """When the first infusion was given; None if never."""
    withdrawn_on: date | None
    withdrawal_reason: str
    events: tuple[PersonEvent, ...]
    phone_out: tuple[date, date] | None
    """From the first of these days until before the second, texts cannot be delivered."""
    parameters: Parameters = field(repr=False, compare=False)

    def texts_arrive_on(self, on: date) -> bool:
        """Whether the phone network delivers a text to this person on that day."""
        return self.phone_out is None or not self.phone_out[0] <= on < self.phone_out[1]


def cohort(parameters: Parameters) -> tuple[SyntheticPerson, ...]:
    """All participants in order of enrolment; codes are numbered within the site."""
    missed_out = never_infused(parameters)
    counter: Counter[str] = Counter()
    people = []
    for number in range(1, parameters.participants + 1):
        site = site_of(parameters, number).code
        counter[site] += 1
        people.append(_person(parameters, number, site, counter[site], number in missed_out))
    return tuple(people)


def never_infused(parameters: Parameters) -> frozenset[int]:
    """The numbers of those who are randomised and never get an infusion."""
    order = stream(parameters.seed, 0, "never infused").permutation(parameters.participants) + 1
    return frozenset(order[: parameters.course.never_infused.count].tolist())


def arm_of(parameters: Parameters, number: int) -> int:
    """The index of the person's arm: permuted blocks of four."""
    return _block(parameters.seed, (number - 1) // 4)[(number - 1) % 4]


@lru_cache(maxsize=256)
def _block(seed: int, block: int) -> tuple[int, ...]:
    return tuple(stream(seed, block, "allocation").permutation([0, 0, 1, 1]).tolist())


def site_of(parameters: Parameters, number: int) -> SimulatedSite:
    """The person's site, drawn by the sites' shares."""
    shares = np.cumsum([site.share for site in parameters.sites])
    place = int(np.searchsorted(shares, stream(parameters.seed, number, "site").random()))
    return parameters.sites[min(place, len(parameters.sites) - 1)]


def code_of(site: str, number_at_site: int) -> str:
    """The pseudonym: 01-017 is the 17th at site 01."""
    return f"{site}-{number_at_site:03d}"


def _person(
    parameters: Parameters, number: int, site: str, number_at_site: int, is_never_infused: bool
) -> SyntheticPerson:
    enrolled_on = _enrolled_on(parameters, number)
    planned_at = _planned_at(parameters, number, enrolled_on)
    moved_on, given_at = (None, None) if is_never_infused else _moved(parameters, number, planned_at)
    withdrawn_on, reason = _withdrawal(parameters, number, planned_at, given_at)
    start = given_at or planned_at
    return SyntheticPerson(
        number=number,
        code=code_of(site, number_at_site),
        site=site,
        number_at_site=number_at_site,
        language=_language(parameters, number),
        name=_name(parameters, number),
        phone=f"+474000{number:04d}",
        arm=parameters.arms[arm_of(parameters, number)].label,
        enrolled_on=enrolled_on,
        randomised_on=start.astimezone(parameters.zone).date(),
        planned_infusion_at=planned_at,
        moved_on=moved_on,
        infusion_at=given_at,
        withdrawn_on=withdrawn_on,
        withdrawal_reason=reason,
        events=_events(parameters, number, given_at, withdrawn_on) if given_at else (),
        phone_out=_phone_out(parameters, number, start),
        parameters=parameters,
    )


def _language(parameters: Parameters, number: int) -> str:
    languages = list(parameters.languages)
    return str(stream(parameters.seed, number, "language").choice(languages, p=list(parameters.languages.values())))


def _name(parameters: Parameters, number: int) -> str:
    draw = stream(parameters.seed, number, "name")
    return f"{draw.choice(GIVEN_NAMES)} {draw.choice(FAMILY_NAMES)}"


def _enrolled_on(parameters: Parameters, number: int) -> date:
    """Spread evenly over the period, in the order of the numbers, on weekdays."""
    period = (parameters.enrolment.last - parameters.enrolment.first).days
    place = (number - 1 + stream(parameters.seed, number, "enrolment").random()) / parameters.participants
    return _weekday(parameters.enrolment.first + timedelta(days=int(place * period)))


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _planned_at(parameters: Parameters, number: int, enrolled_on: date) -> datetime:
    draw = stream(parameters.seed, number, "planned infusion")
    screening = parameters.course.screening_days
    day = _weekday(enrolled_on + timedelta(days=int(draw.integers(screening.shortest, screening.longest + 1))))
    at = time(int(draw.integers(9, 15)), int(draw.choice([0, 30])))
    return datetime.combine(day, at, parameters.zone).astimezone(UTC)


def _moved(parameters: Parameters, number: int, planned_at: datetime) -> tuple[date | None, datetime]:
    draw = stream(parameters.seed, number, "moved infusion")
    moved = parameters.course.moved_infusion
    if draw.random() >= moved.share:
        return None, planned_at
    known_on = planned_at.date() - timedelta(days=int(draw.integers(1, 6)))
    return known_on, _later(parameters, planned_at, int(draw.choice(moved.days)))


def _later(parameters: Parameters, instant: datetime, days: int) -> datetime:
    """The same time of the day in the participant's zone, some days later."""
    local = instant.astimezone(parameters.zone)
    return datetime.combine(local.date() + timedelta(days=days), local.time(), parameters.zone).astimezone(UTC)


def day_of(parameters: Parameters, number: int, purpose: str, happening: Happening) -> tuple[int, str] | None:
    """The study day on which it happens to this person and why; None for the many to whom it does not."""
    draw = stream(parameters.seed, number, purpose)
    if draw.random() >= happening.share:
        return None
    day = int(draw.integers(happening.first_day, happening.last_day + 1))
    return day, str(draw.choice(happening.reasons)) if happening.reasons else ""


def _withdrawal(
    parameters: Parameters, number: int, planned_at: datetime, given_at: datetime | None
) -> tuple[date | None, str]:
    if given_at is None:
        reasons = parameters.course.never_infused.reasons
        return planned_at.date(), reasons[number % len(reasons)]
    happened = day_of(parameters, number, "withdrawn", parameters.course.withdrawn)
    return (given_at.date() + timedelta(days=happened[0]), happened[1]) if happened else (None, "")


def _events(
    parameters: Parameters, number: int, given_at: datetime, withdrawn_on: date | None
) -> tuple[PersonEvent, ...]:
    course = parameters.course
    stop = day_of(parameters, number, "treatment stopped", course.treatment_stopped)
    rescue = day_of(parameters, number, "rescue medication", course.rescue_medication)
    start = given_at.astimezone(parameters.zone).date()
    events = [
        PersonEvent(kind, start + timedelta(days=happened[0]), reason=happened[1])
        for kind, happened in (("treatment_stopped", stop), ("rescue_medication", rescue))
        if happened
    ]
    for day in course.infusion_days:
        if stop is None or day < stop[0]:
            at = _later(parameters, given_at, day)
            events.append(PersonEvent("infusion", at.astimezone(parameters.zone).date(), at))
    kept = (event for event in events if withdrawn_on is None or event.on < withdrawn_on)
    return tuple(sorted(kept, key=lambda event: (event.on, event.kind)))


def _phone_out(parameters: Parameters, number: int, start: datetime) -> tuple[date, date] | None:
    happened = day_of(parameters, number, "phone out", parameters.course.phone_out)
    if happened is None:
        return None
    days = int(
        stream(parameters.seed, number, "phone out for").integers(2, parameters.course.phone_out.longest_days + 1)
    )
    first = start.date() + timedelta(days=happened[0])
    return first, first + timedelta(days=days)
