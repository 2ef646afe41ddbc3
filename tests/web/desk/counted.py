"""People whose figures stand on the desk's pages, and the rows behind a figure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.responses.models import Answer
from app.studies.models import Protocol
from tests.exports.builders import answered
from tests.factories import (
    NOW,
    oslo,
    submitted,
    visit,
)
from tests.web.desk.desks import Desk, seated, someone


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


def rows_behind(desk: Desk, address: str) -> int:
    """How many rows the list has, which the page says too."""
    rows = len(desk.browser.get(f"{unescape(address)}&format=csv").text.splitlines()) - 1
    said = "One visit." if rows == 1 else f"{rows} visits."
    assert said in desk.browser.get(unescape(address)).text
    return rows
