"""One act for many at the desk: what comes of it for each is shown, who cannot is named, and twice is once."""

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.queueing.pausing import pause_texts
from app.participants.enrolment import opt_out
from app.participants.models import Participant, StaffNote
from app.studies.states import StudyState
from tests.factories import NOW, Browser, message, submitted, user, visit
from tests.web.desk.desks import DESK, Desk, answer_all

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "They asked for it"


def send(desk: Desk, act: str, *codes: str, browser: Browser | None = None, **fields: str) -> TestResponse:
    desk.session.commit()
    form: dict[str, Any] = {"who": list(codes), **fields}
    answer = (browser or desk.browser).post(f"{DESK}many/{act}", **form)
    desk.session.expire_all()
    return answer


def do(desk: Desk, act: str, *codes: str, words: str = WHY, back: str = "") -> TestResponse:
    return send(desk, act, *codes, words=words, back=back, confirmed="yes")


def asked_person(desk: Desk, at_site: str = "01") -> Participant:
    """Somebody whose day 56 is open, and who was asked about it three days ago."""
    person = desk.someone(at_site)
    message(visit(person, "d56"), MessageState.DELIVERED, NOW - 3 * DAY)
    return person


def reminders(desk: Desk) -> list[tuple[str, str, MessageState]]:
    rows = select(Message.kind, Message.state, Message.participant_id).where(Message.kind != "invitation")
    codes = {person.id: person.code for person in desk.session.scalars(select(Participant))}
    rows = rows.order_by(Message.participant_id, Message.id)
    return [(codes[who], kind.value, state) for kind, state, who in desk.session.execute(rows)]


def test_what_comes_of_it_is_shown_for_each_before_anything_is_done(desk: Desk) -> None:
    first, stopped = asked_person(desk), asked_person(desk, "02")
    opt_out(stopped, NOW)
    shown = html.unescape(send(desk, "reminder", first.code, stopped.code, "09-001").text)
    assert "Her next reminder leaves as soon as it may: day 56: reminder 1." in shown
    assert "02-001 gets no texts: she has left, wants none, or said STOP." in shown
    assert "There is nobody of this code at your sites." in shown
    assert ">Do it for one</button>" in shown
    assert reminders(desk) == []


def test_those_who_can_be_are_reminded_and_the_others_are_named(desk: Desk) -> None:
    first, second, stopped = asked_person(desk), asked_person(desk), asked_person(desk, "02")
    opt_out(stopped, NOW)
    assert do(desk, "reminder", first.code, second.code, stopped.code).status_code == 303
    queued = MessageState.QUEUED
    assert reminders(desk) == [("01-001", "reminder-1", queued), ("01-002", "reminder-1", queued)]
    page = desk.page("participants/")
    assert "Done for 2: 01-001, 01-002." in page
    assert "Not done for: 02-001." in page
    entries = select(AuditEntry.reason, AuditEntry.actor).filter_by(table_name="public.messages", action="insert")
    written = desk.session.execute(entries.where(AuditEntry.reason == WHY).order_by(AuditEntry.id)).all()
    assert written == 2 * [(WHY, f"user:{desk.member.id}")]


def test_sent_twice_nobody_is_reminded_twice(desk: Desk) -> None:
    first = asked_person(desk)
    assert [do(desk, "reminder", first.code).status_code for _ in range(2)] == [303, 303]
    assert len(reminders(desk)) == 1
    page = desk.page("participants/")
    assert "Not done for: 01-001." in page


def stop(desk: Desk, person: Participant) -> None:
    opt_out(person, NOW)


def unusable(desk: Desk, person: Participant) -> None:
    person.contact.unusable_since = NOW


def pause(desk: Desk, person: Participant) -> None:
    pause_texts(person, NOW.date() + DAY, "Away", "user:1", NOW)


def answer(desk: Desk, person: Participant) -> None:
    answer_all(person)


