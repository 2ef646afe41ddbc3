"""The perturbations do what their names say; that the suite bears them is `make shake`."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from app.core.database import db
from tests.shaking.perturbations import (
    PYTHONS,
    ROUNDS,
    WITHOUT_DATABASE,
    last_sunday,
    of_the_day,
    perturbations,
    rounds,
    starting_servers,
)

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 26)
BY_NAME = {perturbation.name: perturbation for perturbation in perturbations(TODAY)}


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (2026, 3, 29),
        (2026, 10, 25),
        (2027, 10, 31),  # the month's last day itself
        (2027, 3, 28),
    ],
)
def test_clocks_change_on_the_last_sunday(year: int, month: int, day: int) -> None:
    assert last_sunday(year, month) == date(year, month, day)


def test_the_hour_that_comes_twice_comes_again_an_hour_later() -> None:
    at = datetime.fromisoformat(BY_NAME["twice"].environment["SHAKING_CLOCK"])
    shown = [(at + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/Oslo")) for hours in (0, 1)]
    assert shown[0].replace(tzinfo=None, fold=0) == shown[1].replace(tzinfo=None, fold=0)
    assert [instant.fold for instant in shown] == [0, 1]


def test_next_summer_is_ahead_and_in_summer_time() -> None:
    at = datetime.fromisoformat(BY_NAME["summer"].environment["SHAKING_CLOCK"])
    assert at > datetime(2027, 6, 1, tzinfo=UTC)
    assert at.astimezone(ZoneInfo("Europe/Oslo")).dst() == timedelta(hours=1)


def test_each_round_has_its_day() -> None:
    days = [TODAY + timedelta(days=number) for number in range(len(ROUNDS))]
    assert {of_the_day(day, list(ROUNDS)) for day in days} == set(ROUNDS)


def test_each_perturbation_has_its_round() -> None:
    assert {name for names in ROUNDS.values() for name in names} == set(BY_NAME)
    assert {each.python for each in rounds(TODAY)} == {"", *PYTHONS}


def test_a_round_is_all_of_its_perturbations_at_once() -> None:
    nested = rounds(TODAY)[0]
    assert nested.environment == {
        "PGOPTIONS": "-c enable_hashjoin=off -c enable_mergejoin=off",
        **BY_NAME["summer"].environment,
        **BY_NAME["zone"].environment,
    }
    assert nested.arguments == (*BY_NAME["order"].arguments, *BY_NAME["summer"].arguments)
    assert nested.leaves_out == (), "what a planner cannot reach is reached by the order of tests and the clock"
    assert len({each.arguments[:2] for each in rounds(TODAY)}) == len(ROUNDS), "the tests are in another order in each"


def test_the_order_of_tests_is_another_one_each_day() -> None:
    seeds = {perturbations(TODAY + timedelta(days=number))[0].arguments[-1] for number in range(7)}
    assert len(seeds) == 7


def test_what_a_planner_cannot_reach_is_there_and_starts_no_server() -> None:
    assert [path for path in WITHOUT_DATABASE if not list((ROOT / path).glob("**/test_*.py"))] == []
    tests = {
        "tests/analysis/test_x.py::test_y": ("tmp_path",),
        "tests/analysis/test_x.py::test_z": ("tmp_path", "server"),
        "tests/analysis_of_rows/test_x.py::test_z": ("server",),
        "tests/studies/test_x.py::test_y": ("session", "server"),
    }
    assert starting_servers(tests.items()) == ["tests/analysis/test_x.py::test_z"]


SHOWS = """
import pytest
from datetime import date
class Looking:
    def pytest_collection_modifyitems(self):
        print("year", date.today().year)
pytest.main(["-q", "-p", "tests.shaking.clock", "--collect-only", "tests/test_pure.py"], plugins=[Looking()])
"""


def test_a_moved_clock_is_seen_by_what_pytest_runs() -> None:
    environment = {"SHAKING_CLOCK": "2041-07-15T10:00:00+00:00"}
    done = subprocess.run(
        [sys.executable, "-c", SHOWS], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8"
    )
    assert "year 2041" in done.stdout


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("hashjoin", "enable_hashjoin", "off"),
        ("mergejoin", "enable_mergejoin", "off"),
        ("nestloop", "enable_nestloop", "off"),
        ("seqscan", "enable_seqscan", "off"),
        ("indexscan", "enable_indexscan", "off"),
        ("indexscan", "enable_bitmapscan", "off"),
        ("jit", "jit_above_cost", "0"),
        ("zone", "timezone", "Pacific/Auckland"),
    ],
)
def test_the_services_connections_hear_the_perturbation(
    name: str, setting: str, value: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for variable, content in BY_NAME[name].environment.items():
        monkeypatch.setenv(variable, content)
    perturbed: Flask = request.getfixturevalue("own_app")
    with perturbed.app_context():
        assert db.session.scalar(text(f"SHOW {setting}")) == value
        assert db.session.scalar(text("SHOW lock_timeout")) == "5s", "the service's own limits stay"
