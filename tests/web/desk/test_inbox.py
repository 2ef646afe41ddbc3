"""What people wrote, as threads; and one text with what its code means and what to do."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.roles import Role
from app.core.audit import acting
from app.messages.gateways.outcomes import NUMBER_UNUSABLE, OF_SENDER, OUR_FAULTS
from app.messages.kinds import ReplyKind
from app.messages.models import MessageState, Reply
from app.messages.receiving import replies
from app.participants.models import Participant
from app.responses.sms import hear_replies
from app.web.desk.inbox import CAME_OF, came_of
from app.web.desk.text import ERROR_MEANINGS, UNKNOWN_CODE, meaning_of
from tests.factories import NOW, Browser, participant, user
from tests.web.desk.desks import DESK, Desk, text


def writes(desk: Desk, person: Participant, words: str, sid: str) -> None:
    with acting("clock"):
        replies.keep({"MessageSid": sid, "From": person.contact.phone or "", "Body": words}, NOW)
        hear_replies(NOW)
    desk.session.commit()


def test_the_inbox_is_a_thread_of_each_person_with_what_came_of_it(desk: Desk) -> None:
    assert "Nobody wrote to us yet" in desk.page("inbox/")
    first, second = participant(desk.protocol), participant(desk.protocol)
    for number, (person, words) in enumerate([(first, "Ring meg"), (second, "STOPP"), (first, "Hallo?")]):
        writes(desk, person, words, f"SM{number}")
    page = desk.page("inbox/")
    threads = re.split("<section", page)[1:]
    assert [code in thread for thread in threads for code in (first.code, second.code)] == [True, False, False, True]
    assert [thread.count("words: to be read by a person") for thread in threads] == [2, 0]
    assert "STOP: gets no more texts" in threads[1]
    assert ("Ring meg" in page, "Hallo" in page) == (False, False)
    assert threads[0].count("not read") == 2
    address = re.findall(r'href="([^"]*today/tasks/\d+)"', threads[0])[0]
    assert "Ring meg" in desk.browser.post(f"{address}/texts", reason="the daily round").text
    assert "read Mon 2 Mar, 10:00" in desk.page("inbox/")


def test_the_inbox_has_nobody_of_another_site(coordinators_desk: Desk) -> None:
    stranger = participant(coordinators_desk.protocol, "02")
    writes(coordinators_desk, stranger, "Ring meg", "SM1")
    assert "Nobody wrote to us yet" in coordinators_desk.page("inbox/")


def test_every_kind_of_reply_is_told() -> None:
    assert set(CAME_OF) == set(ReplyKind)


@pytest.mark.parametrize(
    ("kind", "task", "said"),
    [
        (ReplyKind.UNCLEAR, None, "not understood: was asked once more"),
        (ReplyKind.UNCLEAR, 7, "not read as an answer: was asked once more, and a person reads it"),
        (ReplyKind.OTHER, 7, "words: to be read by a person"),
        (ReplyKind.REFUSED, 7, "numbers for a visit that takes none: to be read"),
        (ReplyKind.ANSWER, None, "numbers: kept as answers"),
    ],
)
def test_what_a_person_reads_is_said_to_be_read(app: Flask, kind: ReplyKind, task: int | None, said: str) -> None:
    with app.test_request_context():
        assert str(came_of(Reply(kind=kind, task_id=task))) == said


def test_what_was_asked_about_once_more_and_is_read_too_says_both(desk: Desk) -> None:
    person = participant(desk.protocol)
    writes(desk, person, "7 men ring meg", "SM1")
    desk.session.scalars(select(Reply)).one().kind = ReplyKind.UNCLEAR
    desk.session.commit()
    page = desk.page("inbox/")
    assert "was asked once more, and a person reads it" in page
    assert "not understood" not in page


@pytest.mark.parametrize("code", ["30003", "30005", "21610", "99999"])
def test_a_text_that_failed_says_what_its_code_means_and_what_to_do(desk: Desk, code: str) -> None:
    person = desk.someone()
    failed = text(person, "d56", MessageState.FAILED)
    failed.error_code = code
    page = desk.page(f"messages/{failed.id}")
    assert str(ERROR_MEANINGS.get(code, UNKNOWN_CODE)).replace("'", "&#39;") in page
    assert f"What code {code} means" in page
    assert "/a/" not in page, "her link is the way to her answers"
    assert f'href="{DESK}messages/{failed.id}"' in desk.page("messages/")


def test_every_code_that_closes_a_number_says_what_to_do() -> None:
    assert set(NUMBER_UNUSABLE) <= set(ERROR_MEANINGS)


@pytest.mark.parametrize("code", sorted(OF_SENDER))
def test_every_code_of_our_account_or_sender_says_so_and_sends_nobody_after_her(code: str) -> None:
    said = str(meaning_of(code))
    assert said != str(UNKNOWN_CODE)
    assert ("call her" in said) <= (code not in OUR_FAULTS), "our account's fault is no patient's call"


@pytest.mark.parametrize("code", ["99999", "", "abc", "401"])
def test_a_code_that_nobody_knows_is_said_to_be_one(code: str) -> None:
    assert meaning_of(code) is UNKNOWN_CODE


def test_a_text_of_another_site_is_not_there(desk: Desk, app: Flask) -> None:
    row = text(desk.someone(), "d56", MessageState.DELIVERED)
    desk.session.commit()
    for role, site, status in (
        (Role.COORDINATOR, "02", 404),
        (Role.COORDINATOR, "01", 200),
        (Role.STATISTICIAN, None, 403),
    ):
        browser = Browser(app, user(desk.protocol.study, role, site))
        desk.session.commit()
        assert browser.get(f"{DESK}messages/{row.id}").status_code == status
    assert desk.browser.get(f"{DESK}messages/999999").status_code == 404
