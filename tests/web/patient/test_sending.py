"""Answers on their way, help, and what the receipt says."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.instruments import check_answers
from app.participants.models import Task
from app.schedule.links import reissue, token
from app.web.answer_errors import field_errors
from app.web.language import speak
from tests.responses.visits import INFUSION
from tests.web.patient.pages import D154, form, made, page, the_visit

pytestmark = pytest.mark.usefixtures("on_day_154")


def test_answers_are_saved_as_they_are_given_and_come_back_on_another_phone(
    app: Flask, client: FlaskClient, link: str
) -> None:
    saved = client.post(link, data={"_act": "draft", "odi.lifting": "3"})
    assert saved.get_json() == {"saved": "11:00"}
    client.post(link, data={"_act": "draft", "nrs_leg.leg": "7"})
    html = page(app.test_client().get(link))
    assert re.search(r'name="odi.lifting" value="3" checked', html)
    assert re.search(r'name="nrs_leg.leg" value="7" checked', html)
    assert not re.search(r'name="odi[^"]*" value="3" checked', page(client.get(f"{link}?blank=1")))


@pytest.mark.parametrize("act", ["_act=draft", "%5Fact=draft", "_ac%74=draft", "_act=draf%74"])
def test_a_draft_of_everything_is_no_submission_however_it_is_written(
    app: Flask, client: FlaskClient, link: str, act: str
) -> None:
    body = "&".join([*(f"{name}={quote(value)}" for name, value in whole(app).items()), act])
    saved = client.post(link, data=body, content_type="application/x-www-form-urlencoded")
    assert saved.get_json() == {"saved": "11:00"}
    with app.app_context():
        assert the_visit().submitted_at is None


def whole(app: Flask) -> dict[str, str]:
    """Answers to everything, nothing in her own words: they can be taken at once."""
    return {name: value for name, value in form(app).items() if not name.endswith((".other", "_text"))}


NOON = 1_785_000_000_000
"""A phone's clock; ours shows another time."""


def drafted(client: FlaskClient, address: str, *, had: int, clock: int, **fields: str) -> dict[str, Any]:
    """What a phone is told that answers at its noon, with this of ours before it, and sends at this time of its own."""
    given = {name: [had, NOON] for name in fields}
    sent = {"_act": "draft", "_told": json.dumps([had, clock, given]), **fields}
    answer = client.post(address, data=sent)
    assert answer.status_code == 200
    reply: dict[str, Any] = answer.get_json()
    return reply


def test_two_phones_are_told_of_each_other_and_a_clock_that_was_turned_back_in_words(
    app: Flask, client: FlaskClient, link: str
) -> None:
    first = drafted(client, link, had=0, clock=NOON + 1000, **{"odi.lifting": "3"})
    assert first == {"saved": "11:00", "came": first["came"]}
    older = drafted(client, link, had=0, clock=NOON + 60_000, **{"odi.lifting": "2", "odi.walking": "1"})
    assert (older["newer"], "errors" in older) == ({"odi.lifting": "3"}, False)
    doubtful = drafted(client, link, had=0, clock=NOON - 1, **{"odi.lifting": "0"})
    (sentence,) = doubtful["errors"].values()
    assert re.fullmatch("På en annen telefon .* svarte du «.*[a-zæøå]{3}.*». Det som står her, blir sendt.", sentence)
    html = page(app.test_client().get(link))
    assert sentence in html
    assert re.search(r'name="odi.lifting" value="0" checked', html)
    assert f'data-filled="{doubtful["came"]}"' in html


@pytest.mark.parametrize("written", ["", "null", "[1]", '{"a":1}', "[" * 3000, '["x","y",{"odi.lifting":["z",{}]}]'])
def test_what_a_phone_says_in_another_way_costs_no_answer(client: FlaskClient, link: str, written: str) -> None:
    saved = client.post(link, data={"_act": "draft", "_told": written, "odi.lifting": "3"})
    assert (saved.status_code, saved.get_json()["saved"]) == (200, "11:00")
    assert re.search(r'name="odi.lifting" value="3" checked', page(client.get(link)))


def test_a_new_link_finds_the_draft_of_the_old_one(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data={"_act": "draft", "odi.lifting": "3"})
    with app.app_context(), acting("test"), transaction():
        new = f"/a/{token(the_visit(), reissue(the_visit(), D154))}"
    assert re.search(r'name="odi.lifting" value="3" checked', page(client.get(new)))
    refused = client.post(link, data={"_act": "draft", "odi.lifting": "4"}, headers={"Accept": "application/json"})
    assert refused.status_code == 410


