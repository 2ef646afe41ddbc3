"""The pages of the ledger and of upcoming texts."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.clock import tick
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message
from app.schedule.models import Assessment
from app.studies.states import StudyState
from tests.factories import Browser, user
from tests.messages.people import INVITED, enrolled, minutes, only


def test_a_coordinator_sees_what_will_go_out_and_cancels_one(
    session: Session, app: Flask, gateway: SandboxGateway
) -> None:
    participant = enrolled()
    only(participant, "d7")
    browser = Browser(app, user(participant.study, Role.COORDINATOR, "01"))
    session.commit()
    address = "/desk/backtobasic/messages/upcoming"
    with moved_clock(lambda: INVITED - minutes(30)):
        page = browser.get(address).text
        assert "Tue 22 Sep 2026, 09:00" in page
        form = {"code": "01-001", "visit": "d7", "kind": "invitation", "reason": "is on holiday"}
        assert browser.post(address, act="cancel", **form).status_code == 303
        assert browser.post(address, act="cancel", **form).status_code == 409
        assert browser.post(address, act="burn", **form).status_code == 400
    tick(gateway, INVITED)
    session.rollback()
    assert session.execute(select(Message.state, Message.reason)).one() == ("suppressed", "cancelled by a coordinator")
    reasons = session.scalars(select(AuditEntry.reason).where(AuditEntry.table_name == "public.messages")).all()
    assert set(reasons) == {"is on holiday"}


def test_the_ledger_page_says_whether_the_books_close(session: Session, app: Flask, gateway: SandboxGateway) -> None:
    participant = enrolled()
    only(participant, "d7")
    browser = Browser(app, user(participant.study, Role.MONITOR))
    session.commit()
    with moved_clock(lambda: INVITED + minutes(30)):
        assert "1 visits were due and have no text" in browser.get("/desk/backtobasic/messages/ledger").text
        tick(gateway, INVITED + minutes(30))
        session.rollback()
        page = browser.get("/desk/backtobasic/messages/ledger").text
        earlier = browser.get("/desk/backtobasic/messages/ledger?day=2026-09-01").text
        assert browser.get("/desk/backtobasic/messages/ledger?day=first").status_code == 400
    assert "NOT CLOSED" not in page
    assert "<th>Tue 22 Sep 2026</th>" in page
    assert "<th>Tue 1 Sep 2026</th>" in earlier
    assert "<th>Tue 22 Sep 2026</th>" not in earlier


def test_the_ledger_says_whose_texts_it_counts(session: Session, app: Flask, gateway: SandboxGateway) -> None:
    """Who is confined to a site sees its books, and is not told that they are the study's."""
    first = enrolled(1)
    second = enrolled(2, at="02")
    for participant in (first, second):
        only(participant, "d7")
    readers = {"01": "at your sites (the study has others)", None: "in the whole study"}
    browsers = [Browser(app, user(first.study, Role.COORDINATOR, code)) for code in readers]
    session.commit()
    tick(gateway, INVITED)
    with moved_clock(lambda: INVITED + minutes(30)):
        pages = [browser.get("/desk/backtobasic/messages/ledger").text for browser in browsers]
    for page, whose, owed in zip(pages, readers.values(), (1, 2), strict=True):
        assert f"<caption>Every text owed {whose}, by the day" in page
        assert f'<tr><th>all</th><td class="n">{owed}</td>' in page


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-05", "1899-12-31", "first", "2026-02-30"])
def test_a_day_that_is_none_is_refused(session: Session, app: Flask, day: str) -> None:
    browser = Browser(app, user(enrolled().study, Role.MONITOR))
    session.commit()
    assert browser.get(f"/desk/backtobasic/messages/ledger?day={day}").status_code == 400


def test_a_coordinator_sends_a_new_link_or_a_test_and_notes_stop_told_by_telephone(
    session: Session, app: Flask, gateway: SandboxGateway
) -> None:
    participant = enrolled()
    only(participant, "d7", "d14")
    reader, browser = (Browser(app, user(participant.study, role)) for role in (Role.MONITOR, Role.COORDINATOR))
    session.commit()
    page = "/desk/backtobasic/participants/01-001"

    def act(what: str, visit: str = "", reason: str = "said so by telephone") -> int:
        return browser.post(f"{page}/texts/", act=what, visit=visit, reason=reason).status_code

    tick(gateway, INVITED)
    with moved_clock(lambda: INVITED + minutes(10)):
        assert "Send a new link" in browser.get(page).text
        assert "Send a new link" not in reader.get(page).text
        assert [act("link", "d7"), act("test")] == [303, 303]
        assert [act("link", "d14"), act("link", "d99"), act("link"), act("burn"), act("stop", reason=" ")] == [
            409, 400, 400, 400, 400,
        ]  # fmt: skip
        tick(gateway, INVITED + minutes(10))
        assert act("stop") == 303
        assert "send texts again" in browser.get(page).text
    session.rollback()
    keys = session.scalars(select(Message.dedupe_key).order_by(Message.id)).all()
    visits = {assessment.visit: assessment.id for assessment in session.scalars(select(Assessment))}
    contact = participant.contact
    assert keys == [
        f"assessment:{visits['d7']}:invitation",
        f"assessment:{visits['d7']}:reissue-2",
        f"test:{contact.id}:1",
    ]
    assert contact.opted_out_at is not None
    with moved_clock(lambda: INVITED + minutes(20)):
        assert act("start") == 303
    session.expire_all()
    assert contact.opted_out_at is None
    changes = select(AuditEntry.reason).where(AuditEntry.table_name == "identifiers.contacts").order_by(AuditEntry.id)
    reasons = session.scalars(changes).all()
    assert reasons[-2:] == ["said so by telephone"] * 2


def test_at_the_desk_no_text_of_a_study_that_is_not_live_is_sent_to_a_telephone(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the old link die for a new one that would not leave; what is only cancelled may be."""
    participant = enrolled(state=StudyState.SETUP)
    only(participant, "d7")
    browser = Browser(app, user(participant.study, Role.COORDINATOR))
    session.commit()
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], gateway="twilio"))
    texts, upcoming = "/desk/backtobasic/participants/01-001/texts/", "/desk/backtobasic/messages/upcoming"
    form = {"code": "01-001", "visit": "d7", "kind": "invitation", "reason": "asked for it"}
    with moved_clock(lambda: INVITED + minutes(10)):
        assert browser.post(texts, act="link", visit="d7", reason="asked for it").status_code == 409
        assert browser.post(texts, act="test", visit="", reason="asked for it").status_code == 409
        assert browser.post(upcoming, act="forward", **form).status_code == 409
        assert browser.post(upcoming, act="cancel", **form).status_code == 303
    assert session.scalars(select(Assessment.link_version)).all() == [1]


def test_nothing_is_cancelled_without_a_reason(session: Session, app: Flask) -> None:
    participant = enrolled()
    browser = Browser(app, user(participant.study, Role.COORDINATOR))
    session.commit()
    with moved_clock(lambda: INVITED - minutes(30)):
        form = {"code": "01-001", "visit": "d7", "kind": "invitation", "reason": " "}
        assert browser.post("/desk/backtobasic/messages/upcoming", act="cancel", **form).status_code == 400
