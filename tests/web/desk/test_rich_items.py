"""Body map, marks, pictures, matrix and an answer within a text where the staff meet them: paper, entry, trial."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.instruments.folders import read_files, read_folder
from app.responses.models import Answer
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.questionnaires import install_folder
from tests.factories import Browser, scheduled, user
from tests.instruments.test_piping import FILES as ACHE
from tests.instruments.test_rich_items import FOLDER
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.test_rich_items import DOSE, SENT

ACHING = {
    "ache.place": "2",
    "ache.name": "Grumpy",
    "ache.hours": "3",
    "ache.box": "1",
    "ache.row": "0",
    "ache.bother": "4",
}
FACTS = {"mode": "paper", "answered_by": "herself", "answered_on": "2026-03-09", "scan": ""}


@pytest.fixture
def clerk(app: Flask, session: Session) -> Iterator[tuple[Browser, str]]:
    """A coordinator, and the address of the visit of somebody who is asked where it hurts."""
    install_folder(read_folder(FOLDER), DOSE)
    words = ACHE["wordings/en.yaml"].replace("language: en", "language: nb")
    install_folder(read_files("ache", {**ACHE, "wordings/nb.yaml": words}), DOSE)
    text = SMALL.replace("[nrs_lbp_week]", "[where8, ache]").replace("first_dose", "first_infusion")
    protocol = install(text, DOSE, state=StudyState.DEMO)
    person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
    someone = user(protocol.study, Role.COORDINATOR)
    session.commit()
    with moved_clock(lambda: DOSE + timedelta(days=7, hours=5)):
        yield Browser(app, someone), f"/desk/small/participants/{person.code}/visits/d7/"


@pytest.mark.parametrize(
    ("page", "parts"),
    [
        (
            "paper",
            [
                '<svg aria-hidden="true"',
                "☐ The back",
                "75: Very",
                "To climb stairs<br>",
                "☐ Quite",
                '<img src="data:image/svg',
            ],
        ),
        (
            "seen",
            ['<svg aria-hidden="true"', 'name="where8.back"', '<li data-at="75">75: Very</li>', 'alt="">Sad</span>'],
        ),
        (
            "entry/",
            [
                '<svg aria-hidden="true"',
                'name="where8.stairs" value="2"',
                'role="radiogroup"',
                'name="where8.strength"',
            ],
        ),
    ],
    ids=["paper", "seen", "entry"],
)
def test_each_page_of_the_staff_shows_them(clerk: tuple[Browser, str], page: str, parts: list[str]) -> None:
    browser, visit = clerk
    shown = browser.get(visit + page).text
    assert [part for part in parts if part not in shown] == []
    assert "How much does" in shown
    assert "${" not in shown


def test_they_are_typed_from_paper(clerk: tuple[Browser, str], session: Session) -> None:
    browser, visit = clerk
    kept = browser.post(f"{visit}entry/", **FACTS, **SENT, **ACHING)
    assert (kept.status_code, kept.location) == (303, visit)
    values = {answer.item: answer.value for answer in session.scalars(select(Answer).order_by(Answer.position))}
    assert [values[item] for item in ("back", "head", "strength", "face", "stairs", "row")] == [
        "1",
        "0",
        "40",
        "2",
        "3",
        "0",
    ]
    read = browser.get(visit).text
    for said in ("The back", "How strong is the pain?", "To climb stairs"):
        assert said in read


def test_what_does_not_fit_is_told_where_it_is(clerk: tuple[Browser, str]) -> None:
    browser, visit = clerk
    refused = browser.post(f"{visit}entry/", **FACTS, **{**SENT, **ACHING, "where8.strength": "400"})
    assert refused.status_code == 400
    assert "Write a number from 0 to 100." in refused.text
    assert '<span dir="auto" data-pipe="ache.name" data-empty="it">Grumpy</span>' in refused.text


def test_they_are_tried_on_the_page_of_the_questionnaire(clerk: tuple[Browser, str]) -> None:
    browser, _ = clerk
    tried = browser.post("/desk/small/questionnaires/where8?language=en", **SENT).text
    assert "<th>where8_doing</th>" in tried
    assert 'name="where8.sitting"' in tried
    framed = browser.get("/desk/small/questionnaires/where8/page/ar").text
    assert 'dir="rtl"' in framed
    assert '<svg aria-hidden="true"' in framed
