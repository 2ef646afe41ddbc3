"""A Send that was kept on one phone, and what another answered meanwhile: the newer stands, nothing is lost unsaid."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core.database import db
from app.core.time import moved_clock
from app.participants.models import Task, TaskKind
from app.responses.drafts import content_of
from app.responses.models import Answer, Draft
from app.responses.second_answers import other_answers
from tests.responses.test_drafts import SECOND
from tests.web.patient.pages import D154, form, page, the_visit

pytestmark = pytest.mark.usefixtures("on_day_154")
CLOCK = 1_785_000_000_000
"""A phone's clock; ours shows another time."""
LIFTING, WALKING = "odi.lifting", "odi.walking"
JSON = {"Accept": "application/json"}


def told(had: int = 0, now: int = CLOCK, **when: tuple[int, int]) -> str:
    """What a phone says: of each field what it had of ours, and how many seconds ago it was answered."""
    given = {f"odi.{item}": [had, now - 1000 * ago] for item, (had, ago) in when.items()}
    return json.dumps([had, now, given])


def sent(
    client: FlaskClient, link: str, fields: dict[str, str], said: str | None = None, act: str = "submit"
) -> TestResponse:
    more = {"_act": act, "_asked": "1"} | ({} if said is None else {"_told": said})
    return client.post(link, data=fields | more, headers=JSON)


def submitted(app: Flask) -> dict[str, str | None]:
    with app.app_context():
        rows = select(Answer.item, Answer.value).where(Answer.instrument == "odi")
        return {f"odi.{item}": value for item, value in db.session.execute(rows)}


def two_answers(app: Flask) -> dict[str, list[str]]:
    """Of each field that staff should look at, what does not count; only if there is a task that names it."""
    with app.app_context():
        notes = db.session.scalars(select(Task.note).where(Task.kind == TaskKind.TWO_ANSWERS)).all()
        named = {name for note in notes for name in (note or "").split(", ")}
        return {
            name: [each.value for each in kept] for name, kept in other_answers(the_visit().id).items() if name in named
        }


@pytest.fixture
def hers(app: Flask) -> dict[str, str]:
    """Answers to everything, as phone A has them."""
    return form(app)


@pytest.mark.parametrize(
    ("pressed_seconds_ago", "counts"), [(3600, "4"), (0, "0")], ids=["before the other phone", "after the other phone"]
)
def test_a_send_that_was_pressed_without_a_line_wins_over_what_was_answered_before_it_alone(
    app: Flask, client: FlaskClient, link: str, hers: dict[str, str], pressed_seconds_ago: int, counts: str
) -> None:
    sent(app.test_client(), link, {LIFTING: "4"}, told(lifting=(0, 600)), "draft")
    answer = sent(client, link, hers, told(lifting=(0, pressed_seconds_ago), walking=(0, pressed_seconds_ago)))
    assert answer.get_json() == {"received": f"{link}/received"}
    assert (submitted(app)[LIFTING], submitted(app)[WALKING]) == (counts, "0")
    assert two_answers(app) == {}


def test_where_the_order_is_not_known_hers_is_received_and_staff_see_both(
    app: Flask, client: FlaskClient, link: str, hers: dict[str, str]
) -> None:
    sent(app.test_client(), link, {LIFTING: "4"}, told(lifting=(0, 600)), "draft")
    answer = sent(client, link, hers, json.dumps([0, CLOCK, {LIFTING: [0, CLOCK + 1]}]))
    assert answer.status_code == 200
    assert submitted(app)[LIFTING] == "0"
    assert two_answers(app) == {LIFTING: ["4"]}


@pytest.mark.parametrize("act", ["submit", "draft"])
def test_what_comes_after_the_answers_were_received_is_refused_and_kept_for_staff(
    app: Flask, client: FlaskClient, link: str, hers: dict[str, str], act: str
) -> None:
    sent(app.test_client(), link, hers)
    with moved_clock(lambda: D154 + 60 * SECOND):
        for _ in range(2):
            refused = sent(client, link, hers | {LIFTING: "4"}, told(lifting=(0, 3600)), act)
            assert (refused.status_code, refused.get_json()["title"]) == (409, "Your answers were received earlier")
    assert submitted(app)[LIFTING] == "0"
    assert two_answers(app) == {LIFTING: ["4"]}


