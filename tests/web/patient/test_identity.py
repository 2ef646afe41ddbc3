"""The PIN and the year of birth: what stands behind them, five tries, nothing lost."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import BadInput
from app.participants.enrolment import Person, enrol
from app.participants.identity import forget_tries, note_birth_year
from app.participants.models import Contact, Task, TaskKind
from app.participants.pin import is_pin, set_pin
from app.responses.models import Response
from tests.reading import without_tokens
from tests.responses.visits import participant
from tests.web.patient.pages import D154, counted, form, made, page

pytestmark = pytest.mark.usefixtures("on_day_154")


def with_pin(app: Flask, pin: str) -> None:
    with app.app_context(), acting("test"), transaction():
        set_pin(db.session.scalars(select(Contact)).one(), pin)


def test_behind_a_pin_nothing_is_seen_or_sent_without_it(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    closed = page(client.get(link))
    assert "odi." not in closed
    assert "PIN-koden" in closed
    page_again = page(client.post(link, data=form(app)))
    assert "PIN-koden" in page_again
    program = client.post(link, data={"_act": "draft", "odi.lifting": "3"}, headers={"Accept": "application/json"})
    assert program.status_code == 403
    assert counted(app, Response) == 0


def test_the_pin_opens_the_page_whose_answers_carry_a_signed_value(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    assert "ikke PIN-koden din" in page(client.post(link, data={"_act": "open", "_pin": "0000"}))
    opened = page(client.post(link, data={"_act": "open", "_pin": "4711"}))
    match = re.search(r'name="_key" value="([^"]+)"', opened)
    assert match is not None
    fields = form(app, _key=match[1])
    assert "PIN-koden" in page(client.post(link, data=fields | {"_key": match[1][:-2]}))
    assert client.post(link, data=fields).status_code == 303


def opened_with(client: FlaskClient, link: str, **facts: str) -> str:
    """The signed value of a page that was opened with what she knows."""
    match = re.search(r'name="_key" value="([^"]+)"', page(client.post(link, data={"_act": "open", **facts})))
    assert match is not None
    return match[1]


def of_her_contact(app: Flask, act: Callable[[Contact], None]) -> None:
    with app.app_context(), acting("test"), transaction():
        act(db.session.scalars(select(Contact)).one())


def new_year(contact: Contact) -> None:
    note_birth_year(contact, "1980", contact.participant.protocol.plan, D154.date())


@pytest.mark.parametrize(
    "act",
    [
        lambda contact: set_pin(contact, "1174"),
        lambda contact: set_pin(contact, "4711"),  # the same one, set anew: whoever knew it before is out
    ],
)
def test_a_new_pin_closes_the_page_that_the_old_one_opened(
    app: Flask, client: FlaskClient, link: str, act: Callable[[Contact], None]
) -> None:
    with_pin(app, "4711")
    fields = form(app, _key=opened_with(client, link, _pin="4711"))
    of_her_contact(app, act)
    assert "PIN-koden" in page(client.post(link, data=fields))
    assert counted(app, Response) == 0


def test_a_lock_closes_what_was_open_and_unlocking_does_not_open_it_again(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with_pin(app, "4711")
    fields = form(app, _key=opened_with(client, link, _pin="4711"))
    for _ in range(5):
        client.post(link, data={"_act": "open", "_pin": "0000"})
    assert client.post(link, data=fields).status_code == 200
    of_her_contact(app, forget_tries)
    assert client.post(link, data=fields).status_code == 200
    assert counted(app, Response) == 0
    assert client.post(link, data=form(app, _key=opened_with(client, link, _pin="4711"))).status_code == 303


def test_wrong_tries_short_of_a_lock_close_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    fields = form(app, _key=opened_with(client, link, _pin="4711"))
    for _ in range(4):
        client.post(link, data={"_act": "open", "_pin": "0000"})
    assert client.post(link, data=fields).status_code == 303


def test_five_wrong_pins_lock_it_and_tell_the_coordinator(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    for _ in range(5):
        html = page(client.post(link, data={"_act": "open", "_pin": "0000"}))
    assert "sperret" in html
    assert "sperret" in page(client.post(link, data={"_act": "open", "_pin": "4711"}))
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).all() == [TaskKind.PIN_LOCKED]


def test_what_was_being_sent_when_the_pin_was_asked_again_is_not_lost(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with_pin(app, "4711")
    html = page(client.post(link, data={"odi.lifting": "3", "_mode": "helped"}))
    assert '<input type="hidden" name="odi.lifting" value="3">' in html
    assert '<input type="hidden" name="_mode" value="helped">' in html
    opened = page(client.post(link, data={"_act": "open", "_pin": "4711", "odi.lifting": "3", "_mode": "helped"}))
    assert 'value="helped" checked' in opened
    assert re.search(r'name="odi.lifting" value="3" checked', opened)


def test_the_pin_chosen_at_enrolment_opens_the_page(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), acting("test"), transaction():
        first = participant()
        someone = enrol(first.site, first.protocol, Person("+4790012345", pin="4711"), "v1", D154.date(), D154)
        assert is_pin(someone.contact, "4711")
        with pytest.raises(BadInput):
            enrol(first.site, first.protocol, Person("+4790012346", pin="47"), "v1", D154.date(), D154)


ASKED = {"birth_year: not_asked": "birth_year: asked"}


@pytest.fixture
def checked(app: Flask) -> str:
    """The link of somebody who was born in 1979, in a study that asks for the year."""
    link = made(app, "d154", changes=ASKED)
    with app.app_context(), acting("test"), transaction():
        contact = db.session.scalars(select(Contact)).one()
        note_birth_year(contact, "1979", contact.participant.protocol.plan, D154.date())
    return link


def test_a_new_year_of_birth_closes_the_page_that_the_old_one_opened(
    app: Flask, client: FlaskClient, checked: str
) -> None:
    fields = form(app, _key=opened_with(client, checked, _birth_year="1979"))
    of_her_contact(app, new_year)
    assert client.post(checked, data=fields).status_code == 200
    assert counted(app, Response) == 0


def test_the_year_is_asked_as_what_it_is_and_opens_the_page(app: Flask, client: FlaskClient, checked: str) -> None:
    closed = page(client.get(checked))
    assert 'type="text" inputmode="numeric" name="_birth_year"' in closed
    assert "Det er ikke et passord." in closed
    assert 'type="password"' not in closed
    assert "odi." not in closed
    opened = page(client.post(checked, data={"_act": "open", "_birth_year": "1979"}))
    match = re.search(r'name="_key" value="([^"]+)"', opened)
    assert match is not None
    assert "Set-Cookie" not in client.get(checked).headers
    assert client.post(checked, data=form(app, _key=match[1])).status_code == 303


@pytest.mark.parametrize(
    ("language", "title", "wrong"),
    [
        ("nb", "Før du begynner", "Det er ikke det året vi har notert"),
        ("en", "Before you begin", "That is not the year that we have noted"),
    ],
)
def test_a_wrong_year_is_told_in_both_languages_and_keeps_what_was_sent(
    client: FlaskClient, checked: str, language: str, title: str, wrong: str
) -> None:
    address = f"{checked}?lang={language}"
    assert f"<h1>{title}</h1>" in page(client.get(address))
    html = page(client.post(address, data={"_act": "open", "_birth_year": "1980", "odi.lifting": "3"}))
    assert wrong in html
    assert '<input type="hidden" name="odi.lifting" value="3">' in html
    assert "1980" not in without_tokens(html)


def test_five_wrong_years_close_the_page_and_tell_the_coordinator_once(
    app: Flask, client: FlaskClient, checked: str
) -> None:
    for _ in range(7):
        html = page(client.post(checked, data={"_act": "open", "_birth_year": "1980"}))
    assert "stengt inntil videre" in html
    assert "stengt inntil videre" in page(client.post(checked, data={"_act": "open", "_birth_year": "1979"}))
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).all() == [TaskKind.WRONG_PERSON]


@pytest.mark.parametrize("act", ["submit", "draft", "start", "not_able", "call_me"])
def test_nothing_is_taken_before_the_year_is_told(app: Flask, client: FlaskClient, checked: str, act: str) -> None:
    answer = client.post(checked, data={"_act": act, "nrs_leg.leg": "3"}, headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert counted(app, Response) == counted(app, Task) == 0


def test_a_year_that_is_not_on_record_is_not_asked(app: Flask, client: FlaskClient) -> None:
    link = made(app, "d154", changes=ASKED)
    assert "odi" in page(client.get(link))
    assert client.post(link, data=form(app)).status_code == 303


def test_pin_and_year_are_asked_together(app: Flask, client: FlaskClient, checked: str) -> None:
    with_pin(app, "4711")
    closed = page(client.get(checked))
    assert closed.count("autofocus") == 1
    assert 'name="_pin"' in closed
    assert 'name="_birth_year"' in closed
    half = page(client.post(checked, data={"_act": "open", "_pin": "4711"}))
    assert "Noe av dette stemte ikke" in half
    opened = page(client.post(checked, data={"_act": "open", "_pin": "4711", "_birth_year": "1979"}))
    assert 'name="_key"' in opened


@pytest.mark.parametrize(
    ("year", "status"),
    [
        ("1979\n", 400),
        ("19791979197919", 400),
        ("\x00", 400),
        ("1979' OR '1'='1", 400),
        ("１９７８", 200),  # four digits of another keyboard, not those of the year on record: the question again
    ],
)
def test_a_year_that_no_form_of_ours_sends_opens_nothing(
    client: FlaskClient, checked: str, year: str, status: int
) -> None:
    answer = client.post(checked, data={"_act": "open", "_birth_year": year})
    assert answer.status_code == status
    assert 'name="_key"' not in page(answer)
