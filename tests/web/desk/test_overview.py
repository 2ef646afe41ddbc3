"""Figures with their denominators, as a picture and as the table behind it."""

import csv
import io
from datetime import date
from unittest.mock import Mock

import pytest
from flask import Flask

from app.accounts.roles import Role
from app.exports import by_instrument, incoming
from tests.exports.builders import answered
from tests.factories import (
    Browser,
    oslo,
    user,
    visit,
)
from tests.web.desk.counted import cells
from tests.web.desk.counted import three as three
from tests.web.desk.desks import DESK, Desk


def test_an_empty_study_says_what_to_do(desk: Desk) -> None:
    assert "Nothing is planned yet" in desk.page("compliance/")
    assert "Nobody needs a call just now" in desk.page("today/")


def test_the_picture_shows_what_is_missing_and_the_table_its_counts(three: Desk) -> None:
    page = three.page("compliance/")
    for square in (
        "day 7, 01: 1/2 missing",
        "day 7, 02: 1/1 missing",
        "day 7, all: 2/3 missing",
        "day 278, 01: nothing was due yet",
    ):
        assert square in page
    assert cells(page, "day 7") == ["3", "3", "1", "33", "33", "2", "–"]


@pytest.mark.parametrize(
    ("view", "name", "figures"),
    [
        ("nonsense", "day 7", ["3", "3", "1", "33", "33", "2", "–"]),
        ("reason", "day 7", ["01", "not", "1"]),
    ],
)
def test_the_figures_stand_by_visit_or_reason(three: Desk, view: str, name: str, figures: list[str]) -> None:
    assert cells(three.page(f"compliance/?by={view}"), name) == figures


def test_each_questionnaire_has_its_figures_and_what_was_left_open_in_it_stands_apart(three: Desk) -> None:
    third = three.someone()
    answered(visit(third, "d7"), oslo(date(2026, 1, 9)), {"nrs": None}, "nrs_lbp_week", partial=True)
    page = three.page("compliance/?by=instrument")
    assert cells(page, "perceived_treatment") == ["4", "2", "50", "0", "2"]
    expected, whole, _, gaps, missing = map(int, cells(page, "nrs_lbp_week"))
    assert (whole, gaps, missing) == (2, 1, expected - 3)
    assert "compliance/visits/?instrument=nrs_lbp_week&amp;state=questions+left+open" in page
    rows = list(csv.DictReader(io.StringIO(three.browser.get(f"{DESK}compliance/?by=instrument&format=csv").text)))
    at_d7 = {(row["instrument"], row["site"]): row for row in rows if row["visit"] == "d7"}
    assert {key: [row[name] for name in ("expected", "whole", "gaps", "missing")] for key, row in at_d7.items()} == {
        ("nrs_lbp_week", "01"): ["3", "1", "1", "1"],
        ("nrs_lbp_week", "02"): ["1", "0", "0", "1"],
        ("perceived_treatment", "01"): ["3", "2", "0", "1"],
        ("perceived_treatment", "02"): ["1", "0", "0", "1"],
    }


def test_a_site_has_its_figures_and_its_last_weeks(three: Desk) -> None:
    page = three.page("compliance/?by=site")
    figures = cells(page, "01")
    planned, expected, answered, missing = (int(figures[place]) for place in (0, 1, 2, 5))
    assert (planned, answered, expected - missing) == (36, 2, 2)
    assert page.count('<svg class="spark"') == 2


@pytest.mark.parametrize("view", ["visit", "site", "week", "reason", "instrument"])
def test_each_view_is_a_file_too(three: Desk, view: str) -> None:
    answer = three.browser.get(f"{DESK}compliance/?by={view}&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"compliance by {view}.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows
    if view in ("visit", "site"):
        assert [row["answered"] for row in rows if (row["visit"], row["site"]) == ("d7", "01")] == ["1"]
    if view == "week":
        assert sum(int(row["answered"]) for row in rows) == 2


@pytest.mark.parametrize(
    ("week", "codes"),
    [("2026-01-12", {"d7"}), ("2026-01-15", {"d7"}), ("2026-01-19", {"d14"}), ("1999-01-04", set())],
)
def test_a_week_is_that_of_whatever_day_of_it_is_asked_for(three: Desk, week: str, codes: set[str]) -> None:
    path = f"{DESK}compliance/visits/?state=missing&week={week}&format=csv"
    rows = csv.DictReader(io.StringIO(three.browser.get(path).text))
    assert {row["visit"] for row in rows} == codes


@pytest.mark.parametrize(
    ("by", "counted"),
    [
        ("visit", []),
        ("nonsense", []),
        ("site", ["weeks"]),
        ("week", ["weeks"]),
        ("reason", ["absences"]),
        ("instrument", ["instrument_counts"]),
    ],
)
@pytest.mark.parametrize("file", ["", "&format=csv"])
def test_a_view_counts_what_stands_in_its_table_alone(
    three: Desk, monkeypatch: pytest.MonkeyPatch, by: str, counted: list[str], file: str
) -> None:
    watched = {}
    for module, name in ((incoming, "weeks"), (incoming, "absences"), (by_instrument, "instrument_counts")):
        watched[name] = Mock(wraps=getattr(module, name))
        monkeypatch.setattr(module, name, watched[name])
    three.page(f"compliance/?by={by}{file}")
    assert [name for name, watch in watched.items() if watch.called] == counted


def test_who_sees_figures_alone_is_led_to_nobody(app: Flask, three: Desk) -> None:
    statistician = user(three.protocol.study, Role.STATISTICIAN)
    three.session.commit()
    browser = Browser(app, statistician)
    assert "compliance/visits" not in browser.get(f"{DESK}compliance/").text
    assert browser.get(f"{DESK}compliance/visits/").status_code == 403


def test_a_site_of_ones_own_needs_no_row_of_sums(app: Flask, desk: Desk) -> None:
    desk.someone("02")
    coordinator = user(desk.protocol.study, Role.COORDINATOR, "02")
    desk.session.commit()
    page = Browser(app, coordinator).get(f"{DESK}compliance/").text
    assert "day 7, 02: 1/1 missing" in page
    assert "day 7, all" not in page
