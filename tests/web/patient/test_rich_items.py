"""Body map, marked scale, pictures and matrix on the patient's page, without script, and in what the staff see."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments.folders import read_files, read_folder
from app.responses.models import Answer, Score
from app.schedule.links import token
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.questionnaires import install_folder
from app.web.patient.page import style
from app.web.questions import section
from tests.factories import scheduled, visit
from tests.instruments.test_rich_items import FILES, FOLDER, WHERE8
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.pages import page

DOSE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENT = {
    "where8.back": "1", "where8.strength": "40", "where8.face": "2", "where8.stairs": "3", "where8.sitting": "1",
}  # fmt: skip


@pytest.fixture
def link(app: Flask) -> Iterator[str]:
    """The link of somebody who is asked where it hurts, on its day."""
    text = SMALL.replace("[nrs_lbp_week]", "[where8]").replace("first_dose", "first_infusion")
    with app.app_context(), acting("test"), transaction():
        install_folder(read_folder(FOLDER), DOSE)
        protocol = install(text, DOSE, state=StudyState.DEMO)
        person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
        made = f"/a/{token(visit(person, 'd7'))}"
    with moved_clock(lambda: DOSE + timedelta(days=7, hours=1)):
        yield made


def kept(app: Flask) -> dict[str, str | None]:
    with app.app_context():
        return {answer.item: answer.value for answer in db.session.scalars(select(Answer).order_by(Answer.position))}


@pytest.mark.parametrize(
    "part",
    [
        '<svg aria-hidden="true" viewBox="0 0 200 400">',
        '<input type="checkbox" name="where8.back" value="1"><span>The back</span>',
        '<li data-at="75">75: Very</li>',
        '<li data-at="100">100</li>',
        'name="where8.strength" maxlength="4" value="" data-low="0" data-high="100"',
        '<img src="data:image/svg+xml;base64,',
        'alt="">Neither glad nor sad</span>',
        '<div class="row" role="radiogroup" aria-labelledby="where8.stairs-r">',
        '<p id="where8.stairs-r">To climb stairs</p>',
        '<input type="radio" name="where8.sitting" value="3"><span>Very</span>',
    ],
)
def test_each_is_drawn_without_script(client: FlaskClient, link: str, part: str) -> None:
    assert part in page(client.get(link))


def test_the_page_allows_its_second_style_by_hash_and_other_pages_do_without(client: FlaskClient, link: str) -> None:
    answer = client.get(link)
    assert f"<style>{style('patient_rich.css')}</style>" in page(answer)
    assert "img-src data:" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].count("'sha256-") == 9


def test_what_is_sent_is_kept_by_item_and_scored(app: Flask, client: FlaskClient, link: str) -> None:
    assert client.post(link, data=SENT).status_code == 303
    assert kept(app) == {
        "head": "0", "back": "1", "knees": "0", "nowhere": "0", "strength": "40", "face": "2", "stairs": "3",
        "sitting": "1",
    }  # fmt: skip
    with app.app_context():
        scores = {score.name: score.value for score in db.session.scalars(select(Score).order_by(Score.name))}
    assert scores == {"where8_doing": 4, "where8_places": 1}


@pytest.mark.parametrize(
    ("left", "rows"),
    [
        ({"where8.sitting"}, ["where8.sitting"]),
        ({"where8.sitting", "where8.stairs"}, ["where8.stairs", "where8.sitting"]),
    ],
)
def test_a_row_left_empty_is_asked_about_in_its_row(
    client: FlaskClient, link: str, left: set[str], rows: list[str]
) -> None:
    shown = page(client.post(link, data={name: code for name, code in SENT.items() if name not in left}))
    told = [
        row.partition('"')[0] for row in shown.split('<p id="')[1:] if "You left this empty." in row.split("</p>")[1]
    ]
    assert told == [f"{row}-r" for row in rows]
    assert '<a href="#where8.doing">How hard is it today?</a>' in shown


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"where8.strength": "101"}, "Write a number from 0 to 100."),
        ({"where8.strength": "a lot"}, "Write a whole number, with digits."),
        ({"where8.nowhere": "1"}, "or the others"),
        ({"where8.stairs": "7"}, "Choose one of the answers."),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_lost(
    client: FlaskClient, link: str, changes: dict[str, str], sentence: str
) -> None:
    answer = client.post(link, data={**SENT, **changes})
    shown = page(answer)
    assert answer.status_code == 400
    assert sentence in shown
    assert '<input type="radio" name="where8.face" value="2" checked>' in shown


def test_another_structure_with_the_same_words_is_drawn_anew(app: Flask) -> None:
    fewer = FILES["definition.yaml"].replace("marks: [0, 25, 50, 75, 100]", "marks: [25, 50, 75]")
    other = read_files("where8", {**FILES, "definition.yaml": fewer}).instrument
    assert other.wording("en").sha256 == WHERE8.wording("en").sha256
    with app.test_request_context():
        marks = [[len(each.marks) for each in section(form, "en").questions if each.marks] for form in (WHERE8, other)]
    assert marks == [[5], [3]]


def test_from_right_to_left_the_words_are_all_there(app: Flask) -> None:
    with app.test_request_context():
        drawn: Any = {question.field: question for question in section(WHERE8, "ar").questions}
    assert [row.label for row in drawn["where8.doing"].rows] == ["صعود الدرج", "الجلوس"]
    assert [len(question.fields) for question in drawn.values()] == [4, 1, 1, 2]
