"""The optional PIN: what stands behind it, five tries, nothing lost."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import BadInput
from app.participants.enrolment import Person, enrol
from app.participants.models import Contact, Task, TaskKind
from app.participants.pin import check_pin, set_pin
from app.responses.models import Response
from tests.responses.visits import participant
from tests.web.patient_pages import D154, counted, form, page

pytestmark = pytest.mark.usefixtures("on_day_154")


def with_pin(app: Flask, pin: str) -> None:
    with app.app_context(), acting("test"), transaction():
        set_pin(db.session.scalars(select(Contact)).one(), pin)


def test_behind_a_pin_nothing_is_seen_or_sent_without_it(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    closed = page(client.get(link))
    assert "odi" not in closed
    assert "PIN-koden" in closed
    page_again = page(client.post(link, data=form(app)))
    assert "PIN-koden" in page_again
    program = client.post(link, data={"_act": "draft", "odi.lifting": "3"}, headers={"Accept": "application/json"})
    assert program.status_code == 403
    assert counted(app, Response) == 0


def test_the_pin_opens_the_page_whose_answers_carry_a_signed_value(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    assert "ikke PIN-koden din" in page(client.post(link, data={"_act": "pin", "_pin": "0000"}))
    opened = page(client.post(link, data={"_act": "pin", "_pin": "4711"}))
    found = re.search(r'name="_key" value="([^"]+)"', opened)
    assert found is not None
    fields = form(app, _key=found[1])
    assert "PIN-koden" in page(client.post(link, data=fields | {"_key": found[1][:-2]}))
    assert client.post(link, data=fields).status_code == 303


def test_five_wrong_pins_lock_it_and_tell_the_coordinator(app: Flask, client: FlaskClient, link: str) -> None:
    with_pin(app, "4711")
    for _ in range(5):
        html = page(client.post(link, data={"_act": "pin", "_pin": "0000"}))
    assert "sperret" in html
    assert "sperret" in page(client.post(link, data={"_act": "pin", "_pin": "4711"}))
    with app.app_context():
        assert db.session.scalars(select(Task.kind)).all() == [TaskKind.PIN_LOCKED]


def test_what_was_being_sent_when_the_pin_was_asked_again_is_not_lost(
    app: Flask, client: FlaskClient, link: str
) -> None:
    with_pin(app, "4711")
    html = page(client.post(link, data={"odi.lifting": "3"}))
    assert '<input type="hidden" name="odi.lifting" value="3">' in html
    opened = page(client.post(link, data={"_act": "pin", "_pin": "4711", "odi.lifting": "3"}))
    assert re.search(r'name="odi.lifting" value="3" checked', opened)


def test_the_pin_chosen_at_enrolment_opens_the_page(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), acting("test"), transaction():
        first = participant()
        someone = enrol(first.site, first.protocol, Person("+4790012345", pin="4711"), "v1", D154.date(), D154)
        assert check_pin(someone.contact, "4711", D154)
        with pytest.raises(BadInput):
            enrol(first.site, first.protocol, Person("+4790012346", pin="47"), "v1", D154.date(), D154)
