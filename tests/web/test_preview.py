"""The desk's pages of questionnaires: the patient's page inside, scores tried with their reasons, the bench."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.responses.models import Response
from app.studies.models import InstalledInstrument
from tests.factories import NOW, Browser, backtobasic, user
from tests.instruments.test_new_items import DEFINITION, WORDS

BASE = "/desk/backtobasic/questionnaires"
ODI = {f"odi.{item}": "3" for item in (
    "pain_intensity", "personal_care", "lifting", "walking", "sitting", "standing", "sleeping", "sex_life",
    "social_life", "travelling",
)}  # fmt: skip


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Browser]:
    """A coordinator of the example study."""
    someone = user(backtobasic().study, Role.COORDINATOR)
    session.commit()
    with moved_clock(lambda: NOW):
        yield Browser(app, someone)


def test_the_list_says_which_words_a_live_study_would_not_show(desk: Browser) -> None:
    shown = desk.get(f"{BASE}/").text
    assert "Norwegian (bokmål): demonstration words: a live study does not show them" in shown
    assert f'<a href="{BASE}/nrs_leg">nrs_leg</a>' in shown
    assert "English: may be shown" in shown


def test_a_questionnaire_is_shown_at_three_widths_in_each_language(desk: Browser) -> None:
    shown = desk.get(f"{BASE}/nrs_leg?language=nb").text
    assert [f'width="{width}"' in shown for width in (320, 390, 768)] == [True] * 3
    assert f'src="{BASE}/nrs_leg/page/nb"' in shown
    assert f'<a href="{BASE}/nrs_leg?language=en">en</a>' in shown


def test_the_patients_page_may_stand_in_ours_and_nowhere_else(desk: Browser) -> None:
    answer = desk.get(f"{BASE}/nrs_leg/page/nb")
    assert "Hvor sterke var smertene i beina" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["nowhere", "nrs_leg/page/xx"])
def test_what_is_not_there_is_told(desk: Browser, path: str) -> None:
    assert desk.get(f"{BASE}/{path}").status_code == 404


def test_scores_are_tried_and_say_why(desk: Browser, session: Session) -> None:
    shown = desk.post(f"{BASE}/odi?language=en", **ODI).text
    assert "<th>odi</th>" in shown
    assert "60 (severe)" in shown
    assert "10 answered; mean of the answered, times 20" in shown
    few = desk.post(f"{BASE}/odi?language=en", **{"odi.lifting": "3"}).text
    assert "none: incomplete" in few
    assert session.scalar(select(func.count(Response.id))) == 0


def test_answers_that_do_not_fit_are_told_beside_their_question(desk: Browser) -> None:
    shown = desk.post(f"{BASE}/hours_lbp?language=en", **{"hours_lbp.hours": "-1"}).text
    assert "Write a number from 0 to" in shown
    assert "<h3>Scores</h3>" not in shown


def test_the_bench_starts_with_a_sound_questionnaire(desk: Browser) -> None:
    shown = desk.get(f"{BASE}/bench").text
    assert "code: nrs_leg" in shown
    assert "Score these answers" in shown


def test_what_is_written_at_the_bench_is_answered_and_scored_before_anything_is_installed(
    desk: Browser, session: Session
) -> None:
    texts = {"definition": DEFINITION, "words": WORDS}
    written = desk.post(f"{BASE}/bench", **texts).text
    assert "How long did you sleep?" in written
    tried = desk.post(f"{BASE}/bench", **{**texts, "night.slept": "1", "night.pain": "2", "night.asleep": "7:30"}).text
    assert "<th>asleep</th>" in tried
    assert ">450<" in tried.replace(">450 ", ">450<")
    assert session.scalar(select(func.count(InstalledInstrument.id)).where(~InstalledInstrument.shipped)) == 0


@pytest.mark.parametrize(
    ("definition", "words", "sentence"),
    [
        ("code: [", WORDS, "definition.yaml: line 1"),
        (DEFINITION.replace("type: time", "type: tome"), WORDS, "items.2.type: Must be one of"),
        (DEFINITION, WORDS.replace("title: Your night\n", ""), "title: this string is missing"),
        (DEFINITION.replace("answer: asleep", "answer: a"), WORDS, "definition.yaml: "),
    ],
)
def test_the_bench_tells_every_mistake_in_place_and_keeps_what_was_written(
    desk: Browser, definition: str, words: str, sentence: str
) -> None:
    answer = desk.post(f"{BASE}/bench", definition=definition, words=words)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert "This needs another look" in answer.text
    assert definition.strip().splitlines()[0] in answer.text


def test_a_text_without_bounds_is_refused(desk: Browser) -> None:
    assert desk.post(f"{BASE}/bench", definition="a" * 100_001).status_code == 400
