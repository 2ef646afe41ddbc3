"""Locking a study on the desk: two people of two roles, each by password and code; after it everything refuses."""

import html
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import StaffSession, User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.participants.models import Participant, Task
from app.responses.answering import submit
from app.responses.corrections import Query, ask
from app.responses.models import Response
from app.schedule.models import Assessment
from app.studies.models import Study, StudyState
from app.web.desk.as_shown import SEEN
from tests.factories import Browser, user, visitor
from tests.responses.visits import INFUSION, answers_to, participant, visit

NOW = INFUSION + timedelta(days=160)
STUDY = "/desk/backtobasic/"


class Locking(NamedTuple):
    """A study that is closed, and those who lock it."""

    person: Participant
    manager: Browser
    investigator: Browser
    coordinator: Browser
    who: User
    session: Session

    def state(self) -> StudyState:
        self.session.expire_all()
        return self.session.scalars(select(Study.state)).one()

    def lock(self) -> None:
        for browser in (self.manager, self.investigator):
            assert browser.post(f"{STUDY}study/lock").status_code == 303
        assert self.state() is StudyState.LOCKED


@pytest.fixture
def locking(app: Flask, session: Session) -> Iterator[Locking]:
    d154 = visit(participant(), "d154")
    submit(d154, answers_to(d154), INFUSION + timedelta(days=154), language="nb")
    session.execute(update(Task).values(done_at=NOW, done_by="user:1", outcome="Read"))
    study = d154.participant.study
    study.state = StudyState.CLOSED
    people = [user(study, Role.DATA_MANAGER), user(study, Role.INVESTIGATOR), user(study, Role.COORDINATOR)]
    session.commit()
    with moved_clock(lambda: NOW):
        manager, investigator, coordinator = (Browser(app, someone) for someone in people)
        yield Locking(d154.participant, manager, investigator, coordinator, people[0], session)


def test_the_signatures_stand_with_name_time_zone_and_meaning(locking: Locking) -> None:
    page = locking.manager.get(f"{STUDY}study/lock").text
    assert "The data of this study are complete and clean, and I lock them." in page
    locking.lock()
    page = locking.manager.get(f"{STUDY}study/lock").text
    for said in ("Kari Nordmann", "data manager", "investigator", "Europe/Oslo", "UTC", "I have reviewed the data"):
        assert said in page
    assert "Sign the lock" not in page.split("<main")[1]


def test_who_has_signed_is_told_that_the_other_role_signs_now(locking: Locking) -> None:
    assert "Sign the lock</button>" in locking.manager.get(f"{STUDY}study/lock").text
    locking.manager.post(f"{STUDY}study/lock")
    page = locking.manager.get(f"{STUDY}study/lock").text
    assert ("Sign the lock</button>" in page, "You have signed this already." in page) == (False, True)
    assert "Sign the lock</button>" in locking.investigator.get(f"{STUDY}study/lock").text
    locking.session.execute(update(Assessment).where(Assessment.submitted_at.is_not(None)).values(voided_at=NOW))
    locking.session.commit()
    anew = locking.manager.get(f"{STUDY}study/lock").text
    assert "Sign the lock</button>" in anew, "the data have changed since"


def test_a_study_that_is_locked_takes_nothing_from_anybody(locking: Locking, app: Flask) -> None:
    locking.lock()
    hers = f"{STUDY}participants/{locking.person.code}/"
    for path, form in (
        ("events/", {"kind": "first_infusion"}),
        ("record", {"act": "correct", "language": "en", "reason": "long enough"}),
        ("visits/d278/entry/", {"mode": "paper"}),
        ("visits/d278/not-done", {"reason": "too ill"}),
        ("phone", {"phone": "40612345"}),
        ("consents", {"document": "2.0", "given_on": "2026-08-01"}),
        ("texts/", {"act": "stop", "reason": "said so"}),
    ):
        refused = locking.coordinator.post(hers + path, **form)
        assert (refused.status_code, "is locked: its data are final" in refused.text) == (409, True), path
    refused = locking.investigator.post(f"{hers}sign-off")
    assert refused.status_code == 409
    assert visitor(app).get(STUDY).status_code == 302