def not_asked(desk: Desk, person: Participant) -> None:
    for text in desk.session.scalars(select(Message).order_by(Message.id)):
        text.state, text.sent_at, text.settled_at, text.reason = (
            MessageState.SUPPRESSED,
            None,
            NOW,
            Reason.CANCELLED,
        )


def waits(desk: Desk, person: Participant) -> None:
    message(visit(person, "d56"), MessageState.QUEUED, NOW - HOUR, kind="reminder-1")


def lately(desk: Desk, person: Participant) -> None:
    message(visit(person, "d56"), MessageState.DELIVERED, NOW - HOUR, kind="reminder-1")


def had_all(desk: Desk, person: Participant) -> None:
    for number in (1, 2):
        message(visit(person, "d56"), MessageState.DELIVERED, NOW - DAY, kind=f"reminder-{number}")


def in_grace(desk: Desk, person: Participant) -> None:
    at = visit(person, "d56")
    at.closes_at, at.due_at = NOW, NOW - HOUR


REFUSED: dict[str, tuple[Callable[[Desk, Participant], None], str]] = {
    "said STOP": (stop, "gets no texts"),
    "an unusable number": (unusable, "The number of 01-001 does not work"),
    "paused": (pause, "Texts to 01-001 are paused"),
    "answered": (answer, "01-001 has no open visit that wants an answer."),
    "never asked": (not_asked, "01-001 was not asked about this visit yet"),
    "a text waits": (waits, "waits to leave already"),
    "a text left lately": (lately, "left to 01-001 not long ago"),
    "had every reminder": (had_all, "has had every reminder of this visit"),
    "the window has closed": (in_grace, "no text may be sent about it any more"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_who_is_not_reminded_and_why(desk: Desk, why: str) -> None:
    person, (change, sentence) = asked_person(desk), REFUSED[why]
    change(desk, person)
    before = len(reminders(desk))
    shown = html.unescape(send(desk, "reminder", person.code).text)
    assert sentence in shown
    assert "It can be done for none of them." in shown
    do(desk, "reminder", person.code)
    assert len(reminders(desk)) == before


def test_after_the_first_reminder_the_second_is_next(desk: Desk) -> None:
    person = asked_person(desk)
    message(visit(person, "d56"), MessageState.DELIVERED, NOW - DAY, kind="reminder-1")
    assert "day 56: reminder 2" in send(desk, "reminder", person.code).text


def test_a_note_is_kept_about_each_once(desk: Desk) -> None:
    codes = [desk.someone().code for _ in range(3)]
    assert "Nothing" not in send(desk, "note", *codes).text
    assert [do(desk, "note", *codes, *codes, words="Moved ward").status_code for _ in range(2)] == [303, 303]
    notes = desk.session.scalars(select(StaffNote).order_by(StaffNote.id)).all()
    assert [(note.participant.code, note.words) for note in notes] == [(code, "Moved ward") for code in codes]
    assert do(desk, "note", codes[0], words="Another").status_code == 303
    assert desk.count(StaffNote) == 4
    entries = select(AuditEntry).filter_by(table_name="public.staff_notes", action="insert")
    assert len(desk.session.scalars(entries).all()) == 4


@pytest.mark.parametrize(("words", "said"), [("", "Write a few words."), ("x" * 1001, "This is too long")])
def test_a_note_that_says_nothing_or_too_much_is_given_back(desk: Desk, words: str, said: str) -> None:
    refused = do(desk, "note", desk.someone().code, words=words)
    assert (refused.status_code, said in refused.text, desk.count(StaffNote)) == (400, True, 0)


def test_a_reminder_wants_a_reason(desk: Desk) -> None:
    refused = do(desk, "reminder", asked_person(desk).code, words=" ")
    assert (refused.status_code, "Say why." in refused.text, reminders(desk)) == (400, True, [])


@pytest.mark.parametrize("act", ["reminder", "note", "file"])
@pytest.mark.parametrize(
    ("codes", "said"),
    [([], "Tick somebody on the list first."), ([f"01-{n:03}" for n in range(1, 102)], "more people than one act")],
    ids=["nobody", "too many"],
)
def test_an_act_is_for_one_to_a_hundred_people(desk: Desk, act: str, codes: list[str], said: str) -> None:
    refused = send(desk, act, *codes)
    assert (refused.status_code, said in refused.text) == (400, True)


def test_those_of_another_site_are_in_no_act_and_no_file(app: Flask, desk: Desk) -> None:
    hers, other = asked_person(desk), asked_person(desk, "02")
    coordinator = user(desk.protocol.study, Role.COORDINATOR, "01")
    desk.session.commit()
    browser = Browser(app, coordinator)
    rows = list(csv.DictReader(io.StringIO(send(desk, "file", hers.code, other.code, browser=browser).text)))
    assert [row["participant"] for row in rows] == [hers.code]
    done = send(desk, "note", hers.code, other.code, browser=browser, words=WHY, confirmed="yes")
    assert done.status_code == 303
    assert [note.participant.code for note in desk.session.scalars(select(StaffNote))] == [hers.code]


def test_the_file_says_how_each_of_them_stands(desk: Desk) -> None:
    person, without = asked_person(desk), desk.someone()
    submitted(visit(person, "d7"), NOW - 50 * DAY)
    answer = send(desk, "file", person.code)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["participant"], row["site"], row["standing"], row["day_0"]) == (
        person.code,
        "01",
        "taking part",
        "2026-01-02",
    )
    assert "d56" in row["open_now"].split()
    assert int(row["answered"]) == 1 < int(row["expected"])
    assert without.code not in answer.text


def test_who_may_only_look_takes_the_file_alone(app: Flask, desk: Desk) -> None:
    person = asked_person(desk)
    monitor = user(desk.protocol.study, Role.MONITOR)
    desk.session.commit()
    browser = Browser(app, monitor)
    assert [send(desk, act, person.code, browser=browser).status_code for act in ("reminder", "note", "file")] == [
        403,
        403,
        200,
    ]
    page = browser.get(f"{DESK}participants/").text
    assert "many/file" in page
    assert "many/reminder" not in page


def test_in_a_closed_study_nobody_is_reminded(desk: Desk) -> None:
    person = asked_person(desk)
    desk.protocol.study.state = StudyState.CLOSED
    assert do(desk, "reminder", person.code).status_code == 409
    assert reminders(desk) == []


@pytest.mark.parametrize("page", ["participants/", "today/"])
def test_each_list_has_a_box_for_each_person_and_leads_back_to_itself(desk: Desk, page: str) -> None:
    person = asked_person(desk)
    shown = desk.page(page)
    assert re.findall(r'name="who" value="([^"]*)" form="many"', shown) == [person.code]
    assert {re.findall(rf'formaction="[^"]*many/{act}"', shown) != [] for act in ("reminder", "note", "file")} == {True}
    done = do(desk, "note", person.code, words=page, back=page.strip("/"))
    assert done.headers["Location"] == f"{DESK}{page}"


def test_in_bokmal_refusals_are_said_in_bokmal(desk: Desk) -> None:
    desk.browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nb"
    person = asked_person(desk)
    opt_out(person, NOW)
    shown = html.unescape(send(desk, "reminder", person.code).text)
    assert "01-001 får ingen meldinger" in shown
    assert "Kryss av for noen i listen først." in html.unescape(send(desk, "note").text)


def test_a_note_that_nobody_gets_any_more_is_not_lost(desk: Desk) -> None:
    first = asked_person(desk)
    refused = do(desk, "note", "09-001", words="likes to be called late")
    assert (refused.status_code, "It can be done for none of them." in refused.text) == (409, True)
    assert "<dd>likes to be called late</dd>" in refused.text.split("What you had typed")[1]
    assert do(desk, "note", first.code, "09-001", words="likes to be called late").status_code == 303