def test_beginning_is_noted(app: Flask, client: FlaskClient, link: str) -> None:
    assert client.post(link, data={"_act": "start"}).status_code == 200
    with app.app_context():
        assert the_visit().opened_at == D154


@pytest.mark.parametrize(
    ("act", "kind", "sentence"),
    [
        ("not_able", "not-able", "Det kommer ingen påminnelse før tirsdag 4. august, 11:00."),
        ("call_me", "call-me", "ringer deg"),
    ],
)
def test_help_is_one_touch_away(app: Flask, client: FlaskClient, link: str, act: str, kind: str, sentence: str) -> None:
    answer = client.post(link, data={"_act": act})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}/noted/{kind}")
    assert sentence in page(client.get(answer.headers["Location"]))
    assert client.get(f"{link}/noted/{kind}-or-not").headers["Location"] == link
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).one().value.replace(" ", "_").startswith(act)


@pytest.mark.parametrize(
    ("changes", "moment", "sentence", "untold"),
    [
        ({}, "now", "Du kan svare til mandag 17. august, ", ()),
        ({}, "closes_at", "Du kan svare til mandag 24. august, ", ()),
        ({"late: keep": "late: refuse"}, "closes_at", "Vi har notert det.", ("Du kan svare til", "påminnelse")),
        ({"pause_days: 1": "pause_days: 0"}, "now", "Du kan svare til mandag 17. august, ", ("påminnelse",)),
    ],
)
def test_what_is_noted_says_until_when_she_can_answer(
    app: Flask, client: FlaskClient, changes: dict[str, str], moment: str, sentence: str, untold: tuple[str, ...]
) -> None:
    link = made(app, "d154", changes=changes)
    client.post(link, data={"_act": "not_able"})
    with app.app_context():
        at = D154 if moment == "now" else the_visit().closes_at
    with moved_clock(lambda: at):
        html = page(client.get(f"{link}/noted/not-able"))
    assert sentence in html
    assert [text for text in untold if text in html] == []


def test_a_visit_that_closes_at_an_hour_says_the_hour(app: Flask, client: FlaskClient) -> None:
    with moved_clock(lambda: INFUSION - timedelta(days=2)):
        link = made(app, "d0", given=False)
        answer = client.post(link, data={"_act": "not_able"})
        assert "Du kan svare til mandag 2. mars, 10:00, " in page(client.get(answer.headers["Location"]))


def test_nothing_is_said_to_be_noted_before_it_is(client: FlaskClient, link: str) -> None:
    answer = client.get(f"{link}/noted/not-able")
    assert (answer.status_code, answer.headers["Location"]) == (302, link)


@pytest.mark.parametrize("act", ["not_able", "call_me"])
def test_what_stood_in_the_form_without_script_is_kept_when_she_stops(
    app: Flask, client: FlaskClient, link: str, act: str
) -> None:
    assert 'form="visit" name="_act" value="not_able"' in page(client.get(link))
    client.post(link, data={"_act": "draft", "sick_leave.days": "12"})  # from another phone
    assert client.post(link, data={"_act": act, "odi.lifting": "3", "sick_leave.days": ""}).status_code == 303
    assert client.post(link, data={"_act": act, "strange.field": "3"}).status_code == 303
    html = page(client.get(link))
    assert re.search(r'name="odi.lifting" value="3" checked', html)
    assert 'value="12"' in html
    with app.app_context():
        assert db.session.scalars(select(Task)).one().visit == "d154"


