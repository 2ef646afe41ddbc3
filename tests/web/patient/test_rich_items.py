"""Body map, marked scale, pictures and matrix on the patient's page, without script, and in what the staff see."""

import re
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
from app.studies.models import Protocol, StudyState
from app.studies.questionnaires import install_folder
from app.web.patient.page import style
from app.web.questions import section
from tests.factories import scheduled, visit
from tests.instruments.test_piping import FILES as ACHE
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
    rows_told = [
        row.partition('"')[0] for row in shown.split('<p id="')[1:] if "You left this empty." in row.split("</p>")[1]
    ]
    assert rows_told == [f"{row}-r" for row in rows]
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


@pytest.mark.parametrize(
    ("minimum", "maximum", "longest"), [(0, 100, 4), (0, 10_000, 5), (-100, 100, 4), (-10_000, 5, 6), (0, 9999, 4)]
)
def test_every_number_of_a_scale_can_be_typed(app: Flask, minimum: int, maximum: int, longest: int) -> None:
    wide = FILES["definition.yaml"].replace(
        "minimum: 0, maximum: 100, marks: [0, 25, 50, 75, 100]",
        f"minimum: {minimum}, maximum: {maximum}, marks: [0, 5]",
    )
    bare = {name: MARKS.sub("", text) for name, text in FILES.items()}
    wider = read_files("where8", {**bare, "definition.yaml": wide}).instrument
    with app.test_request_context():
        (scale,) = [question for question in section(wider, "en").questions if question.kind == "vas"]
    assert scale.longest == longest


def test_a_row_that_may_stay_empty_says_so_and_the_others_do_not(app: Flask) -> None:
    free = FILES["definition.yaml"].replace(
        "{code: sitting, type: choice, scale: how_much",
        "{code: sitting, required: false, type: choice, scale: how_much",
    )
    freer = read_files("where8", {**FILES, "definition.yaml": free}).instrument
    with app.test_request_context():
        (matrix,) = [question for question in section(freer, "en").questions if question.rows]
    assert [(row.field, row.optional) for row in matrix.rows] == [("where8.stairs", False), ("where8.sitting", True)]
    assert matrix.optional is False


def test_from_right_to_left_the_words_are_all_there(app: Flask) -> None:
    with app.test_request_context():
        drawn: Any = {question.field: question for question in section(WHERE8, "ar").questions}
    assert [row.label for row in drawn["where8.doing"].rows] == ["صعود الدرج", "الجلوس"]
    assert [len(question.fields) for question in drawn.values()] == [4, 1, 1, 2]


@pytest.fixture
def piped(app: Flask) -> Iterator[str]:
    """The link of somebody who is asked about her ache."""
    text = SMALL.replace("[nrs_lbp_week]", "[ache]").replace("first_dose", "first_infusion")
    with app.app_context(), acting("test"), transaction():
        words = ACHE["wordings/en.yaml"].replace("language: en", "language: nb")
        install_folder(read_files("ache", {**ACHE, "wordings/nb.yaml": words}), DOSE)
        protocol = install(text, DOSE, state=StudyState.DEMO)
        person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
        made = f"/a/{token(visit(person, 'd7'))}"
    with moved_clock(lambda: DOSE + timedelta(days=7, hours=1)):
        yield made


MARKS = re.compile(r", marks: \{[^}]*\}")
LEGEND = re.compile(r"<legend><span>(How much does .*?)</span></legend>")
SPAN = '<span dir="auto" data-pipe="ache.{}" data-empty="{}">{}</span>'


@pytest.mark.parametrize(
    ("answers", "name", "place", "hours"),
    [
        ({}, "it", "the worst place", "some time"),
        ({"ache.name": "Grumpy", "ache.hours": "3"}, "Grumpy", "the worst place", "3 hours"),
        ({"ache.place": "2"}, "it", "The neck", "some time"),
        ({"ache.place": "1"}, "it", "The &lt;b&gt;back&lt;/b&gt;", "some time"),
        ({"ache.place": "9"}, "it", "9", "some time"),
        (
            {"ache.name": "<script>alert(1)</script>"},
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "the worst place",
            "some time",
        ),
        ({"ache.name": "${place}"}, "${place}", "the worst place", "some time"),
        ({"ache.name": "   "}, "it", "the worst place", "some time"),
    ],
    ids=range(8),
)
def test_an_earlier_answer_stands_in_the_question_and_only_as_words(
    client: FlaskClient, piped: str, answers: dict[str, str], name: str, place: str, hours: str
) -> None:
    client.post(piped, data={**answers, "_act": "draft"}, headers={"Accept": "application/json"})
    (legend,) = LEGEND.findall(page(client.get(piped)))
    said_name, said_place = SPAN.format("name", "it", name), SPAN.format("place", "the worst place", place)
    said_hours = SPAN.format("hours", "some time", hours)
    assert legend == f"How much does {said_name} in {said_place} ({said_hours}) bother you?"


def test_another_persons_page_shows_nothing_of_it(app: Flask, client: FlaskClient, piped: str) -> None:
    client.post(piped, data={"ache.name": "Grumpy", "_act": "draft"}, headers={"Accept": "application/json"})
    with app.app_context(), acting("test"), transaction():
        protocol = db.session.scalars(select(Protocol)).one()
        other = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
        link = f"/a/{token(visit(other, 'd7'))}"
    assert "Grumpy" in page(client.get(piped))
    assert "Grumpy" not in page(client.get(link))
