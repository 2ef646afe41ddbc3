"""A form of the desk that is sent twice, as it was, is done once, and both sendings lead to the same page."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import __file__ as package
from app import clock
from app.accounts.models import AnsweredForm, StaffSession
from app.accounts.roles import Role
from app.config import settings_of
from app.core.database import Base
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, TextsPause
from app.participants.models import CallMade, Consent, Departure, Disclosure, Event, Participant, StaffNote
from app.permitting import asked_by
from app.responses.answering import submit
from app.responses.models import Correction
from app.schedule.models import Assessment, VisitNotDone
from app.schedule.planning import plan
from app.studies.access import join
from app.studies.models import Invitation, Membership, Protocol, SavedView
from app.studies.states import StudyState
from app.web.staff.sending_twice import ONCE, SHOWN_ONCE, TWICE
from tests.factories import NOW, Browser, installed, participant, user, visit
from tests.responses.visits import answers_to
from tests.studies.protocol.second import FLARES, second
from tests.web.desk.carrying import ADDS, NONE_TWICE, OTHERS
from tests.web.staff.second_factor import at_once

STUDY = "/desk/knee/"
HER = f"{STUDY}participants/01-001"
EXTRA = "  - {code: extra, opened_by: staff, title: {en: Extra}, window: short, minutes: 5, instruments: [odi]}\n"
FLARE = {"kind": "flare", "act": "happened", "on": "2026-03-02", "time": "09:30"}
NEW = {"site": "01", "phone": "406 12 345", "consent": "1.0", "enrolled_on": "2026-03-02", "language": "en"}
WHY = {"reason": "she asked for it"}
LIST = "site,phone,consent,enrolled_on,shared_phone\n01,40699999,1.0,2026-03-02,yes\n"


class World(NamedTuple):
    """A study, and somebody with every role at her desk."""

    app: Flask
    session: Session
    protocol: Protocol
    browser: Browser
    other: Browser
    """A colleague's, with as many roles."""

    def count(self, table: type[Base]) -> int:
        self.session.commit()
        return self.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    protocol = installed(second((FLARES, FLARES + EXTRA)))
    members = [user(protocol.study), user(protocol.study)]
    for member in members:
        for role in Role:
            join(member, protocol.study, role)
    people = [participant(protocol, now=NOW - timedelta(days=2)) for _ in range(2)]
    for person in people:
        plan(person, NOW)
    start = visit(people[0], "start")
    submit(start, answers_to(start), NOW - timedelta(days=1), language="en")
    session.commit()
    with moved_clock(lambda: NOW):
        yield World(app, session, protocol, *(Browser(app, member) for member in members))


class Creating(NamedTuple):
    """A form that makes a row of this table."""

    rule: str
    address: str
    fields: dict[str, str]
    table: type[Base]


OF_HER = "/desk/<study>/participants/<code>/"
CREATING = (
    Creating("/desk/<study>/participants/new", f"{STUDY}participants/new", NEW | {"shared_phone": "yes"}, Participant),
    Creating(f"{OF_HER}visits/", f"{HER}/visits/", {"visit": "extra"}, Assessment),
    Creating(f"{OF_HER}contact/calls", f"{HER}/contact/calls", {"outcome": "no answer"}, CallMade),
    Creating(f"{OF_HER}texts/", f"{HER}/texts/", {"act": "test"} | WHY, Message),
    Creating(f"{OF_HER}events/", f"{HER}/events/", FLARE, Event),
    Creating(f"{OF_HER}consents", f"{HER}/consents", {"document": "2.0", "given_on": "2026-03-02"}, Consent),
    Creating(f"{OF_HER}visits/<visit>/not-done", f"{STUDY}participants/01-002/visits/start/not-done",
             {"reason": "too ill", "note": ""}, VisitNotDone),
    Creating(f"{OF_HER}pause/", f"{HER}/pause/", {"until": "2026-03-09", "act": "pause"} | WHY, TextsPause),
    Creating("/desk/<study>/today/<code>/notes", f"{STUDY}today/01-001/notes", {"words": "is away"}, StaffNote),
    Creating("/desk/<study>/many/note", f"{STUDY}many/note",
             {"who": "01-002", "words": "is away too", "confirmed": "yes"}, StaffNote),
    Creating("/desk/<study>/views/", f"{STUDY}views/", {"name": "mine", "filter-site": "01"}, SavedView),
    Creating("/desk/<study>/corrections/responses/<int:response_id>", f"{STUDY}corrections/responses/1",
             {"item": "odi.lifting", "proposed": "5", "source": "a note"} | WHY, Correction),
    Creating("/desk/<study>/people/invitations", f"{STUDY}people/invitations",
             {"email": "new@hospital.example", "name": "Ny Ansatt", "role": "coordinator", "site": "01"}, Invitation),
    Creating(f"{OF_HER}leaving", f"{HER}/leaving", {"grade": "no texts"} | WHY, Departure),
)  # fmt: skip
"""Each form that makes a row; the practice, which only a study has that is being set up, and a list are below."""