def test_she_is_told_that_the_first_are_kept_and_that_staff_see_both(
    app: Flask, client: FlaskClient, link: str, hers: dict[str, str]
) -> None:
    sent(app.test_client(), link, hers)
    html = page(client.post(link, data=hers | {LIFTING: "4", "_act": "submit"}))
    assert "Hvis noen av svarene dine er annerledes denne gangen, ser forskergruppen begge." in html
    assert client.post(link, data=hers | {"_act": "submit"}).headers["Location"] == f"{link}/received", "the same again"
    assert two_answers(app) == {LIFTING: ["4"]}


def test_a_form_without_script_is_known_by_what_it_was_drawn_with(
    app: Flask, client: FlaskClient, link: str, hers: dict[str, str]
) -> None:
    sent(app.test_client(), link, {LIFTING: "4"}, told(lifting=(0, 600)), "draft")
    (drawn,) = re.findall(r'name="_told" value="([^"]+)"', page(client.get(link)))
    sent(client, link, hers, drawn)
    assert (submitted(app)[LIFTING], two_answers(app)) == ("0", {}), "she saw the other answer and changed it"


def test_a_form_that_was_drawn_before_the_other_answer_makes_staff_look(
    app: Flask, client: FlaskClient, link: str, hers: dict[str, str]
) -> None:
    assert 'name="_told">' in page(client.get(link))
    sent(app.test_client(), link, {LIFTING: "4"}, told(lifting=(0, 600)), "draft")
    sent(client, link, hers, "")
    assert (submitted(app)[LIFTING], two_answers(app)) == ("0", {LIFTING: ["4"]})


def test_a_form_that_is_drawn_again_is_her_own(app: Flask, client: FlaskClient, link: str) -> None:
    """Without the script: asked once about what is empty, she changes an answer and sends."""
    drawn_again = page(client.post(link, data={LIFTING: "4", "_act": "submit"}))
    (drawn,) = re.findall(r'name="_told" value="([^"]+)"', drawn_again)
    with moved_clock(lambda: D154 + 60 * SECOND):
        sent(client, link, {LIFTING: "3"}, drawn)
    assert (submitted(app)[LIFTING], two_answers(app)) == ("3", {})


def test_what_was_answered_elsewhere_and_never_on_this_phone_is_sent_along(
    app: Flask, client: FlaskClient, link: str
) -> None:
    sent(app.test_client(), link, {WALKING: "5"}, told(walking=(0, 600)), "draft")
    sent(client, link, {LIFTING: "3"}, told(lifting=(0, 3600)))
    assert (submitted(app)[LIFTING], submitted(app)[WALKING]) == ("3", "5")


@pytest.mark.parametrize("act", ["not_able", "call_me"])
def test_what_another_phone_answered_later_stands_also_when_she_asks_for_something_else(
    app: Flask, client: FlaskClient, link: str, act: str
) -> None:
    sent(app.test_client(), link, {LIFTING: "4"}, told(lifting=(0, 600)), "draft")
    said = told(lifting=(0, 3600), walking=(0, 3600))
    client.post(link, data={"_act": act, LIFTING: "0", WALKING: "2", "_told": said})
    with app.app_context():
        draft = db.session.scalars(select(Draft)).one()
        assert content_of(draft.assessment_id, draft.answers_sealed).fields == {LIFTING: "4", WALKING: "2"}


def test_what_needs_another_look_is_asked_about_with_the_newer_answer(
    app: Flask, client: FlaskClient, link: str
) -> None:
    sent(app.test_client(), link, {LIFTING: "4"}, told(lifting=(0, 600)), "draft")
    wrong = {LIFTING: "0", "hours_lbp.hours": "99999", "_act": "submit", "_asked": "1"}
    html = page(client.post(link, data=wrong | {"_told": told(lifting=(0, 3600))}))
    assert re.search(r'name="odi.lifting" value="4" checked', html)
