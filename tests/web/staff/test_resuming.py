"""A session that ends in the middle of a form: signed in again, the form stands there as it was, nothing done."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.accounts.kept_forms import LARGEST_FORM, LASTS, MOST_FORMS, keep, kept
from app.accounts.models import Ended, KeptForm, StaffSession, User
from app.accounts.roles import Role
from app.config import settings_of
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.participants.models import Participant
from app.studies.models import Membership
from app.web.staff.resuming import IN_PLACE, WHOSE
from tests.factories import NOW, PASSWORD, Browser, backtobasic, participant, planned, user, visitor
from tests.reading import without_tokens

STUDY = "/desk/backtobasic/"
HER = f"{STUDY}participants/01-001"
RANDOMISED = {"randomised_on": "2026-02-10"}
WHY = {"reason": "said so by telephone"}


@dataclass
class Desk:
    """Somebody at her desk, with a page open."""

    app: Flask
    session: Session
    person: Participant
    member: User
    browser: Browser

    def whose(self, page: str = HER) -> str:
        """What the forms of an open page say of whose it is."""
        matches = re.findall(rf'name="{WHOSE}" value="([^"]+)"', self.browser.get(page).text)
        assert matches
        return html.unescape(matches[0])

    def end(self, **session: datetime | str) -> None:
        """Her sessions are over, in this way."""
        self.session.execute(update(StaffSession).values(**session))
        self.session.commit()

    def sent_away(self, path: str, **form: str) -> str:
        """Where she is led after signing in again, when the form is sent without a session."""
        answer = self.browser.post(path, **form)
        assert (answer.status_code, urlsplit(answer.location).path) == (302, "/login")
        return parse_qs(urlsplit(answer.location).query).get("next", [""])[0]

    def written(self) -> int:
        """How much there is in the audit trail."""
        self.session.rollback()
        return self.session.scalar(select(func.count(AuditEntry.id))) or 0


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Desk]:
    protocol = backtobasic()
    person = participant(protocol, now=NOW - timedelta(days=40))
    planned(person, (NOW - timedelta(days=8)).date(), NOW - timedelta(days=39))
    member = user(protocol.study, Role.COORDINATOR, email="kari@hospital.example")
    session.commit()
    with moved_clock(lambda: NOW):
        yield Desk(app, session, person, member, Browser(app, member))


LONG_AGO = NOW - timedelta(days=1)
ENDS: dict[str, Callable[[Desk], None]] = {
    "an hour without a page": lambda desk: desk.end(seen_at=NOW - timedelta(hours=1)),
    "a working day is over": lambda desk: desk.end(expires_at=NOW),
    "a role was taken back": lambda desk: desk.end(ended_at=NOW, ended_because=Ended.ROLE),
    "signed out in another tab": lambda desk: desk.end(ended_at=NOW, ended_because=Ended.SIGNED_OUT),
    "the browser has no cookie any more": lambda desk: desk.browser.client.delete_cookie(
        desk.app.config["SESSION_COOKIE_NAME"]
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_signed_in_again_she_finds_what_she_typed_and_nothing_done(desk: Desk, how: str) -> None:
    whose = desk.whose()
    ENDS[how](desk)
    back = desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED)
    written, again = desk.written(), Browser(desk.app, desk.member)
    page = again.get(back)
    assert page.status_code == 200
    assert 'value="2026-02-10"' in page.text
    assert "Nothing of it is done" in page.text
    assert desk.written() == written
    desk.session.refresh(desk.person)
    assert desk.person.randomised_on is None
    assert again.post(f"{HER}/randomisation", **RANDOMISED).status_code == 303
    desk.session.refresh(desk.person)
    assert str(desk.person.randomised_on) == "2026-02-10"


def test_the_page_of_signing_in_leads_back_to_the_form(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    back = desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED)
    client = visitor(desk.app)
    shown = client.get("/login", query_string={"next": back}).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)
    assert token is not None
    form = {"csrf_token": token[1], "email": desk.member.email, "password": PASSWORD, "next": back}
    answer = client.post("/login", query_string={"next": back}, data=form)
    assert answer.status_code == 302
    location = urlsplit(answer.location)
    assert f"{location.path}?{location.query}" == back
    assert 'value="2026-02-10"' in client.get(back).text


def test_whoever_else_signs_in_there_is_given_nothing(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    back = desk.sent_away(f"{HER}/texts/", **{WHOSE: whose}, act="stop", reason="a secret reason")
    colleague = user(desk.person.study, Role.COORDINATOR)
    desk.session.commit()
    theirs = Browser(desk.app, colleague).get(back, follow_redirects=True)
    assert (theirs.status_code, "a secret reason" in theirs.text) == (200, False)
    assert "a secret reason" in Browser(desk.app, desk.member).get(back).text


def test_it_is_kept_for_half_an_hour(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    back = desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED)
    again = Browser(desk.app, desk.member)
    for minutes, there in ((29, True), (30, False)):
        with moved_clock(lambda minutes=minutes: NOW + timedelta(minutes=minutes)):  # type: ignore[misc]
            page = again.get(back, follow_redirects=True).text
            assert ('value="2026-02-10"' in page) is there
        clock.prune(SandboxGateway(settings_of(desk.app)), NOW + timedelta(minutes=minutes))
        desk.session.rollback()
        assert bool(desk.session.scalar(select(func.count(KeptForm.id)))) is there


def test_what_is_kept_is_closed_and_without_secrets(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    sent = {"pin": "4711", "birth_year": "1979"}
    back = desk.sent_away(f"{HER}/identity/", **{WHOSE: whose}, **sent)
    row = desk.session.scalars(select(KeptForm)).one()
    assert b"1979" not in row.content_sealed
    assert kept(desk.member.id, row.id, row.path, NOW) == [("birth_year", "1979")]
    page = Browser(desk.app, desk.member).get(back).text
    assert "4711" not in without_tokens(page)
    assert "A PIN has to be typed anew" in page


@pytest.mark.parametrize("whose", ["", "7", "x.y.z", "IjEi.aaaa.bbbb"])
def test_a_form_that_does_not_say_whose_it_is_leaves_nothing(desk: Desk, whose: str) -> None:
    desk.end(expires_at=NOW)
    assert desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED) == ""
    assert desk.session.scalar(select(func.count(KeptForm.id))) == 0


def test_a_page_left_open_for_longer_than_a_day_is_nobodys(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    assert desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED) != ""
    desk.session.execute(delete(KeptForm))
    desk.session.commit()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.web.staff.resuming.PAGE_LASTS", -1)
        assert desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED) == ""


def test_a_program_is_told_to_sign_in_and_nothing_is_kept(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    form = {WHOSE: whose, **RANDOMISED}
    answer = desk.browser.client.post(f"{HER}/randomisation", data=form, headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert desk.session.scalar(select(func.count(KeptForm.id))) == 0


def test_who_has_to_confirm_that_it_is_she_finds_the_form_after_it(desk: Desk) -> None:
    manager = user(desk.person.study, Role.DATA_MANAGER)
    browser = Browser(desk.app, manager)
    desk.end(confirmed_until=NOW)
    path, form = f"{STUDY}study/sites/02/", {"act": "close", "reason": "too few patients"}
    answer = browser.post(path, **form)
    assert (answer.status_code, urlsplit(answer.location).path) == (302, "/verify")
    back = parse_qs(urlsplit(answer.location).query)["next"][0]
    assert browser.get(back).status_code == 302, "it is asked for again, until she has confirmed it"
    desk.end(confirmed_until=NOW + timedelta(minutes=5))
    page = browser.get(back)
    assert (page.status_code, 'value="too few patients"' in page.text) == (200, True)
    assert browser.post(back, **form).status_code == 303


def test_a_role_that_she_lost_meanwhile_keeps_her_out(desk: Desk) -> None:
    whose = desk.whose()
    desk.end(expires_at=NOW)
    back = desk.sent_away(f"{HER}/randomisation", **{WHOSE: whose}, **RANDOMISED)
    desk.session.execute(update(Membership).values(role=Role.MONITOR))
    desk.session.commit()
    assert Browser(desk.app, desk.member).get(back).status_code == 403


def test_what_no_key_of_ours_opens_is_not_there(session: Session, desk: Desk) -> None:
    row = keep(desk.member.id, "/desk/", [("a", "1")], NOW)
    assert row is not None
    row.content_sealed = b"\x07" + row.content_sealed[1:]
    session.flush()
    assert kept(desk.member.id, row.id, "/desk/", NOW) is None


PLACES = {
    "desk_events.save": (f"{HER}/events/", {"kind": "first_infusion", "act": "planned", "on": "2026-03-12", **WHY}),
    "desk_enrolment.save": (f"{STUDY}participants/new", {"site": "01", "phone": "406 12 399", "consent": "1.0"}),
    "desk_enrolment.correct_phone": (f"{HER}/phone", {"phone": "406 11 111", **WHY}),
    "desk_enrolment.note_randomisation": (f"{HER}/randomisation", RANDOMISED),
    "desk_record.act": (f"{HER}/record", {"act": "correct", "language": "en", "reason": "she reads English"}),
    "desk_record.note_new_consent": (f"{HER}/consents", {"document": "1.7", "given_on": "2026-03-01"}),
    "desk_record.note_leaving": (f"{HER}/leaving", {"grade": "no texts", "leaves_on": "2026-03-20", **WHY}),
    "desk_identity.save": (f"{HER}/identity/", {"birth_year": "1979"}),
    "desk_texts.act": (f"{HER}/texts/", {"act": "stop", **WHY}),
    "desk_visit.leave_undone": (f"{HER}/visits/d7/not-done", {"reason": "other", "note": "is away"}),
    "desk_contact.reveal": (f"{HER}/contact/", WHY),
    "desk_contact.called": (f"{HER}/contact/calls", {"outcome": "reached", "note": "she is well"}),
    "desk_entry.save": (f"{HER}/visits/d7/entry/", {"mode": "paper", "scan": "binder 4, page 2"}),
}
LISTED = {
    "desk_today.note": (f"{STUDY}today/01-001/notes", {"words": "she prefers mornings"}),
    "desk_find.find": (f"{STUDY}find/", {"words": "01-001"}),
    "desk_enrolment.note_withdrawal": (f"{HER}/withdrawal", WHY),
}


@pytest.mark.parametrize("endpoint", [*PLACES, *LISTED])
def test_every_form_of_hers_comes_back_filled_in_with_nothing_done(desk: Desk, endpoint: str) -> None:
    path, form = (PLACES | LISTED)[endpoint]
    whose = desk.whose()
    desk.end(expires_at=NOW)
    back = desk.sent_away(path, **{WHOSE: whose}, **form)
    again, written = Browser(desk.app, desk.member), desk.written()
    page = again.get(back)
    assert (page.status_code, endpoint in IN_PLACE) == (200, endpoint in PLACES)
    assert "Nothing of it is done" in page.text
    shown = html.unescape(page.text)
    unseen = [value for name, value in form.items() if value not in shown and (endpoint, name) not in HIDDEN]
    assert unseen == []
    assert desk.written() == written


HIDDEN = {
    ("desk_record.act", "act"),
    ("desk_identity.save", "birth_year"),  # this protocol does not ask for it
    ("desk_contact.called", "outcome"),
}
"""What stands in no field of its form."""


def test_a_form_of_many_is_kept_and_the_oldest_goes(session: Session, desk: Desk) -> None:
    rows = [keep(desk.member.id, f"/desk/{number}", [("a", str(number))], NOW) for number in range(MOST_FORMS + 2)]
    there = session.scalars(select(KeptForm.id).order_by(KeptForm.id)).all()
    assert there == [row.id for row in rows[2:] if row is not None]


def test_what_is_too_large_or_too_old_is_not_there(session: Session, desk: Desk) -> None:
    assert keep(desk.member.id, "/desk/", [("a", "x" * LARGEST_FORM)], NOW) is None
    first = keep(desk.member.id, "/desk/", [("a", "1")], NOW)
    assert first is not None
    assert kept(desk.member.id, first.id, "/desk/other", NOW) is None
    assert kept(desk.member.id + 1, first.id, "/desk/", NOW) is None
    second = keep(desk.member.id, "/desk/", [("a", "2")], NOW + LASTS)
    assert second is not None
    assert session.scalars(select(KeptForm.id)).all() == [second.id]