def test_a_lock_is_opened_with_a_reason(locking: Locking) -> None:
    locking.lock()
    refused = locking.manager.post(f"{STUDY}study/unlock", reason="")
    assert (refused.status_code, "Say why" in refused.text) == (400, True)
    assert locking.investigator.post(f"{STUDY}study/unlock", reason="A paper was found.").status_code == 303
    assert locking.state() is StudyState.CLOSED
    assert "A paper was found." in locking.manager.get(f"{STUDY}study/lock").text


def test_what_is_unfinished_is_listed(locking: Locking) -> None:
    locking.session.execute(update(Task).values(done_at=None, done_by=None))
    locking.session.commit()
    page = locking.manager.get(f"{STUDY}study/lock").text
    assert "It cannot be locked yet" in page
    refused = locking.manager.post(f"{STUDY}study/lock")
    assert (refused.status_code, "somebody works them off on Today" in refused.text) == (409, True)


@pytest.mark.parametrize("path", ["study/lock", "study/unlock"])
def test_a_signature_asks_for_password_and_code_again(locking: Locking, path: str) -> None:
    ran_out = update(StaffSession).values(confirmed_until=NOW - timedelta(seconds=1))
    locking.session.execute(ran_out.where(StaffSession.user_id == locking.who.id))
    locking.session.commit()
    answer = locking.manager.post(STUDY + path, reason="Because")
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/verify")
    assert locking.state() is StudyState.CLOSED


def test_a_coordinator_neither_signs_nor_sees_the_page(locking: Locking) -> None:
    assert locking.coordinator.get(f"{STUDY}study/lock").status_code == 403
    assert locking.coordinator.post(f"{STUDY}study/lock").status_code == 403


def test_a_participant_is_signed_off_on_the_desk(locking: Locking) -> None:
    address = f"{STUDY}participants/{locking.person.code}"
    assert "they are complete and correct" in locking.investigator.get(f"{address}/sign-off").text
    assert locking.investigator.post(f"{address}/sign-off").status_code == 303
    page = locking.coordinator.get(address).text
    assert "Kari Nordmann" in page.split("Signed off</dt>")[1].split("</dd>")[0]
    assert "</button>" not in locking.investigator.get(f"{address}/sign-off").text.split("<main")[1]
    again = locking.investigator.post(f"{address}/sign-off")
    assert (again.status_code, "signed off as they are" in again.text) == (409, True)
    assert locking.coordinator.post(f"{address}/sign-off").status_code == 403


def test_who_signs_off_reads_first_what_is_open_and_that_a_query_forbids_it(locking: Locking) -> None:
    address = f"{STUDY}participants/{locking.person.code}/sign-off"
    assert "Visits to come:" in (before := locking.investigator.get(address).text)
    assert ("Sign all the same</button>" in before, "that nobody has decided" in before) == (True, False)
    response = locking.session.scalars(select(Response)).one()
    ask(response, Query("odi", "lifting", "4", "A slip", "Note"), locking.who, NOW)
    locking.session.commit()
    page = locking.investigator.get(address).text
    assert "Queries about her answers that nobody has decided: 1." in page
    assert ("</button>" in page.split("<main")[1], "Until each is signed or closed" in page) == (False, True)
    refused = locking.investigator.post(address)
    assert (refused.status_code, "is not decided yet" in refused.text) == (409, True)


@pytest.mark.parametrize("signs", ["study/lock", "participants/01-001/sign-off"])
def test_nobody_signs_what_came_after_her_page_was_opened(locking: Locking, signs: str) -> None:
    shown = locking.investigator.get(STUDY + signs).text
    seen = html.unescape(shown.split(f'name="{SEEN}" value="')[1].partition('"')[0])
    voided = update(Assessment).where(Assessment.submitted_at.is_not(None)).values(voided_at=NOW)
    locking.session.execute(voided)
    locking.session.commit()
    refused = locking.investigator.post(STUDY + signs, **{SEEN: seen})
    assert (refused.status_code, "Somebody changed this after your page was opened" in refused.text) == (409, True)
    assert ("What is signed" in refused.text, "Answered visits</th>" in refused.text) == (True, False)
    seen_now = html.unescape(refused.text.split(f'name="{SEEN}" value="')[1].partition('"')[0])
    assert locking.investigator.post(STUDY + signs, **{SEEN: seen_now}).status_code == 303
