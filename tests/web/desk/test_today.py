"""Whom to call and why: nobody without a reason that a call can mend, the most urgent first."""

import html
import re
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts.roles import Role
from app.instruments import instrument
from app.messages.models import MessageState
from app.participants.enrolment import opt_out, withdraw
from app.participants.models import Owner, Task, TaskKind
from tests.factories import (
    NOW,
    Browser,
    user,
    visit,
)
from tests.web.desk.desks import DESK, Desk, answer_all, shown, text


def test_what_is_to_be_read_comes_after_whom_to_call(desk: Desk) -> None:
    writer, late = desk.someone(), desk.someone()
    answer_all(writer)
    note = "cointerventions.other_text"
    desk.session.add(Task(participant=writer, kind=TaskKind.FREE_TEXT, visit="d28", note=note, created_at=NOW))
    question = instrument("cointerventions").wording("en").item("other_text").text
    page = desk.page("today/")
    assert f'<span title="{note}">day 28: something was written under “{question}”</span>' in page
    assert f'<span title="{note}">“{question}”</span>' in desk.page(f"participants/{writer.code}")
    assert page.index(f">{late.code}<") < page.index(f">{writer.code}<")


def test_a_safety_answer_that_is_not_sent_says_so(desk: Desk) -> None:
    note = "hscl25.ending_life"
    task = Task(participant=desk.someone(), kind=TaskKind.SAFETY, visit="d0", note=note, created_at=NOW)
    desk.session.add(task)
    desk.session.commit()
    page = desk.page(f"today/tasks/{task.id}")
    assert "not sent yet" in page
    assert f'<span title="{note}">“{instrument("hscl25").wording("en").item("ending_life").text}”</span>' in page


def test_nobody_is_called_without_a_reason(desk: Desk) -> None:
    person = desk.someone()
    answer_all(person)
    assert "Nobody needs a call" in desk.page("today/")


@pytest.mark.parametrize(
    ("code", "state", "sentence"),
    [
        ("d56", "due", "day 56 is due and not answered"),
        ("d49", "missed", "day 49 was not answered"),
    ],
)
def test_visits_past_due_or_just_missed_are_on_the_list(desk: Desk, code: str, state: str, sentence: str) -> None:
    desk.someone()
    page = desk.page("today/")
    assert sentence in page
    assert f">{state}</span>" in page


def test_old_misses_are_nobodys_call_any_more(desk: Desk) -> None:
    desk.someone()
    assert "day 7 was" not in desk.page("today/")


def test_begun_but_not_sent_is_said(desk: Desk) -> None:
    visit(desk.someone(), "d56").opened_at = NOW - timedelta(hours=1)
    assert "day 56 is due and begun, not sent" in desk.page("today/")


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
    assert (task.done_by, task.done_at, task.outcome) == (f"user:{desk.member.id}", NOW, "Called, is safe.")
    assert f">{urgent.code}<" not in desk.page("today/")
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
    ("query", "codes", "total"),
    [
        ("", ["01-001", "02-001", "01-002"], 3),
        ("?site=02", ["02-001"], 1),
        ("?site=01", ["01-001", "01-002"], 2),
        ("?part=today", ["01-001", "02-001"], 2),
        ("?part=to+read", ["01-002"], 1),
        ("?part=now", [], 0),
        ("?whose=mine", ["02-001"], 1),
        ("?whose=nobody%27s", ["01-001", "01-002"], 2),
        ("?whose=nobody%27s&part=today&site=01", ["01-001"], 1),
        ("?whose=mine&site=01", [], 0),
        ("?site=09", ["01-001", "02-001", "01-002"], 3),
        ("?part=someday", ["01-001", "02-001", "01-002"], 3),
    ],
)
def test_today_is_narrowed_by_its_address(desk: Desk, query: str, codes: list[str], total: int) -> None:
    first, taken, writer = desk.someone(), desk.someone("02"), desk.someone()
    answer_all(writer)
    task = Task(participant=writer, kind=TaskKind.FREE_TEXT, visit="d28", note="a.other_text", created_at=NOW)
    desk.session.add_all([task, Owner(participant=taken, user=desk.member, taken_at=NOW)])
    desk.session.commit()
    assert [person.code for person in (first, taken, writer)] == ["01-001", "02-001", "01-002"]
    page = desk.page(f"today/{query}")
    assert shown(page) == codes
    assert f"<title>Today ({total})" in page
    assert ("Nobody fits." in page) == (not codes)
    assert ">Today (3)<" in page, "the menu counts all"


