"""The call screen: the number for a reason, what to say in her language, what came of it; and whose somebody is."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.models import CallMade, CallOutcome, Disclosure, Owner, Participant, StaffNote, Task, TaskKind
from tests.factories import NOW, Browser, user
from tests.web.desk.desks import DESK, PEOPLE, Desk


@pytest.fixture
def late(desk: Desk) -> Participant:
    """Somebody whose day 56 is due."""
    person = desk.someone()
    desk.session.commit()
    return person


def address(person: Participant) -> str:
    return f"{PEOPLE}{person.code}/contact/"


def row(page: str, person: Participant) -> str:
    """Her row of Today."""
    match = re.search(f'<tr id="p-{person.code}">.*?</tr>', page, re.S)
    return match[0] if match else ""


def test_a_row_of_today_has_one_filled_button_which_leads_to_the_call(desk: Desk, late: Participant) -> None:
    shown = row(desk.page("today/"), late)
    assert re.findall(r'class="btn btn-primary" href="(.*?)"', shown) == [address(late)]
    assert "day 56 is due and not answered" in shown
    assert "closes in 7 days" in shown


def test_the_number_is_shown_for_a_reason_and_everybody_sees_who_looked(desk: Desk, late: Participant) -> None:
    number = late.contact.phone or ""
    before = desk.browser.get(address(late)).text
    assert (number in before, "Nobody yet." in before) == (False, True)
    assert 'value="day 56 is due and not answered"' in before
    assert desk.browser.post(address(late), reason=" ").status_code == 400
    shown = desk.browser.post(address(late), reason="day 56")
    assert (f'href="tel:{number}"' in shown.text, shown.headers["Cache-Control"]) == (True, "no-store")
    after = desk.browser.get(address(late)).text
    assert (number in after, "Kari Nordmann · “day 56”" in after) == (False, True)
    assert desk.count(Disclosure) == 1


def test_each_open_visit_leads_from_the_call_to_where_it_is_answered_or_noted_as_not_done(
    desk: Desk, late: Participant
) -> None:
    visits = desk.browser.get(address(late)).text.split("<h2>Open visits</h2>")[1].split("</table>")[0]
    d56 = f"{PEOPLE}{late.code}/visits/d56/"
    ways = [d56, f"{d56}entry/?mode=telephone+interview", f"{d56}#reason"]
    assert re.findall(r'<a href="(.*?)">', visits) == ways
    assert 'id="reason"' in desk.browser.get(d56).text
    page = desk.browser.get(d56).text
    assert "Type what she answers by telephone" in page
    assert "Nothing more is asked about this visit" in page


@pytest.mark.parametrize(("language", "greeting"), [("nb", "Hei, jeg heter Kari"), ("en", "Hello, my name is")])
def test_what_to_say_is_in_her_language_whatever_mine_is(
    desk: Desk, late: Participant, language: str, greeting: str
) -> None:
    late.language = language
    desk.session.commit()
    page = desk.browser.get(address(late)).text
    assert f'<div lang="{language}" dir="ltr"><p>{greeting}' in page
    assert "What came of it" in page


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("reached", "Tue 3 Mar, 06:00"), ("voicemail", "Tue 3 Mar, 06:00"), ("no answer", "Mon 2 Mar, 13:00")],
)
def test_what_came_of_a_call_is_kept_and_lets_her_row_wait(
    desk: Desk, late: Participant, outcome: str, said: str
) -> None:
    answer = desk.browser.post(f"{address(late)}calls", outcome=outcome, note="was at work")
    assert (answer.status_code, answer.location) == (303, f"{DESK}today/")
    made = desk.session.scalars(select(CallMade)).one()
    assert (made.outcome, made.made_by, made.note) == (outcome, f"user:{desk.member.id}", "was at work")
    page = desk.page("today/")
    assert (row(page, late), f"Back on Today from {said}" in page) == ("", True)
    assert "was at work" in desk.browser.get(address(late)).text
    entries = desk.session.scalars(select(AuditEntry).filter_by(table_name="public.calls_made")).all()
    assert [entry.actor for entry in entries] == [f"user:{desk.member.id}"]


def test_a_wrong_number_stays_on_today_as_something_to_mend(desk: Desk, late: Participant) -> None:
    desk.browser.post(f"{address(late)}calls", outcome="wrong number")
    task = desk.session.scalars(select(Task)).one()
    assert task.kind is TaskKind.NUMBER_UNUSABLE
    assert "Find her number, and correct it" in row(desk.page("today/"), late)


@pytest.mark.parametrize(
    ("on", "time", "again"),
    [
        ("2026-03-02", "15:30", "Mon 2 Mar, 15:30"),
        ("3.3.2026", "9:05", "Tue 3 Mar, 09:05"),
        ("03.03.2026", "09:05", "Tue 3 Mar, 09:05"),
        ("2026-03-02", "09:59", None),  # has passed: it is ten o'clock in Oslo
        ("2026-05-02", "10:00", None),  # too far away
        ("2026-03-29", "02:30", None),  # does not exist
        ("", "10:00", None),
        ("2026-03-03", "", None),
        ("tomorrow", "10:00", None),
    ],
)
def test_call_again_takes_an_hour_to_come_and_keeps_what_was_typed_otherwise(
    desk: Desk, late: Participant, on: str, time: str, again: str | None
) -> None:
    form = {"outcome": "call again", "again_on": on, "again_time": time, "note": "asked for it"}
    answer = desk.browser.post(f"{address(late)}calls", **form)
    assert answer.status_code == (400 if again is None else 303)
    if again is None:
        assert 'value="asked for it"' in answer.text
        assert desk.count(CallMade) == 0
    else:
        assert f"Back on Today from {again}" in desk.page("today/")


def test_an_outcome_that_does_not_exist_is_refused(desk: Desk, late: Participant) -> None:
    assert desk.browser.post(f"{address(late)}calls", outcome="eaten").status_code == 400
    assert desk.browser.post(f"{address(late)}calls", outcome="reached", note="x" * 1001).status_code == 400
    assert desk.count(CallMade) == 0


def test_whoever_takes_somebody_is_named_and_may_let_go(desk: Desk, late: Participant, app: Flask) -> None:
    other = user(desk.protocol.study, Role.COORDINATOR, "01")
    other.name = "Ola Hansen"
    desk.session.commit()
    own = f"{DESK}today/{late.code}/owner"
    assert desk.browser.post(own).location == f"{DESK}today/#p-{late.code}"
    assert "Let go" in row(desk.page("today/"), late)
    Browser(app, other).post(own)
    shown = row(desk.page("today/"), late)
    assert ("Ola Hansen" in shown, "I take this" in shown, "Let go" in shown) == (True, True, False)
    assert desk.session.scalars(select(Owner.user_id)).all() == [other.id]
    too_late = desk.browser.post(own, let_go="yes")
    assert (too_late.status_code, "Somebody else takes care of" in too_late.text) == (409, True)
    assert desk.session.scalars(select(Owner.user_id)).all() == [other.id]
    Browser(app, other).post(own, let_go="yes")
    assert desk.count(Owner) == 0


@pytest.mark.parametrize(
    ("act", "sent", "seconds", "again"),
    [
        ("contact/calls", {"outcome": "no answer"}, 0, 409),
        ("contact/calls", {"outcome": "no answer"}, 59, 409),
        ("contact/calls", {"outcome": "no answer"}, 60, 303),
        ("notes", {"words": "at work"}, 0, 409),
        ("notes", {"words": "at work"}, 599, 409),
        ("notes", {"words": "at work"}, 600, 303),
    ],
)
def test_a_button_pressed_twice_is_said_to_have_done_it(
    desk: Desk, late: Participant, act: str, sent: dict[str, str], seconds: int, again: int
) -> None:
    where = f"{DESK}today/{late.code}/notes" if act == "notes" else f"{address(late)}calls"
    assert desk.browser.post(where, **sent).status_code == 303
    with moved_clock(lambda: NOW + timedelta(seconds=seconds)):
        second = desk.browser.post(where, **sent)
    assert (second.status_code, "already" in second.text) == (again, again == 409)
    assert desk.count(StaffNote) + desk.count(CallMade) == (1 if again == 409 else 2)


def test_a_note_is_read_by_colleagues_with_its_hour(desk: Desk, late: Participant) -> None:
    notes = f"{DESK}today/{late.code}/notes"
    assert desk.browser.post(notes, words=" ").status_code == 400
    assert desk.browser.post(notes, words="<b>is travelling</b>").status_code == 303
    assert "“&lt;b&gt;is travelling&lt;/b&gt;” · Mon 2 Mar, 10:00" in row(desk.page("today/"), late)
    assert desk.session.scalars(select(StaffNote.written_by)).all() == [f"user:{desk.member.id}"]


def test_what_was_pasted_into_a_note_is_kept_without_what_is_no_text(desk: Desk, late: Participant) -> None:
    pasted = "Ring\x0bafter\x85noon\r\n\x00\x1f\x7f\ufffe\u200fשלום"
    assert desk.browser.post(f"{DESK}today/{late.code}/notes", words=pasted).status_code == 303
    assert desk.session.scalars(select(StaffNote.words)).all() == ["Ring\nafter\nnoon\n\u200fשלום"]


@pytest.mark.parametrize(
    ("role", "site", "status"),
    [
        (Role.COORDINATOR, "01", 303),
        (Role.COORDINATOR, "02", 404),
        (Role.MONITOR, None, 403),
        (Role.DATA_MANAGER, None, 403),
    ],
)
def test_only_who_may_call_her_notes_calls_takes_her_and_writes_about_her(
    desk: Desk, late: Participant, app: Flask, role: Role, site: str | None, status: int
) -> None:
    browser = Browser(app, user(desk.protocol.study, role, site))
    desk.session.commit()
    for path, form in (("owner", {}), ("notes", {"words": "a note"})):
        assert browser.post(f"{DESK}today/{late.code}/{path}", **form).status_code == status
    assert browser.post(f"{address(late)}calls", outcome=CallOutcome.REACHED.value).status_code == status
    assert browser.get(address(late)).status_code == (200 if status == 303 else status)


def test_an_overdue_task_says_so(desk: Desk) -> None:
    for due_at in (NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)):
        person = desk.someone()
        task = Task(participant=person, kind=TaskKind.SAFETY, created_at=NOW - timedelta(days=1), due_at=due_at)
        desk.session.add(task)
        assert ("overdue" in row(desk.page("today/"), person)) == (due_at < NOW)


def test_today_is_told_in_bokmal(desk: Desk, late: Participant) -> None:
    desk.browser.post("/account/language", language="nb", back="/")
    shown = row(desk.page("today/"), late)
    assert "svar på dag 56 ventes" in shown
    assert "stenger om 7 dager" in shown
    assert "<title>I dag (1)" in desk.page("today/")
    assert "Ring" in shown


def test_the_count_is_in_the_menu_of_every_page_also_of_one_that_was_refused(desk: Desk, late: Participant) -> None:
    for path in ("study/", "compliance/", "messages/"):
        assert "Today (1)" in desk.page(path)
    assert "Today (1)" in desk.browser.get(f"{DESK}participants/01-999").text
