"""Times, durations, limits of lists, and rules on the patient's page: drawn, sent without script, refused in words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments.folders import read_files
from app.responses.models import Answer
from app.schedule.links import token
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.questionnaires import install_folder
from tests.factories import scheduled, visit
from tests.instruments.test_new_items import FILES
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.pages import page

DOSE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENT = {
    "night.slept": "1", "night.pain": "3", "night.bed": "22:30", "night.asleep": "7:15", "night.noise": "1",
}  # fmt: skip


@pytest.fixture
def night(app: Flask) -> Iterator[str]:
    """The link of somebody who is asked about her night, on its day."""
    text = SMALL.replace("[nrs_lbp_week]", "[night]").replace("first_dose", "first_infusion")
    text = text.replace("languages: [nb, en]", "languages: [en]").replace("{nb: ", "{xx: ")
    lines = [line.replace("{xx: ", "{nb: ") for line in text.splitlines()]
    with app.app_context(), acting("test"), transaction():
        norwegian = FILES["wordings/en.yaml"].replace("language: en", "language: nb")
        install_folder(read_files("night", {**FILES, "wordings/nb.yaml": norwegian}), DOSE)
        protocol = install(
            "\n".join(lines).replace("languages: [en]", "languages: [nb, en]"), DOSE, state=StudyState.DEMO
        )
        person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
        link = f"/a/{token(visit(person, 'd7'))}"
    with moved_clock(lambda: DOSE + timedelta(days=7, hours=1)):
        yield link


def test_the_page_draws_them_without_script(client: FlaskClient, night: str) -> None:
    shown = page(client.get(night))
    assert '<input type="time" name="night.bed"' in shown
    assert "Hours and minutes, such as 1:30" in shown
    assert 'data-when="night.slept=1&amp;night.pain<9"' in shown.replace("&lt;", "<")
    assert 'data-when="night.slept=0|night.pain>6"' in shown.replace("&gt;", ">")
    assert "Answer this if one of the following fits. Only if you answered “No” to “Did you sleep?”." in shown
    assert "Only if you answered “&gt; 6” to “How much pain?”." in shown


def test_what_is_sent_is_kept_as_a_time_and_as_minutes(app: Flask, client: FlaskClient, night: str) -> None:
    assert client.post(night, data=SENT).status_code == 303
    with app.app_context():
        kept = {answer.item: answer.value for answer in db.session.scalars(select(Answer).order_by(Answer.position))}
    assert (kept["bed"], kept["asleep"], kept["noise"], kept["worry"]) == ("22:30", "435", "1", "0")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"night.bed": "25:00"}, "Write a time of day, such as 07:30."),
        ({"night.asleep": "17:00"}, "Write a number from 0:00 to 16:00."),
        ({"night.asleep": "long"}, "Write a whole number, with digits."),
        ({"night.worry": "1", "night.pain_why": "1"}, "Choose at most 2."),
        ({"night.pain": "0", "night.pain_why": "1"}, "You had no pain, and pain kept you awake. Which is right?"),
    ],
)
def test_what_does_not_fit_is_told_in_words_and_nothing_is_lost(
    client: FlaskClient, night: str, changes: dict[str, str], sentence: str
) -> None:
    answer = client.post(night, data={**SENT, **changes})
    shown = page(answer)
    assert answer.status_code == 400
    assert sentence in shown
    assert f'value="{changes.get("night.asleep", "7:15")}"' in shown
