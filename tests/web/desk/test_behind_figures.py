"""Behind each figure stand as many people: every number leads to a list that counts the same."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.states import StudyState
from tests.factories import (
    NOW,
    oslo,
    submitted,
)
from tests.web.desk.counted import cells, rows_behind
from tests.web.desk.counted import gaps as gaps
from tests.web.desk.counted import three as three
from tests.web.desk.desks import DESK, Desk


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


LINKED = r'<a href="([^"]*compliance/visits/[^"]*)">(\d+)<'


@pytest.mark.parametrize("by", ["visit", "site", "week", "reason", "instrument"])
def test_every_number_that_leads_to_a_list_counts_the_rows_of_that_list(gaps: Desk, by: str) -> None:
    links = re.findall(LINKED, gaps.page(f"compliance/?by={by}"))
    counted = [(address, int(number)) for address, number in links]
    behind = [(address, rows_behind(gaps, address)) for address, _ in links]
    assert len(links) > 2
    assert behind == counted


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
        ("week=20260105", "week=20260105"),
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
