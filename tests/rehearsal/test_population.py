"""The synthetic people: stable, plausible, and never anybody real."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import phonenumbers
import pytest

from app.rehearsal.parameters import Parameters
from app.rehearsal.population import SyntheticPerson, behaviour, cohort, latent
from app.rehearsal.population.people import FAMILY_NAMES
from tests.some import some

SCHEDULED_DAYS = (*range(0, 99, 7), 120, 154, 278)


NEXT_FREE_DAYS = {6, 7, 13, 14, 20, 21}
"""So long after the planned day an infusion that was moved may take place: a clinic day of a later week."""


@pytest.fixture(scope="module")
def people(parameters: Parameters) -> tuple[SyntheticPerson, ...]:
    return cohort(parameters)


def test_the_cohort_is_the_same_every_time(parameters: Parameters, people: tuple[SyntheticPerson, ...]) -> None:
    assert cohort(parameters) == people


def test_one_person_does_not_depend_on_the_others(parameters: Parameters, people: tuple[SyntheticPerson, ...]) -> None:
    alone = people[40]
    days = [latent(alone, day) for day in SCHEDULED_DAYS]
    habits = [behaviour(alone, day) for day in SCHEDULED_DAYS]
    for other in reversed(people):
        latent(other, 154)
        behaviour(other, 7)
    assert [latent(alone, day) for day in SCHEDULED_DAYS] == days
    assert [behaviour(alone, day) for day in reversed(SCHEDULED_DAYS)] == habits[::-1]


def test_another_seed_gives_other_people(parameters: Parameters, people: tuple[SyntheticPerson, ...]) -> None:
    others = cohort(replace(parameters, seed=parameters.seed + 1))
    assert sum(person.name == other.name for person, other in zip(people, others, strict=True)) < 20


def test_enrolment_follows_the_numbers_through_the_period(
    parameters: Parameters, people: tuple[SyntheticPerson, ...]
) -> None:
    days = [person.enrolled_on for person in people]
    assert days == sorted(days)
    assert parameters.enrolment.first - timedelta(days=2) <= days[0]
    assert days[-1] <= parameters.enrolment.last
    assert {day.weekday() for day in days} <= set(range(5))


def test_codes_are_numbered_within_the_site(people: tuple[SyntheticPerson, ...]) -> None:
    for site, number in some(Counter(person.site for person in people).items()):
        codes = [person.code for person in people if person.site == site]
        assert codes == [f"{site}-{place:03d}" for place in range(1, number + 1)]


def test_the_arms_are_balanced_in_blocks_of_four(people: tuple[SyntheticPerson, ...]) -> None:
    for start in range(0, 128, 4):
        assert set(Counter(person.arm for person in people[start : start + 4]).values()) == {2}


def test_the_arm_is_not_shown_with_the_person(parameters: Parameters, people: tuple[SyntheticPerson, ...]) -> None:
    assert not any(arm.label in repr(person) for person in some(people) for arm in parameters.arms)


def test_phones_are_valid_mobiles_and_nobody_shares_one(people: tuple[SyntheticPerson, ...]) -> None:
    for person in people:
        number = phonenumbers.parse(person.phone)
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    assert len({person.phone for person in people}) == len(people)


def test_names_are_plainly_invented(people: tuple[SyntheticPerson, ...]) -> None:
    assert {person.name.split()[1] for person in people} <= set(FAMILY_NAMES)


def test_infusions_are_given_in_working_hours_of_the_site(
    parameters: Parameters, people: tuple[SyntheticPerson, ...]
) -> None:
    for person, given_at in some((person, person.infusion_at) for person in people if person.infusion_at):
        local = given_at.astimezone(parameters.zone)
        assert 9 <= local.hour <= 14
        assert local.weekday() < 5
        assert local.date() == person.randomised_on
        assert person.enrolled_on < local.date()


def test_a_moved_infusion_is_known_before_the_planned_day(people: tuple[SyntheticPerson, ...]) -> None:
    moved = [person for person in people if person.moved_on]
    assert 2 <= len(moved) <= 18
    for person in moved:
        assert person.moved_on is not None
        assert person.infusion_at is not None
        assert person.moved_on < person.planned_infusion_at.date()
        assert (person.infusion_at - person.planned_infusion_at).days in NEXT_FREE_DAYS


def test_some_are_never_infused_and_have_no_course(parameters: Parameters, people: tuple[SyntheticPerson, ...]) -> None:
    never = [person for person in people if person.infusion_at is None]
    assert len(never) == parameters.course.never_infused.count
    assert all(person.withdrawal_reason and person.withdrawn_on and not person.events for person in never)


def test_nothing_happens_after_withdrawal_or_before_the_first_infusion(people: tuple[SyntheticPerson, ...]) -> None:
    events = [(person, event) for person in people for event in person.events]
    for person, event in some(events):
        assert person.infusion_at is not None
        assert person.infusion_at.date() < event.on < (person.withdrawn_on or date.max)


def test_no_infusion_is_given_after_the_treatment_was_stopped(people: tuple[SyntheticPerson, ...]) -> None:
    stopped = 0
    for person in people:
        for stop in (event.on for event in person.events if event.kind == "treatment_stopped"):
            stopped += 1
            assert all(event.on < stop for event in person.events if event.kind == "infusion")
    assert stopped > 3


def test_a_dead_phone_gets_no_texts(people: tuple[SyntheticPerson, ...]) -> None:
    person = next(person for person in people if person.phone_out)
    assert person.phone_out is not None
    first, until = person.phone_out
    assert not person.texts_arrive_on(first)
    assert not person.texts_arrive_on(until - timedelta(days=1))
    assert person.texts_arrive_on(until)
    assert person.texts_arrive_on(date(2019, 1, 1))


def test_habits_have_the_shares_of_the_file(parameters: Parameters) -> None:
    crowd = cohort(replace(parameters, participants=600))
    counts = Counter(behaviour(person, day).kind for person in crowd for day in range(7, 77, 7))
    for kind, expected in some(parameters.behaviour.shares.items()):
        assert counts[kind] / 6000 == pytest.approx(expected, abs=0.025), kind


def test_delays_are_positive_and_end(parameters: Parameters, people: tuple[SyntheticPerson, ...]) -> None:
    delays = [behaviour(person, 28).delay.total_seconds() / 3600 for person in people]
    assert min(delays) > 0
    assert max(delays) <= parameters.behaviour.delay_hours.longest
    assert np.median(delays) == pytest.approx(parameters.behaviour.delay_hours.median, rel=0.35)