def test_who_has_answered_is_not_noted_as_not_able(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(app))
    answer = client.post(link, data={"_act": "not_able"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link}/received")
    with app.app_context():
        assert the_visit().paused_until is None
    closed = D154 + timedelta(days=60)
    with moved_clock(lambda: closed):
        assert client.post(link, data={"_act": "call_me", "odi.lifting": "3"}).status_code == 303


def test_the_receipt_says_when_the_next_one_comes(app: Flask, client: FlaskClient, link: str) -> None:
    client.post(link, data=form(app))
    assert "De neste spørsmålene kommer lørdag 21. november." in page(client.get(f"{link}/received"))
    with moved_clock(lambda: D154 + timedelta(days=300)):
        assert "ikke planlagt flere" in page(client.get(f"{link}/received"))


def test_a_safety_answer_shows_help_on_the_receipt(app: Flask, client: FlaskClient) -> None:
    with moved_clock(lambda: INFUSION - timedelta(days=2)):
        link = made(app, "d0", given=False)
        assert page(client.get(link)).count("116 123") == 1
        answer = client.post(link, data={"hscl25.ending_life": "3", "_asked": "1"})
        assert answer.headers["Location"].endswith("/received?help=1")
        receipt = page(client.get(answer.headers["Location"]))
        assert "116 123" in receipt
        assert 'href="?lang=en&amp;help=1"' in receipt
        assert "116 123" not in page(client.get(f"{link}/received"))


def test_whoever_holds_the_present_link_is_told_the_earlier_ones_which_stay_dead(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with app.app_context(), acting("test"), transaction():
        new = f"/a/{token(the_visit(), reissue(the_visit(), D154))}"
    content = client.post(new, data={"_act": "links"}).get_json()
    assert content == {"links": [new.removeprefix("/a/"), link.removeprefix("/a/")]}
    assert client.post(link, data={"_act": "links"}).status_code == 410
    assert client.get(link).status_code == 410


DATES = [
    # language, the date, what is said of it on 3 August 2026
    ("nb", "0020-08-03", "Velg en dato som ikke er før fredag 3. august 1906."),
    ("nb", "9999-08-03", "Velg en dato som ikke er etter mandag 3. august 2026."),
    ("nn", "0020-08-03", "Vel ein dato som ikkje er før fredag 3. august 1906."),
    ("nn", "2026-08-04", "Vel ein dato som ikkje er etter måndag 3. august 2026."),
    ("en", "0020-08-03", "Choose a date that is not before Friday 3 August 1906."),
    ("en", "2026-08-04", "Choose a date that is not after Monday 3 August 2026."),
    ("en", "2026-02-30", "Choose a date."),
]


@pytest.mark.parametrize(("language", "written", "sentence"), DATES)
def test_each_language_says_what_a_date_may_be(app: Flask, language: str, written: str, sentence: str) -> None:
    problems = check_answers("sick_leave", {"since": written}, D154.date()).problems
    with app.test_request_context():
        speak(language)
        errors = field_errors([("sick_leave", problem) for problem in problems], language)
    assert errors == {"sick_leave.since": sentence}


@pytest.mark.parametrize(("language", "written", "sentence"), [each for each in DATES if each[0] != "nn"])
def test_a_date_that_cannot_be_is_told_in_the_draft_and_by_sending(
    app: Flask, client: FlaskClient, link: str, language: str, written: str, sentence: str
) -> None:
    address = f"{link}?lang={language}"
    saved = client.post(address, data={"_act": "draft", "sick_leave.since": written, "odi.lifting": "3"})
    assert saved.get_json() == {"saved": "11:00", "errors": {"sick_leave.since": sentence}}
    answer = client.post(address, data=form(app) | {"sick_leave.since": written})
    assert answer.status_code == 400
    assert f'<p class="error" id="sick_leave.since-e">{sentence}</p>' in page(answer)
    assert f'name="sick_leave.since" value="{written}"' in page(answer)
    assert client.post(address, data=form(app) | {"sick_leave.since": "2026-08-03"}).status_code == 303


@pytest.mark.parametrize(
    ("zone", "at", "first", "last"),
    [
        ("Europe/Oslo", D154, "1906-08-03", "2026-08-03"),
        ("Europe/Oslo", D154 + timedelta(hours=14), "1906-08-04", "2026-08-04"),
        ("Pacific/Auckland", D154 + timedelta(hours=4), "1906-08-04", "2026-08-04"),
        ("America/Vancouver", D154 - timedelta(hours=3), "1906-08-02", "2026-08-02"),
    ],
)
def test_the_page_says_which_dates_can_be_where_she_lives(
    app: Flask, client: FlaskClient, zone: str, at: datetime, first: str, last: str
) -> None:
    link = made(app, "d154")
    with app.app_context(), acting("test"), transaction():
        the_visit().participant.zone = zone
    with moved_clock(lambda: at):
        assert f'min="{first}" max="{last}" data-on="{last}"' in page(client.get(link))


def test_a_page_that_is_kept_ready_is_made_anew_the_next_day(client: FlaskClient, link: str) -> None:
    assert 'max="2026-08-03"' in page(client.get(link))
    with moved_clock(lambda: D154 + timedelta(days=1)):
        assert 'max="2026-08-04"' in page(client.get(link))
