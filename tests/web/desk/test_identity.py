"""What is asked before the questions, at the desk: set at enrolment, changed, opened again after wrong tries."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.participants.models import Participant
from app.participants.pin import is_pin
from app.studies.installing import install
from app.studies.models import Protocol, StudyState
from tests.factories import BACKTOBASIC, NOW, Browser, backtobasic, participant, user
from tests.reading import without_tokens
from tests.web.desk.desks import PEOPLE, Desk


def at_the_desk(app: Flask, session: Session, protocol: Protocol) -> Desk:
    coordinator = user(protocol.study, Role.COORDINATOR, "01")
    session.commit()
    return Desk(protocol, Browser(app, coordinator), session, coordinator)


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Desk]:
    with moved_clock(lambda: NOW):
        yield at_the_desk(app, session, backtobasic())


def test_the_pin_typed_at_enrolment_is_kept_hashed_and_not_shown_again(desk: Desk) -> None:
    assert 'name="pin" type="password"' in desk.browser.get(f"{PEOPLE}new").text
    assert 'name="birth_year"' not in desk.browser.get(f"{PEOPLE}new").text
    answer = desk.enrol(pin="4711")
    assert is_pin(desk.session.scalars(select(Participant)).one().contact, "4711")
    shown = without_tokens(desk.browser.get(answer.location).text)
    assert "A PIN is asked." in shown
    assert "4711" not in shown
    assert 'value="4711"' in desk.enrol(pin="4711", phone="hello").text, "what was refused is not typed twice"


def test_what_is_asked_before_the_questions_is_set_changed_and_opened_again(desk: Desk) -> None:
    person = participant(desk.protocol)
    assert desk.send(person, "identity/").status_code == 400
    assert desk.send(person, "identity/", pin="471").status_code == 400
    assert desk.send(person, "identity/", birth_year="1979").status_code == 400
    assert desk.send(person, "identity/", pin="4711").status_code == 303
    assert is_pin(person.contact, "4711")
    person.contact.check_failures, person.contact.check_locked_at = 5, NOW
    assert desk.send(person, "identity/").status_code == 303
    assert person.contact.check_failures == 0
    assert not person.contact.check_locked_at
    assert desk.send(person, "identity/", no_pin="yes").status_code == 303
    assert person.contact.pin_hash is None


def test_the_year_of_birth_is_taken_where_the_protocol_asks_for_it(app: Flask, session: Session) -> None:
    asking = BACKTOBASIC.read_text("utf-8").replace("birth_year: not_asked", "birth_year: asked")
    with moved_clock(lambda: NOW):
        desk = at_the_desk(app, session, install(asking, NOW, state=StudyState.DEMO))
        assert 'name="birth_year"' in desk.browser.get(f"{PEOPLE}new").text
        assert "four digits, such as 1979" in desk.enrol(birth_year="79").text
        answer = desk.enrol(birth_year="1979", phone="406 12 399")
        assert answer.status_code == 303
        shown = without_tokens(desk.browser.get(answer.location).text)
    assert "The year of birth is asked." in shown
    assert "1979" not in shown.replace("such as 1979", "")