def led(answer: TestResponse) -> tuple[int, str]:
    """Where an answer leads, or the page that it is."""
    return answer.status_code, answer.location or answer.text


def test_what_creates_something_creates_it_once_and_leads_to_the_same_page(world: World) -> None:
    done, same = {}, {}
    for rule, address, fields, table in CREATING:
        before = world.count(table)
        first = led(world.browser.post(address, **fields, **{ONCE: rule}))
        between = world.count(table)
        second = led(world.browser.post(address, **fields, **{ONCE: rule}))
        done[rule] = (between - before, world.count(table) - between)
        same[rule] = first == second and first[0] < 400
    assert done == {each.rule: (1, 0) for each in CREATING}
    assert same == dict.fromkeys(done, True)


def test_every_form_that_adds_a_row_is_one_of_these(app: Flask) -> None:
    adds = {rule for rule, what in OTHERS.items() if what in (ADDS, NONE_TWICE)}
    assert adds - {each.rule for each in CREATING} == {"/desk/<study>/study/practice/"}
    guarded = {rule.endpoint for rule in app.url_map.iter_rules() if asked_by(app.view_functions[rule.endpoint])}
    assert guarded >= SHOWN_ONCE


def test_a_link_to_practise_with_is_made_once(world: World) -> None:
    world.protocol.study.state = StudyState.SETUP
    before = world.count(Participant)
    fields = {"site": "01", "visit": "start", "language": "en", ONCE: "word"}
    answers = [led(world.browser.post(f"{STUDY}study/practice/", **fields)) for _ in range(2)]
    assert (answers[0][0], answers[0]) == (303, answers[1])
    assert world.count(Participant) == before + 1


