"""The study of today always has somebody whose day 154 is open, whatever today is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.rehearsal.living import living_people
from app.rehearsal.past import EXAMPLE_TRIAL
from app.rehearsal.population import cohort
from app.rehearsal.simulation_file import read_parameters

PARAMETERS = read_parameters(EXAMPLE_TRIAL / "simulation.yaml")
TODAYS = [date(2026, 11, 22), date(2027, 3, 28), date(2028, 2, 29), date(2026, 1, 1), date(2026, 8, 15)]


@pytest.mark.parametrize("today", TODAYS)
def test_somebodys_day_154_is_open(today: date) -> None:
    _, waiting = living_people(PARAMETERS, today)
    days = [
        (today - person.infusion_at.date()).days for person in waiting if person.infusion_at and not person.withdrawn_on
    ]
    assert sum(148 <= day < 167 for day in days) >= 4


@pytest.mark.parametrize("today", TODAYS)
def test_nobody_shares_a_code_or_a_number(today: date) -> None:
    everybody = [person for group in living_people(PARAMETERS, today) for person in group]
    assert len({person.code for person in everybody}) == len({person.phone for person in everybody}) == len(everybody)


def test_more_than_a_thousand_at_one_site_keep_their_site_and_have_codes_of_their_own() -> None:
    one_site = replace(PARAMETERS, sites=(replace(PARAMETERS.sites[0], share=1.0),), participants=1_002)
    people = cohort(one_site)
    assert {person.site for person in people} == {PARAMETERS.sites[0].code}
    assert people[-1].code == f"{PARAMETERS.sites[0].code}-1002"
    assert len({person.code for person in people}) == len(people)


@pytest.mark.parametrize("today", TODAYS)
def test_everybody_was_enrolled_before_today_and_some_are_in_each_phase(today: date) -> None:
    people, waiting = living_people(PARAMETERS, today)
    assert all(person.enrolled_on < today for person in [*people, *waiting])
    starts = [(person.infusion_at or person.planned_infusion_at).date() for person in people]
    assert any(start > today for start in starts)
    assert any(today - timedelta(days=98) < start <= today for start in starts)
    assert any(start < today - timedelta(days=260) for start in starts)
