"""A fault in one field of a form is named, and costs no other answer: in drafts, in what is sent, pasted, too long."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.database import db
from app.core.time import moved_clock
from app.participants.models import Task
from app.responses.models import Answer, Response
from tests.responses.visits import INFUSION
from tests.web.patient.pages import FORM, PROGRAM, made

FAULTY = [
    # what comes beside a good answer, the field that is named, its fault
    (b"medication.other_text=%ff%fe", "medication.other_text", "bad_characters"),
    (b"medication.other_text=\xff\xfe", "medication.other_text", "bad_characters"),
    (b"medication.other_text", "medication.other_text", "bad_characters"),
    (b"medication.other_text=" + b"x" * 10_001, "medication.other_text", "too_long"),
    (b"odi.walking=1&odi.walking=2", "odi.walking", "given_twice"),
    (b"odi.shoes=1", "odi.shoes", "unknown_item"),
    (b"rand36.health=1", "rand36.health", "unknown_item"),
    (b"%ff=1", "\\xff", "unknown_item"),
    (b"x", "x", "bad_characters"),
]
"""The faults of one field of a form."""
SAID = {
    "bad_characters": "Dette kunne vi ikke lese. Svar på det en gang til.",
    "too_long": "Skriv høyst 10000 tegn.",
    "given_twice": "Dette kunne vi ikke lese. Svar på det en gang til.",
    "unknown_item": "Dette kunne vi ikke lese. Svar på det en gang til.",
}


@pytest.mark.parametrize(("beside", "field", "fault"), FAULTY)
def test_a_fault_in_one_field_of_a_draft_is_named_and_costs_no_other(
    client: FlaskClient, link: str, beside: bytes, field: str, fault: str
) -> None:
    body = b"_act=draft&odi.lifting=3&" + beside + b"&nrs_leg.leg=7"
    answer = client.post(link, data=body, content_type=FORM, headers=PROGRAM)
    assert (answer.status_code, answer.get_json()) == (200, {"saved": "11:00", "errors": {field: SAID[fault]}})
    assert_kept(client, link)


@pytest.mark.parametrize(("beside", "field", "fault"), FAULTY)
@pytest.mark.parametrize("headers", [{}, PROGRAM], ids=["page", "program"])
def test_a_fault_in_one_field_of_a_submission_is_named_and_the_rest_kept(
    app: Flask, client: FlaskClient, link: str, beside: bytes, field: str, fault: str, headers: dict[str, str]
) -> None:
    body = b"odi.lifting=3&" + beside + b"&nrs_leg.leg=7&_asked=1"
    answer = client.post(link, data=body, content_type=FORM, headers=headers)
    assert answer.status_code == 400
    if headers:
        assert list(answer.get_json()["errors"]) == [field]
    elif fault != "unknown_item" and "." in field:
        assert f'id="{field}-e">{SAID[fault]}' in answer.get_data(as_text=True)
    with app.app_context():
        assert db.session.scalar(select(func.count(Response.id))) == 0
    assert_kept(client, link)
    assert client.post(link, data={"odi.lifting": "3", "_asked": "1"}).status_code == 303


def assert_kept(client: FlaskClient, link: str) -> None:
    html = client.get(link).get_data(as_text=True)
    assert 'name="odi.lifting" value="3" checked' in html
    assert 'name="nrs_leg.leg" value="7" checked' in html


def test_a_text_too_long_to_be_kept_stands_on_the_page_that_asks_about_it(client: FlaskClient, link: str) -> None:
    body = b"_asked=1&medication.other_text=" + b"x" * 10_001
    assert "x" * 10_001 in client.post(link, data=body, content_type=FORM).get_data(as_text=True)


@pytest.mark.parametrize("act", ["draft", "submit", "not_able"])
def test_a_text_pasted_from_word_is_kept_as_lines(app: Flask, client: FlaskClient, link: str, act: str) -> None:
    text = "medication.other=1&medication.other_text=to%0Blinjer%0C%C2%85fra%E2%80%A8Word%00%1B"
    answer = client.post(link, data=f"_act={act}&_asked=1&{text}", content_type=FORM)
    assert answer.status_code == {"draft": 200, "submit": 303, "not_able": 303}[act]
    if act != "submit":
        assert ">to\nlinjer\n\nfra\nWord</textarea>" in client.get(link).get_data(as_text=True)
        assert client.post(link, data=f"_asked=1&{text}", content_type=FORM).status_code == 303
    with app.app_context():
        kept = select(Answer.value).filter_by(instrument="medication", item="other_text")
        assert db.session.scalar(kept) == "to\nlinjer\n\nfra\nWord"


def test_a_safety_answer_beside_a_fault_reaches_a_person(app: Flask, client: FlaskClient) -> None:
    with moved_clock(lambda: INFUSION - timedelta(days=2)):
        link = made(app, "d0", given=False)
        refused = client.post(link, data=b"hscl25.ending_life=3&odi.shoes=1", content_type=FORM)
    assert refused.status_code == 400
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).all() == ["safety"]


def test_a_draft_takes_no_novel_and_a_long_answer_is_named(app: Flask, client: FlaskClient, link: str) -> None:
    draft = {"_act": "draft", "medication.other_text": "x" * 10_001}
    errors = client.post(link, data=draft, headers=PROGRAM).get_json()["errors"]
    assert errors == {"medication.other_text": "Skriv høyst 10000 tegn."}
    assert "x" * 20 not in client.get(link).get_data(as_text=True)
    long = {"medication.other": "1", "medication.other_text": "x" * 9_999}
    answer = client.post(link, data=long)
    assert answer.status_code == 400
    assert "tegn" in answer.get_data(as_text=True)
