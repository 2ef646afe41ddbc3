"""The desk of a study of format 2 speaks of that study's own events and visits, and of no other trial's."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.messages.outlook.noting import note_event
from app.participants.models import Event, EventState, Participant
from tests.factories import NOW, Browser, installed, participant, user
from tests.studies.protocol.second import FLARES, SECOND, second

KNEE = "/desk/knee/"


@pytest.fixture
def browser(app: Flask, session: Session) -> Iterator[Browser]:
    protocol = installed(SECOND)
    member = user(protocol.study, Role.INVESTIGATOR)
    session.commit()
    with moved_clock(lambda: NOW):
        yield Browser(app, member)


@pytest.fixture
def person(session: Session, browser: Browser) -> Participant:
    return participant(installed(SECOND))


def shown(browser: Browser, session: Session, path: str) -> str:
    session.commit()
    answer = browser.get(KNEE + path)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("path", ["compliance/", "participants/", "participants/new", "participants/01-001", "study/"])
def test_no_page_speaks_of_an_infusion(browser: Browser, session: Session, person: Participant, path: str) -> None:
    assert "infusion" not in shown(browser, session, path).lower()


def test_a_participants_page_names_the_studys_own_events_and_visits(
    browser: Browser, session: Session, person: Participant
) -> None:
    note_event(person, "surgery", EventState.PLANNED, NOW.date(), None, NOW)
    page = shown(browser, session, f"participants/{person.code}")
    assert "<dt>Surgery</dt>" in page
    assert ">Quarter 1</a></th>" in page
    assert '<option value="flare"' in page
    assert '<option value="enrolment"' not in page
    assert "Note the day of randomisation" not in page


def test_an_event_of_which_only_the_day_is_known_needs_no_hour(
    browser: Browser, session: Session, person: Participant
) -> None:
    session.commit()
    form = {"kind": "surgery", "act": "happened", "on": "2026-03-02", "time": ""}
    assert browser.post(f"{KNEE}participants/{person.code}/events/", **form).status_code == 303
    session.expire_all()
    events = session.query(Event).filter_by(participant_id=person.id, kind="surgery").order_by(Event.id).all()
    assert [(event.state, event.at.hour) for event in events if event.at] == [(EventState.HAPPENED, 7)]
    refused = browser.post(f"{KNEE}participants/{person.code}/events/", **{**form, "kind": "flare"})
    assert refused.status_code == 400


def test_enrolment_tells_what_to_plan_next(browser: Browser) -> None:
    form = {"site": "01", "phone": "406 12 345", "consent": "1.0", "enrolled_on": "2026-03-02", "language": "en"}
    answer = browser.post(f"{KNEE}participants/new", **form)
    assert "is enrolled. Next: plan this event: Surgery." in browser.get(answer.location).text


def test_a_cohort_has_nothing_to_plan(app: Flask, session: Session) -> None:
    protocol = installed(second(("anchor: surgery\n", ""), ("opens: -7d, due: -1d, closes: surgery", "closes: 1d")))
    member = user(protocol.study, Role.INVESTIGATOR)
    session.commit()
    form = {"site": "01", "phone": "406 12 345", "consent": "1.0", "enrolled_on": "2026-03-02", "language": "en"}
    with moved_clock(lambda: NOW):
        browser = Browser(app, member)
        answer = browser.post(f"{KNEE}participants/new", **form)
        assert "Next" not in browser.get(answer.location).text.partition("is enrolled.")[2][:20]


def test_a_visit_that_no_plan_opens_is_opened_on_the_participants_page(app: Flask, session: Session) -> None:
    extra = "  - {code: extra, opened_by: staff, title: {en: Extra}, window: short, minutes: 5, instruments: [odi]}\n"
    protocol = installed(second((FLARES, FLARES + extra)))
    member, person = user(protocol.study, Role.COORDINATOR, "01"), participant(protocol)
    session.commit()
    address = f"{KNEE}participants/{person.code}"
    with moved_clock(lambda: NOW):
        browser = Browser(app, member)
        assert "Open a visit now" in browser.get(address).text
        answer = browser.post(f"{address}/visits/", visit="extra")
        assert answer.status_code == 303
        assert "Extra (1) is open for 01-001." in browser.get(answer.location).text
        again = browser.post(f"{address}/visits/", visit="extra")
        assert (again.status_code, "is open already" in again.text) == (409, True)
        assert browser.post(f"{address}/visits/", visit="quarter-1").status_code == 400
