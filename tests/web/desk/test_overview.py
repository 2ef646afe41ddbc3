"""Figures with their denominators, as a picture and as the table behind it."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from unittest.mock import Mock

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.exports import by_instrument, incoming
from app.participants.models import Participant
from app.responses.models import Answer
from app.schedule.models import Assessment
from app.studies.models import Protocol
from app.studies.states import StudyState
from tests.exports.builders import answered
from tests.factories import (
    NOW,
    Browser,
    oslo,
    submitted,
    user,
    visit,
)
from tests.web.desk.desks import DESK, Desk, seated, someone


def test_an_empty_study_says_what_to_do(desk: Desk) -> None:
    assert "Nothing is planned yet" in desk.page("compliance/")
    assert "Nobody needs a call just now" in desk.page("today/")


def three_people(protocol: Protocol) -> None:
    """Two at site 01 who answered one visit each, and one at site 02 who answered none."""
    first, second = someone(protocol), someone(protocol)
    someone(protocol, "02")
    submitted(visit(first, "d7"), oslo(date(2026, 1, 9)))
    submitted(visit(second, "d14"), oslo(date(2026, 1, 16)))


@pytest.fixture
def three(app: Flask, session: Session) -> Iterator[Desk]:
    """An investigator, and three people."""
    yield from seated(app, session, Role.INVESTIGATOR, people=three_people)


def cells(page: str, name: str) -> list[str]:
    """The figures of a row of the table, without their markup."""
    row = page.split(f"<tr><th>{name}</th>")[1].split("</tr>")[0]
    texts = (re.sub(r"<.*?>", " ", part.split("</td>")[0].partition(">")[2]) for part in row.split("<td")[1:])
    return [text.split()[0] if text.strip() else "" for text in texts]


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
    ("filters", "codes"),
    [
        ("visit=d7&state=missed", ["01-002", "02-001"]),
        ("visit=d7&site=01&state=missed", ["01-002"]),
        ("visit=d7&state=missing", ["01-002", "02-001"]),
        ("visit=d278&state=missing", []),
        ("visit=d7&state=completed", ["01-001"]),
        ("visit=d7&instrument=perceived_treatment&state=missed", ["01-002", "02-001"]),
        ("visit=d14&instrument=perceived_treatment", []),
        ("visit=d7&reason=not_sent", ["01-002", "02-001"]),
        ("visit=d7&after=nonsense", ["01-001", "01-002", "02-001"]),
    ],
)
def test_behind_each_figure_stand_the_people(three: Desk, filters: str, codes: list[str]) -> None:
    page = three.page(f"compliance/visits/?{filters}").split("<tbody>")[1]
    assert re.findall(r">(\d\d-\d{3})</a>", page) == codes
    rows = csv.DictReader(io.StringIO(three.browser.get(f"{DESK}compliance/visits/?{filters}&format=csv").text))
    assert [row["participant"] for row in rows] == codes


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ("visit=d7&instrument=nonsense&state=completed", ["01-001"]),
        ("visit=d7&reason=nonsense&week=nonsense&state=completed", ["01-001"]),
        ("visit=d7&state=nonsense&after=nonsense", ["01-001", "01-002", "02-001"]),
    ],
)
def test_what_a_list_does_not_know_narrows_its_page_by_nothing(three: Desk, filters: str, codes: list[str]) -> None:
    page = three.page(f"compliance/visits/?{filters}")
    assert re.findall(r">(\d\d-\d{3})</a>", page.split("<tbody>")[1]) == codes
    assert "does not know: " in page


def test_each_square_that_misses_somebody_leads_to_the_names_it_counts(three: Desk) -> None:
    squares = three.page("compliance/").split('<svg class="heat"')[1].split("</svg>")[0]
    links = re.findall(r'<a href="(.*?)">\s*<g><title>day (\w+), (\w+): (\d+)/\d+ missing<', squares)
    counted = {(visit, site): int(missing) for _, visit, site, missing in links}
    assert [counted["7", site] for site in ("01", "02", "all")] == [1, 1, 2]
    behind = {
        (visit, site): len(re.findall(r">\d\d-\d{3}</a>", three.browser.get(unescape(address)).text))
        for address, visit, site, _ in links
    }
    assert behind == counted
    assert squares.count("<a ") == len(links) < squares.count("<rect")


def gappy_people(protocol: Protocol) -> None:
    """Beside three: questions left open in the one and the other questionnaire, voided, still open, who left."""
    three_people(protocol)
    for left_open in ("nrs_lbp_week", "nrs_lbp_week", "perceived_treatment"):
        response = answered(
            visit(someone(protocol), "d7"), oslo(date(2026, 1, 9)), {"now": 1}, "nrs_lbp_week", partial=True
        )
        gap = Answer(response=response, instrument=left_open, item="gap", position=9, missing_reason="skipped")
        db.session.add(gap)
    voided = visit(someone(protocol), "d14")
    answered(voided, oslo(date(2026, 1, 16)), {"now": None}, "nrs_lbp_week", partial=True)
    voided.voided_at = oslo(date(2026, 1, 17))
    running = visit(someone(protocol, "02"), "d56")
    answered(running, NOW - timedelta(hours=1), {"now": None}, "nrs_lbp_week", partial=True)
    left = someone(protocol, "02")
    answered(visit(left, "d7"), oslo(date(2026, 1, 9)), {"now": None}, "nrs_lbp_week", partial=True)
    left.withdrawn_at = oslo(date(2026, 1, 20))


@pytest.fixture
def gaps(app: Flask, session: Session) -> Iterator[Desk]:
    """An investigator, and people whose answers have gaps."""
    yield from seated(app, session, Role.INVESTIGATOR, people=gappy_people)


LINKED = r'<a href="([^"]*compliance/visits/[^"]*)">(\d+)<'


@pytest.mark.parametrize("by", ["visit", "site", "week", "reason", "instrument"])
def test_every_number_that_leads_to_a_list_counts_the_rows_of_that_list(gaps: Desk, by: str) -> None:
    links = re.findall(LINKED, gaps.page(f"compliance/?by={by}"))
    counted = [(address, int(number)) for address, number in links]
    behind = [(address, rows_behind(gaps, address)) for address, _ in links]
    assert len(links) > 2
    assert behind == counted


def rows_behind(desk: Desk, address: str) -> int:
    """How many rows the list has, which the page says too."""
    rows = len(desk.browser.get(f"{unescape(address)}&format=csv").text.splitlines()) - 1
    said = "One visit." if rows == 1 else f"{rows} visits."
    assert said in desk.browser.get(unescape(address)).text
    return rows


def test_what_is_open_and_not_yet_due_is_listed_as_it_is_counted(gaps: Desk) -> None:
    gaps.someone(day0=NOW.date() - timedelta(days=7))
    page = gaps.page("today/")
    (said,) = re.findall(r"Open and not yet due: (\d+)\.", page)
    (address,) = re.findall(r'<a href="([^"]*compliance/visits/[^"]*)"', page)
    assert rows_behind(gaps, address) == int(said) > 0
    assert ",open," in gaps.browser.get(f"{unescape(address)}&format=csv").text


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("state=mised&visit=d7", "state=mised"),
        ("reason=bored", "reason=bored"),
        ("instrument=xyz&week=monday", "instrument=xyz, week=monday"),
        ("arm=1", "arm=1"),
        ("state=missed&site=01&visit=d7&instrument=odi&week=2026-01-05&reason=not_sent&after=cut", ""),
        ("state=&reason=&instrument=&week=", ""),
    ],
)
def test_a_list_says_what_it_does_not_know_and_gives_no_file_of_everybody(gaps: Desk, query: str, unknown: str) -> None:
    page = gaps.page(f"compliance/visits/?{query}")
    assert [f"does not know: {unknown}." in page, ">As CSV<" in page] == [bool(unknown), not unknown]
    file = gaps.browser.get(f"{DESK}compliance/visits/?{query}&format=csv")
    assert (file.status_code, "does not know" in file.text) == ((400, True) if unknown else (200, False))


def test_in_a_closed_study_nobody_waits_and_nobody_is_listed(gaps: Desk) -> None:
    gaps.someone(day0=NOW.date() - timedelta(days=7))
    gaps.protocol.study.state = StudyState.CLOSED
    address = f"{DESK}compliance/visits/?state=open+and+not+yet+due"
    gaps.session.commit()
    assert rows_behind(gaps, address) == 0


@pytest.mark.parametrize(
    ("week", "codes"),
    [("2026-01-12", {"d7"}), ("2026-01-15", {"d7"}), ("2026-01-19", {"d14"}), ("1999-01-04", set())],
)
def test_a_week_is_that_of_whatever_day_of_it_is_asked_for(three: Desk, week: str, codes: set[str]) -> None:
    path = f"{DESK}compliance/visits/?state=missing&week={week}&format=csv"
    rows = csv.DictReader(io.StringIO(three.browser.get(path).text))
    assert {row["visit"] for row in rows} == codes


@pytest.mark.parametrize("by", ["visit", "site", "instrument"])
def test_a_missing_figure_counts_the_voided_answers_that_its_link_lists(three: Desk, by: str) -> None:
    again = select(Assessment).join(Assessment.participant).where(Participant.code == "01-001")
    for voided in three.session.scalars(again.where(Assessment.visit.in_(["d7", "d278"])).order_by(Assessment.id)):
        submitted(voided, oslo(date(2026, 1, 9)))
        voided.voided_at = oslo(date(2026, 1, 10))
    three.session.commit()
    assert cells(three.page("compliance/"), "day 7")[5] == "3", "with the one that was answered"
    page = three.page(f"compliance/?by={by}").split('<table class="table">')[1]
    links = re.findall(r'<a href="([^"]*state=missing)">(\d+)<', page)
    assert links
    behind = [three.browser.get(f"{unescape(address)}&format=csv").text for address, _ in links]
    assert [len(rows.splitlines()) - 1 for rows in behind] == [int(number) for _, number in links]
    assert any(",voided," in rows for rows in behind)
    assert not any(",d278," in rows for rows in behind), "its window is not past its grace"


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
