"""The desk: figures with their denominators, whom to call and why, people found by filters in the address."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.audit import acting
from app.core.time import moved_clock
from app.messages.models import Message, MessageState
from app.participants.enrolment import opt_out, withdraw
from app.participants.models import Participant, Task, TaskKind
from app.responses.answering import submit
from app.schedule.planning import plan
from app.studies.models import Protocol
from tests.factories import (
    NOW,
    Browser,
    backtobasic,
    infused,
    oslo,
    participant,
    planned,
    submitted,
    user,
    visit,
)
from tests.responses.visits import answers_to

DESK = "/desk/backtobasic/"
DAY0 = date(2026, 1, 2)


@dataclass
class Desk:
    """The study, and an investigator at its desk."""

    protocol: Protocol
    browser: Browser
    session: Session
    me: User

    def someone(self, at_site: str = "01", day0: date = DAY0) -> Participant:
        """Enrolled ten days before her infusion on `day0`."""
        person = participant(self.protocol, at_site, now=oslo(day0) - timedelta(days=10))
        planned(person, day0, oslo(day0) - timedelta(days=9))
        infused(person, oslo(day0))
        return person

    def page(self, path: str = "") -> str:
        """What the investigator sees."""
        self.session.commit()
        answer = self.browser.get(DESK + path)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Desk]:
    protocol = backtobasic()
    me = user(protocol.study, Role.INVESTIGATOR)
    session.commit()
    with moved_clock(lambda: NOW):
        yield Desk(protocol, Browser(app, me), session, me)


def text(to: Participant, code: str, state: MessageState, at: datetime = NOW) -> Message:
    row = visit(to, code)
    number = f"{row.id}:{at.timestamp()}"
    sent = {"attempts": 1, "sid": f"SM{number}"[:34], "sent_at": at, "settled_at": at}
    return Message(
        dedupe_key=number, study=to.study, participant=to, assessment=row, kind="invitation", language="nb",
        state=state, owed_at=at, not_before=at, queued_at=at, **sent,
    )  # fmt: skip


def answer_all(person: Participant) -> None:
    """Everything that has opened so far is answered at once."""
    for row in plan(person, NOW):
        if row.opens_at < NOW:
            submitted(row, row.opens_at + timedelta(hours=10))


def test_an_empty_study_says_what_to_do(desk: Desk) -> None:
    assert "Nothing is planned yet" in desk.page()
    assert "Nobody needs a call just now" in desk.page("today/")


def test_the_picture_shows_each_share_and_the_table_its_counts(desk: Desk) -> None:
    first, second = desk.someone(), desk.someone()
    desk.someone("02")
    submitted(visit(first, "d7"), oslo(date(2026, 1, 9)))
    submitted(visit(second, "d14"), oslo(date(2026, 1, 16)))
    page = desk.page()
    assert "d7, 01: 1 of 2 expected are answered" in page
    assert "d7, 02: 0 of 1 expected are answered" in page
    assert "d7, all: 1 of 3 expected are answered" in page
    assert "d278, 01: nothing was due yet" in page
    row = page.split("<th>d7</th>")[1].split("</tr>")[0]
    assert [int(part.split("<")[0]) for part in row.split('class="n">')[1:9]] == [3, 1, 0, 0, 2, 0, 0, 0]
    assert "1 of 3" in row


def test_a_site_of_ones_own_needs_no_row_of_sums(app: Flask, desk: Desk) -> None:
    desk.someone("02")
    coordinator = user(desk.protocol.study, Role.COORDINATOR, "02")
    desk.session.commit()
    page = Browser(app, coordinator).get(DESK).text
    assert "d7, 02: 0 of 1" in page
    assert "d7, all" not in page


def test_what_is_to_be_read_comes_after_whom_to_call(desk: Desk) -> None:
    writer, late = desk.someone(), desk.someone()
    answer_all(writer)
    note = "cointerventions.other_text, sick_leave.kind"
    desk.session.add(Task(participant=writer, kind=TaskKind.FREE_TEXT, visit="d28", note=note, created_at=NOW))
    page = desk.page("today/")
    assert "to be read</span> · day 28: something was written under cointerventions, sick leave" in page
    assert page.index(f">{late.code}<") < page.index(f">{writer.code}<")


def test_whoever_closes_a_task_reads_what_was_written(desk: Desk, app: Flask) -> None:
    writer = desk.someone()
    row = visit(writer, "d56")
    answers = answers_to(row)
    answers["cointerventions"]["other_text"] = "<b>Akupunktur</b>"
    with acting("participant:01-001"):
        submit(row, answers, row.opens_at, language="nb")
    task = desk.session.scalars(select(Task).filter_by(kind=TaskKind.FREE_TEXT)).one()
    desk.session.commit()
    address = f"today/tasks/{task.id}"
    assert f'href="{DESK}{address}"' in desk.page("today/")
    page = desk.page(address)
    assert "&lt;b&gt;Akupunktur&lt;/b&gt;" in page
    assert "not sent yet" not in page
    assert page.count("<dt>") == len((task.note or "").split(", "))
    for role, site, status in ((Role.MONITOR, None, 403), (Role.COORDINATOR, "02", 404), (Role.COORDINATOR, "01", 200)):
        other = user(desk.protocol.study, role, site)
        desk.session.commit()
        assert Browser(app, other).get(f"{DESK}{address}").status_code == status


def test_a_safety_answer_that_is_not_sent_says_so(desk: Desk) -> None:
    note = "hscl25.ending_life"
    task = Task(participant=desk.someone(), kind=TaskKind.SAFETY, visit="d0", note=note, created_at=NOW)
    desk.session.add(task)
    desk.session.commit()
    assert "not sent yet" in desk.page(f"today/tasks/{task.id}")


def test_nobody_is_called_without_a_reason(desk: Desk) -> None:
    person = desk.someone()
    answer_all(person)
    assert "Nobody needs a call" in desk.page("today/")


@pytest.mark.parametrize(
    ("code", "state", "told"),
    [
        ("d56", "late", "day 56 is past due and not answered"),
        ("d49", "missed", "day 49 was not answered"),
    ],
)
def test_visits_past_due_or_just_missed_are_on_the_list(desk: Desk, code: str, state: str, told: str) -> None:
    desk.someone()
    page = desk.page("today/")
    assert told in page
    assert f">{state}</span>" in page


def test_old_misses_are_nobodys_call_any_more(desk: Desk) -> None:
    desk.someone()
    assert "day 7 was" not in desk.page("today/")


def test_begun_but_not_sent_is_said(desk: Desk) -> None:
    visit(desk.someone(), "d56").opened_at = NOW - timedelta(hours=1)
    assert "day 56 is past due and begun, not sent" in desk.page("today/")


def test_texts_that_failed_count_until_one_arrives(desk: Desk) -> None:
    person = desk.someone()
    early = [NOW - timedelta(hours=n) for n in (5, 4, 3)]
    desk.session.add_all([text(person, "d56", MessageState.FAILED, early[0])])
    assert "day 56 is open, and a text failed once" in desk.page("today/")
    desk.session.add_all([text(person, "d56", MessageState.UNKNOWN, early[1])])
    assert "day 56 is open, and a text failed 2 times" in desk.page("today/")
    desk.session.add_all([text(person, "d56", MessageState.DELIVERED, early[2])])
    assert "a text failed" not in desk.page("today/")


def test_who_said_stop_or_has_no_number_is_called_for_open_visits(desk: Desk) -> None:
    stopped, unreachable = desk.someone(), desk.someone("02")
    opt_out(stopped, NOW)
    unreachable.contact.unusable_since = NOW
    page = desk.page("today/")
    assert "day 56 is open, and no text may be sent" in page
    assert "day 56 is open, and the number does not work" in page


def test_who_withdrew_is_left_in_peace(desk: Desk) -> None:
    withdraw(desk.someone(), "moved away", NOW - timedelta(hours=1))
    assert "Nobody needs a call" in desk.page("today/")


def test_safety_comes_first_and_closes_with_what_was_done(desk: Desk) -> None:
    late, urgent = desk.someone(), desk.someone("03")
    answer_all(urgent)
    task = Task(participant=urgent, kind=TaskKind.SAFETY, created_at=NOW, due_at=NOW + timedelta(hours=24))
    desk.session.add(task)
    page = desk.page("today/")
    assert page.index(urgent.code) < page.index(late.code)
    assert desk.browser.post(f"{DESK}today/tasks/{task.id}", outcome=" ").status_code == 400
    done = desk.browser.post(f"{DESK}today/tasks/{task.id}", outcome="Called, is safe.")
    assert (done.status_code, done.location) == (303, f"{DESK}today/")
    desk.session.refresh(task)
    assert (task.done_by, task.done_at, task.outcome) == (f"user:{desk.me.id}", NOW, "Called, is safe.")
    assert urgent.code not in desk.page("today/").split("<table")[1]
    assert desk.browser.post(f"{DESK}today/tasks/{task.id}", outcome="Again").status_code == 409


def test_a_task_of_another_site_cannot_be_closed(app: Flask, desk: Desk) -> None:
    task = Task(participant=desk.someone("03"), kind=TaskKind.CALL_ME, created_at=NOW)
    desk.session.add(task)
    coordinator = user(desk.protocol.study, Role.COORDINATOR, "01")
    desk.session.commit()
    browser = Browser(app, coordinator)
    assert browser.post(f"{DESK}today/tasks/{task.id}", outcome="x").status_code == 404
    assert browser.post(f"{DESK}today/tasks/999999", outcome="x").status_code == 404


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ("", ["01-001", "01-002", "02-001", "03-001"]),
        ("?site=01", ["01-001", "01-002"]),
        ("?site=01&code=002", ["01-002"]),
        ("?standing=withdrawn", ["02-001"]),
        ("?standing=no+day+0", ["03-001"]),
        ("?standing=not+reachable", ["01-002"]),
        ("?standing=open+now", ["01-001", "01-002"]),
        ("?standing=nonsense", ["01-001", "01-002", "02-001", "03-001"]),
        ("?site=04", []),
    ],
)
def test_the_address_keeps_the_filters(desk: Desk, filters: str, codes: list[str]) -> None:
    desk.someone()
    opt_out(desk.someone(), NOW)
    withdraw(desk.someone("02"), "moved away", NOW - timedelta(days=1))
    participant(desk.protocol, "03")
    page = desk.page(f"participants/{filters}").split("<tbody>")[1]
    assert [code for code in ("01-001", "01-002", "02-001", "03-001") if f">{code}</a>" in page] == codes


def test_a_participants_page_tells_what_happened_and_names_nobody(desk: Desk) -> None:
    person = participant(desk.protocol, name="Canary Nordmann", phone="+4740612345", now=oslo(DAY0))
    infused(person, oslo(DAY0, 11, 23))
    submitted(visit(person, "d7"), oslo(date(2026, 1, 9), 12, 5))
    desk.session.add(text(person, "d7", MessageState.DELIVERED, oslo(date(2026, 1, 9), 9)))
    page = desk.page(f"participants/{person.code}")
    row = page.split('<th class="n">7</th>')[1].split("</tr>")[0]
    assert "completed" in row
    for instant in ("9 Jan 2026, 09:00", "9 Jan 2026, 12:00", "9 Jan 2026, 12:05"):
        assert instant in row
    assert "First infusion · happened · Fri 2 Jan 2026, 11:23" in page
    for canary in ("Canary", "40612345"):
        assert canary not in page


def test_windows_are_said_in_whole_days(desk: Desk) -> None:
    row = desk.page(f"participants/{desk.someone().code}").split('<th class="n">7</th>')[1].split("</tr>")[0]
    assert "<td>Fri 9 Jan 2026</td><td>Sun 11 Jan 2026</td>" in row


def test_the_books_of_messages_are_counted_by_state(desk: Desk) -> None:
    person = desk.someone()
    desk.session.add(text(person, "d7", MessageState.DELIVERED))
    desk.session.add(text(person, "d14", MessageState.FAILED))
    page = desk.page("messages/")
    sums = page.split('<tr class="all">')[1].split("</tr>")[0]
    assert [int(part.split("<")[0]) for part in sums.split('class="n">')[1:]] == [0, 0, 0, 1, 1, 0, 0, 2]
    only = desk.page("messages/?state=failed").split("<tbody>")[2]
    assert "d14" in only
    assert "d7" not in only
