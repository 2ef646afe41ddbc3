"""Two crews share the people of a trial by whole sites, and each sees the rows of its own."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url

from app.config import Settings
from app.rehearsal.crews import Work, confined, halves
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import SyntheticPerson, cohort

START = datetime(2018, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def person(parameters: Parameters) -> SyntheticPerson:
    return cohort(replace(parameters, participants=8))[0]


@pytest.mark.parametrize(
    ("people_by_site", "sizes"),
    [
        ({"01": 4, "02": 4}, [4, 4]),
        ({"01": 7, "02": 1}, [7, 1]),
        ({"01": 5, "02": 3, "03": 2}, [5, 5]),
        ({"01": 1, "02": 1, "03": 1}, [1, 2]),
        ({"01": 3}, [3]),
    ],
)
def test_whole_sites_go_to_one_crew_and_both_have_as_nearly_as_many_people(
    settings: Settings, person: SyntheticPerson, people_by_site: dict[str, int], sizes: list[int]
) -> None:
    people = [replace(person, site=site) for site, number in people_by_site.items() for _ in range(number)]
    parts = halves(Work(settings, "demo", people, "cli", START, START, {}))
    assert [len(part.people) for part in parts] == sizes
    assert sum((Counter(person.site for person in part.people) for part in parts), Counter()) == people_by_site
    sites = [{person.site for person in part.people} for part in parts]
    assert len(set().union(*sites)) == sum(map(len, sites))


def test_a_crews_connections_are_confined_to_its_sites_and_nothing_else_changes(settings: Settings) -> None:
    address = make_url(confined(settings, [3, 11]).database_url)
    assert str(address.query["options"]).startswith("-c svar.sites={3,11} ")
    assert replace(confined(settings, [3, 11]), database_url=settings.database_url) == settings
    assert address.set(query={}) == make_url(settings.database_url).set(query={})
