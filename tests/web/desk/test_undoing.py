"""Undo for ten minutes, where nothing left the house: the button, what it puts back, and what refuses it."""

import html
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.crypto import keyring
from app.core.time import moved_clock
from app.hooks.models import Hook
from app.messages.models import Attempt, MessageState
from app.participants.grades import LeavingGrade
from app.participants.leaving import departures_of
from app.participants.models import Participant
from app.participants.undoing import CHANGED_SINCE, LEFT_SINCE, NOT_HERS, TOO_LATE
from app.schedule.models import Assessment
from app.schedule.not_done import not_done
from app.web.desk.undoing import REASON
from tests.factories import NOW, Browser, message, user, visit
from tests.web.desk.desks import PEOPLE, Desk

LATER = timedelta(minutes=10)
Standing = tuple[object, ...]


def leave(desk: Desk, person: Participant, grade: str = "no more questionnaires", **fields: str) -> str:
    """Note that she leaves; returns where the button of the next page leads, if it has one."""
    assert desk.send(person, "leaving", grade=grade, reason="Too much", **fields).status_code == 303
    return button(desk, f"{PEOPLE}{person.code}")


def leave_undone(desk: Desk, at: Assessment) -> str:
    path = f"visits/{at.visit}/not-done"
    assert desk.send(at.participant, path, reason="too ill").status_code == 303
    return button(desk, f"{PEOPLE}{at.participant.code}/visits/{at.visit}/")


def button(desk: Desk, page: str) -> str:
    shown = html.unescape(desk.browser.get(page).text)
    addresses = re.findall(r'action="([^"]*/\d+/undo)"', shown)
    return addresses[0] if addresses else ""


def press(desk: Desk, address: str, at: datetime = NOW, browser: Browser | None = None) -> TestResponse:
    desk.session.commit()
    with moved_clock(lambda: at):
        return (browser or desk.browser).post(address)


def standing(person: Participant) -> Standing:
    return person.left_as, person.withdrawn_at, person.withdrawal_reason, person.texts_ended_at


def open_visit(desk: Desk) -> Assessment:
    return visit(desk.someone(), "d56")


@pytest.mark.parametrize("grade", [grade.value for grade in LeavingGrade])
def test_a_leaving_that_was_a_slip_leaves_no_trace_but_in_the_audit_trail(desk: Desk, grade: str) -> None:
    person = desk.someone()
    before = standing(person)
    address = leave(desk, person, grade)
    desk.session.refresh(person)
    assert person.left_as == grade
    assert press(desk, address, NOW + LATER - timedelta(seconds=1)).status_code == 303
    desk.session.refresh(person)
    (leaving,) = departures_of(person)
    desk.session.refresh(leaving)
    assert standing(person) == before == (None, None, None, None)
    assert leaving.undone_by == f"user:{desk.member.id}"
    rows = select(AuditEntry.reason).filter_by(table_name="public.departures").order_by(AuditEntry.id)
    reasons = list(desk.session.scalars(rows))
    assert (reasons[0], reasons[-1]) == ("Too much", REASON)
    assert "Undone. All is as it was before" in desk.page(f"participants/{person.code}")


def test_she_may_leave_anew_after_a_slip(desk: Desk) -> None:
    person = desk.someone()
    assert press(desk, leave(desk, person)).status_code == 303
    address = leave(desk, person, "no texts")
    assert press(desk, address).status_code == 303
    desk.session.refresh(person)
    assert standing(person) == (None, None, None, None)


def test_a_leaving_of_a_day_to_come_is_undone_by_the_button_too(desk: Desk) -> None:
    person = desk.someone()
    assert press(desk, leave(desk, person, leaves_on="2026-03-20")).status_code == 303
    (leaving,) = departures_of(person)
    desk.session.refresh(leaving)
    assert leaving.undone_at == NOW