@pytest.mark.parametrize("query", ["page=2&part=today", "page=9999999999&part=today"])
def test_past_the_last_page_the_last_one_is_shown(desk: Desk, query: str) -> None:
    desk.someone()
    desk.session.commit()
    answer = desk.browser.get(f"/desk/backtobasic/today/?{query}")
    assert (answer.status_code, answer.location) == (303, "/desk/backtobasic/today/?page=1&part=today")


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("site=09", "site=09"),
        ("part=someday&whose=mine", "part=someday"),
        ("whose=theirs", "whose=theirs"),
        ("sight=01", "sight=01"),
        ("_external=1&endpoint=x", "_external=1, endpoint=x"),
        ("page=1&tick=all&site=01&part=now&whose=mine", ""),
        ("site=&part=&whose=", ""),
    ],
)
def test_an_address_of_today_says_what_the_list_does_not_know(desk: Desk, query: str, part: str) -> None:
    desk.someone()
    page = desk.page(f"today/?{query}")
    assert ("The address asks for what this list does not know" in page) == bool(part)
    assert part in page


def test_who_works_at_one_site_is_not_asked_which(desk: Desk, app: Flask) -> None:
    desk.someone()
    local = user(desk.protocol.study, Role.COORDINATOR, "01")
    desk.session.commit()
    page = Browser(app, local).get(f"{DESK}today/?site=02")
    assert 'name="site"' not in page.text
    assert "site=02" in page.text
    assert shown(page.text) == ["01-001"]


@pytest.mark.parametrize(("path", "kept"), [("today/", "page=1"), ("participants/", "")])
def test_all_on_a_page_are_ticked_by_a_link(desk: Desk, path: str, kept: str) -> None:
    people = [desk.someone() for _ in range(3)]
    page = desk.page(path)
    assert page.count('name="who"') == len(people)
    assert not re.findall(r'name="who"[^>]* checked', page)
    link = html.unescape(re.findall(r'href="([^"]*)" data-tick="all"', page)[0])
    ticked = desk.browser.get(link.partition("#")[0]).text
    assert len(re.findall(r'name="who"[^>]* checked', ticked)) == len(people)
    assert kept in link
    back = html.unescape(re.findall(r'href="([^"]*)" data-tick="none"', ticked)[0])
    assert not re.findall(r'name="who"[^>]* checked', desk.browser.get(back.partition("#")[0]).text)


def test_a_view_of_today_is_kept_under_a_name_and_stands_there_alone(desk: Desk) -> None:
    desk.someone()
    page = desk.page("today/?whose=mine&part=today")
    assert 'name="filter-whose" value="mine"' in page
    form = {"list": "today", "name": "My calls", "filter-whose": "mine", "filter-part": "today", "filter-code": "01"}
    kept = desk.browser.post(f"{DESK}views/", **form)
    assert (kept.status_code, kept.location) == (303, f"{DESK}today/?part=today&whose=mine")
    assert ">My calls</a>" in desk.page("today/")
    assert 'aria-current="page">My calls</a>' in desk.page("today/?part=today&whose=mine")
    assert "My calls" not in desk.page("participants/").replace("Saved: the view My calls", "")
    address = re.findall(r'action="([^"]*/views/\d+)"', desk.page("today/"))[0]
    assert desk.browser.post(address, name="Mine").location == f"{DESK}today/?part=today&whose=mine"
    assert desk.browser.post(address, remove="1").location == f"{DESK}today/"
    assert "/views/" not in desk.page("today/")
    assert desk.browser.post(f"{DESK}views/", list="today", name="All").status_code == 400