def test_a_list_is_enrolled_once_and_sent_again_says_what_it_said(world: World) -> None:
    checked = world.browser.post(f"{STUDY}participants/upload/", file=(io.BytesIO(LIST.encode()), "people.csv"))
    place = re.search(r'name="_list" value="(\d+)"', checked.text)
    assert place is not None
    before = world.count(Participant)
    address = f"{STUDY}participants/upload/enrolment"
    answers = [world.browser.post(address, _list=place[1], **{ONCE: "word"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert world.count(Participant) == before + 1
    page = world.browser.get(answers[1].location).text
    assert (page.count("One person is enrolled."), page.count(TWICE)) == (1, 1)


def test_two_presses_at_once_enrol_one(world: World) -> None:
    before = world.count(Participant)
    form = NEW | {"shared_phone": "yes", ONCE: "word"}
    with world.browser.client.session_transaction() as held:
        copied = dict(held)
    browsers = [Browser(world.app) for _ in range(3)]
    for browser in browsers:
        with browser.client.session_transaction() as copy:
            copy.update(copied)
    answers = at_once(3, lambda number: browsers[number].post(f"{STUDY}participants/new", **form))
    assert {led(answer) for answer in answers} == {(303, f"{STUDY}participants/01-003")}
    assert world.count(Participant) == before + 1


@pytest.mark.parametrize(
    ("changed", "by_whom"),
    [
        pytest.param({ONCE: "another"}, "browser", id="another page"),
        pytest.param({"enrolled_on": "2026-03-01"}, "browser", id="another content"),
        pytest.param({}, "other", id="another person"),
        pytest.param({ONCE: ""}, "browser", id="a page of before"),
    ],
)
def test_what_is_another_sending_is_done(world: World, changed: dict[str, str], by_whom: str) -> None:
    form = NEW | {"shared_phone": "yes", ONCE: "word"}
    first = world.browser.post(f"{STUDY}participants/new", **form)
    browser = world.browser if by_whom == "browser" else world.other
    second = browser.post(f"{STUDY}participants/new", **(form | changed))
    assert [answer.location[-6:] for answer in (first, second)] == ["01-003", "01-004"]


def test_what_was_refused_is_looked_at_anew(world: World) -> None:
    form = {"visit": "extra", ONCE: "word"}
    world.protocol.study.state = StudyState.CLOSED
    world.session.commit()
    refused = world.browser.post(f"{HER}/visits/", **form)
    world.protocol.study.state = StudyState.LIVE
    world.session.commit()
    assert [refused.status_code, world.browser.post(f"{HER}/visits/", **form).status_code] == [409, 303]


def test_who_was_only_asked_to_confirm_has_sent_nothing_yet(world: World) -> None:
    form = CREATING[-2].fields | {ONCE: "word"}
    world.session.execute(update(StaffSession).values(confirmed_until=NOW))
    world.session.commit()
    sent_away = world.browser.post(CREATING[-2].address, **form)
    world.session.execute(update(StaffSession).values(confirmed_until=NOW + timedelta(minutes=1)))
    world.session.commit()
    assert (sent_away.status_code, sent_away.location[:8]) == (302, "/verify?")
    assert world.browser.post(CREATING[-2].address, **form).status_code == 200
    assert world.count(Invitation) == 1


def test_each_look_at_a_contact_stays_on_the_record(world: World) -> None:
    for _ in range(2):
        assert "40" in world.browser.post(f"{HER}/contact/", **{ONCE: "word"}, **WHY).text
    assert world.count(Disclosure) == 2


def test_of_who_may_not_do_it_any_more_nothing_is_shown(world: World) -> None:
    form = NEW | {ONCE: "word"}
    assert world.browser.post(f"{STUDY}participants/new", **form).status_code == 303
    world.session.execute(delete(Membership))
    world.session.commit()
    assert world.browser.post(f"{STUDY}participants/new", **form).status_code == 404


def test_what_was_answered_is_closed_and_gone_after_a_day(world: World) -> None:
    world.browser.post(f"{STUDY}participants/new", **NEW, **{ONCE: "word"})
    kept = world.session.scalars(select(AnsweredForm)).one()
    assert b"01-003" not in kept.answer_sealed
    for hours, left in ((23, 1), (25, 0)):
        clock.prune(SandboxGateway(settings_of(world.app)), NOW + timedelta(hours=hours))
        assert world.count(AnsweredForm) == left


POSTS = re.compile(r'<form\b[^>]*method="post".*?</form>', re.S)
CARRIES = re.compile(r"\{\{ (token|csrf)\(")
NOTHING_TWICE = {
    "desk/base.html": 3,  # find looks; the language is set; who is signed out is out
    "desk/bench.html": 1,  # a definition is tried
    "desk/_trial.html": 1,  # answers are tried
}
"""Forms that carry no word, by template: nothing is made by them."""


def test_every_form_of_the_desk_carries_its_word() -> None:
    folder = Path(package).parent / "templates" / "desk"
    bare = {}
    for template in sorted(folder.glob("*.html")):
        forms = POSTS.findall(template.read_text("utf-8"))
        assert len(forms) == template.read_text("utf-8").count('method="post"'), template.name
        without = sum(CARRIES.search(form) is None for form in forms)
        if without:
            bare[f"desk/{template.name}"] = without
    assert bare == NOTHING_TWICE
    assert 'name="_once" value="{{ once() }}" autocomplete="off"' in (folder / "_fields.html").read_text("utf-8")