def test_a_visit_noted_as_not_done_has_its_window_again(desk: Desk) -> None:
    at = open_visit(desk)
    before = at.closes_at, at.grace_until
    address = leave_undone(desk, at)
    desk.session.refresh(at)
    assert at.closes_at == NOW
    assert press(desk, address).status_code == 303
    desk.session.refresh(at)
    assert (at.closes_at, at.grace_until, at.not_done_at, not_done(at)) == (*before, None, None)
    assert press(desk, address).status_code == 409


def too_late(desk: Desk, address: str, at: Assessment) -> TestResponse:
    return press(desk, address, NOW + LATER)


def by_another(desk: Desk, address: str, at: Assessment) -> TestResponse:
    other = user(desk.protocol.study, Role.INVESTIGATOR)
    desk.session.commit()
    return press(desk, address, browser=Browser(desk.browser.client.application, other))


def after_a_text(desk: Desk, address: str, at: Assessment) -> TestResponse:
    text = message(at, MessageState.UNKNOWN, NOW)
    desk.session.add(Attempt(message=text, number=1, epoch=0, started_at=NOW))
    return press(desk, address)


REFUSED = {"too late": (too_late, TOO_LATE), "by another": (by_another, NOT_HERS), "a text": (after_a_text, LEFT_SINCE)}


@pytest.mark.parametrize("act", ["leaving", "not done"])
@pytest.mark.parametrize("why", REFUSED)
def test_it_is_refused_in_a_sentence_and_nothing_is_changed(desk: Desk, act: str, why: str) -> None:
    at = open_visit(desk)
    address = leave(desk, at.participant) if act == "leaving" else leave_undone(desk, at)
    desk.session.refresh(at.participant)
    before, (way, sentence) = standing(at.participant), REFUSED[why]
    refused = way(desk, address, at)
    assert (refused.status_code, sentence in html.unescape(refused.text)) == (409, True)
    desk.session.refresh(at.participant)
    assert standing(at.participant) == before
    assert (not_done(at) is not None) == (act == "not done")


def test_what_was_corrected_since_is_not_undone_on_top_of_it(desk: Desk) -> None:
    person = desk.someone()
    address = leave(desk, person)
    corrected = desk.send(person, "record", act="correct", not_withdrawn="yes", reason="It was a slip of the mouse")
    assert corrected.status_code == 303
    refused = press(desk, address)
    assert (refused.status_code, CHANGED_SINCE in html.unescape(refused.text)) == (409, True)


def test_the_second_press_is_told_that_it_is_done(desk: Desk) -> None:
    address = leave(desk, desk.someone())
    assert [press(desk, address).status_code for _ in range(2)] == [303, 409]


def test_who_had_left_before_has_no_button(desk: Desk) -> None:
    person = desk.someone()
    assert leave(desk, person, "no texts")
    assert leave(desk, person, "no more questionnaires") == ""


def test_where_another_program_hears_of_it_there_is_no_button(desk: Desk) -> None:
    person, study = desk.someone(), desk.protocol.study
    sealed = keyring().encrypt("secret", "hooks", "secret_sealed", study.id)
    events = ["participant.withdrawn"]
    desk.session.add(Hook(study=study, url="https://a.example/", events=events, secret_sealed=sealed, created_at=NOW))
    desk.session.commit()
    assert leave(desk, person) == ""


def test_an_undo_of_another_participant_is_not_there(desk: Desk) -> None:
    hers, other = desk.someone(), desk.someone()
    address = leave(desk, hers).replace(hers.code, other.code)
    assert press(desk, address).status_code == 404


def test_in_bokmal_the_button_says_angre(desk: Desk) -> None:
    desk.browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nb"
    person = desk.someone()
    assert desk.send(person, "leaving", grade="no texts", reason="Too much").status_code == 303
    shown = desk.browser.get(f"{PEOPLE}{person.code}").text
    assert ">Angre</button>" in shown
    address = re.findall(r'action="([^"]*/\d+/undo)"', shown)[0]
    refused = press(desk, address, NOW + LATER)
    assert "Det har gått mer enn ti minutter" in refused.text
