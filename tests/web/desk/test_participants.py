"""People found by filters in the address; one participant with all that happened, and no name."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.messages.models import MessageState
from app.participants.enrolment import opt_out, withdraw
from app.schedule import standing
from app.studies import views
from app.studies.views import views_of
from tests.factories import (
    NOW,
    Browser,
    infused,
    oslo,
    participant,
    submitted,
    user,
    visit,
)
from tests.web.desk.desks import DAY0, DESK, Desk, text


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


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ("?standing=nonsense", "standing=nonsense"),
        ("?site=99&code=01", "site=99"),
        ("?order=upwards", "order=upwards"),
        ("?arm=infliximab", "arm=infliximab"),
        ("?site=01&colour=red&standing=x", "colour=red, standing=x"),
        ("?site=<b>", "site=&lt;b&gt;"),
        ("?site=01&standing=open+now&code=7&order=last+code+first&after=01-001", ""),
        ("?site=&standing=&code=&order=", ""),
    ],
)
def test_what_the_address_asks_and_the_list_does_not_know_is_said(desk: Desk, filters: str, said: str) -> None:
    page = desk.page(f"participants/{filters}")
    assert ("does not know" in page) is bool(said)
    assert f"does not know: {said}." in page or not said


def test_the_order_of_the_list_and_its_next_page_are_in_the_address(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "PEOPLE_ON_PAGE", 2)
    for _ in range(3):
        desk.someone()
    first = desk.page("participants/?order=last+code+first&site=01")
    assert re.findall(r">(01-\d+)</a>", first) == ["01-003", "01-002"]
    onward = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert onward
    assert "order=last" in onward[1]
    second = desk.browser.get(onward[1].replace("&amp;", "&")).text
    assert re.findall(r">(01-\d+)</a>", second) == ["01-001"]


def test_a_participants_page_tells_what_happened_and_names_nobody(desk: Desk) -> None:
    person = participant(desk.protocol, name="Canary Nordmann", phone="+4740612345", now=oslo(DAY0))
    infused(person, oslo(DAY0, 11, 23))
    submitted(visit(person, "d7"), oslo(date(2026, 1, 9), 12, 5))
    desk.session.add(text(person, "d7", MessageState.DELIVERED, oslo(date(2026, 1, 9), 9)))
    page = desk.page(f"participants/{person.code}")
    row = page.split('d7/">7</a></th>')[1].split("</tr>")[0]
    assert "completed" in row
    for instant in ("9 Jan 2026, 09:00", "9 Jan 2026, 12:00", "9 Jan 2026, 12:05"):
        assert instant in row
    assert "Fri 2 Jan 2026, 11:23</span>\n<span>First infusion · happened" in page
    for canary in ("Canary", "40612345"):
        assert canary not in page


def test_windows_are_said_in_whole_days(desk: Desk) -> None:
    row = desk.page(f"participants/{desk.someone().code}").split('d7/">7</a></th>')[1].split("</tr>")[0]
    assert '"From">Fri 9 Jan 2026</td><td data-head="To">Sun 11 Jan 2026</td>' in row


def save(desk: Desk, name: str, **filters: str) -> TestResponse:
    """She saves a view of these filters."""
    return desk.browser.post(f"{DESK}views/", name=name, **{f"filter-{key}": value for key, value in filters.items()})


def saved(desk: Desk) -> list[tuple[str, str]]:
    """Her views, in their order."""
    desk.session.expire_all()
    return [(view.name, view.query) for view in views_of(desk.member, desk.protocol.study)]


def test_a_saved_view_is_a_link_that_is_renamed_and_removed(desk: Desk) -> None:
    desk.someone()
    answer = save(desk, " Oslo,  not\treachable ", site="01", standing="not reachable", code="", colour="red")
    assert (answer.status_code, answer.location) == (303, f"{DESK}participants/?site=01&standing=not+reachable")
    assert saved(desk) == [("Oslo, not reachable", "site=01&standing=not+reachable")]
    page = desk.page("participants/")
    link = f'<a href="{DESK}participants/?site=01&amp;standing=not+reachable">Oslo, not reachable</a>'
    assert link in page
    assert "participants/?site=01&amp;standing=not+reachable" + '" aria-current="page"' in desk.page(
        "participants/?standing=not+reachable&site=01"
    )
    address = re.search(r'action="([^"]*/views/\d+)"', page)
    assert address
    assert desk.browser.post(address[1], name="Call these").status_code == 303
    assert saved(desk) == [("Call these", "site=01&standing=not+reachable")]
    assert desk.browser.post(address[1], remove="1").status_code == 303
    assert saved(desk) == []
    assert desk.browser.post(address[1], remove="1").status_code == 404
    assert "My views" not in desk.page("participants/")


@pytest.mark.parametrize(
    ("name", "filters", "status", "sentence"),
    [
        ("", {"site": "01"}, 400, "Write a name of 1 to 60 characters."),
        (" \t ", {"site": "01"}, 400, "Write a name of 1 to 60 characters."),
        ("x" * 61, {"site": "01"}, 400, "Write a name of 1 to 60 characters."),
        ("turned \u202e round", {"site": "01"}, 400, "Write a name of 1 to 60 characters."),
        ("All", {}, 400, "Choose first what the list shows"),
        ("All", {"code": "x" * 300}, 400, "This view is too long"),
        ("MINE", {"site": "02"}, 409, "You have a view of this name already."),
    ],
)
def test_a_view_that_cannot_be_saved_says_why(
    desk: Desk, name: str, filters: dict[str, str], status: int, sentence: str
) -> None:
    assert save(desk, "Mine", site="01").status_code == 303
    answer = save(desk, name, **filters)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert saved(desk) == [("Mine", "site=01")]


def test_one_has_so_many_views_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    assert [save(desk, name, site="01").status_code for name in ("b", "a", "c")] == [303, 303, 409]
    assert [name for name, _ in saved(desk)] == ["a", "b"]


def test_a_name_is_another_than_those_of_the_other_views(desk: Desk) -> None:
    for name in ("a", "b"):
        save(desk, name, site="01")
    kept = {view.name: view.id for view in views_of(desk.member, desk.protocol.study)}
    assert desk.browser.post(f"{DESK}views/{kept['a']}", name="B").status_code == 409
    assert desk.browser.post(f"{DESK}views/{kept['a']}", name="A").status_code == 303
    assert [name for name, _ in saved(desk)] == ["A", "b"]


def test_a_view_is_hers_alone_and_its_name_is_not_in_the_trail(desk: Desk, app: Flask) -> None:
    save(desk, "Canary view", site="01")
    kept = views_of(desk.member, desk.protocol.study)[0]
    somebody_else = user(desk.protocol.study, Role.COORDINATOR)
    desk.session.commit()
    colleague = Browser(app, somebody_else)
    assert "Canary view" not in colleague.get(f"{DESK}participants/").text
    assert colleague.post(f"{DESK}views/{kept.id}", remove="1").status_code == 404
    assert saved(desk) == [("Canary view", "site=01")]
    trail = desk.session.scalars(select(AuditEntry).filter_by(table_name="public.saved_views")).all()
    assert [entry.action for entry in trail] == ["insert"]
    assert "Canary" not in str([entry.new for entry in trail])


@pytest.mark.parametrize(
    ("end", "later", "said"),
    [
        ("due_at", timedelta(), "· closes in"),
        ("closes_at", timedelta(hours=1), "its window ended "),
        ("grace_until", -timedelta(hours=1), ", closes today"),
    ],
)
def test_the_head_and_today_say_the_same_of_the_last_day(
    app: Flask, desk: Desk, end: str, later: timedelta, said: str
) -> None:
    person = desk.someone()
    at = getattr(visit(person, "d56"), end) + later
    desk.session.commit()
    with moved_clock(lambda: at):
        browser = Browser(app, desk.member)
        head = browser.get(f"{DESK}participants/{person.code}").text.split('<header class="head">')[1]
        today = browser.get(f"{DESK}today/").text.split("day 56")[1]
    closes = re.search(r"closes (?:today|tomorrow|in \d+ days)", today)
    assert closes is not None
    head = re.sub(r"\s+", " ", head.split("</header>")[0])
    assert (closes[0] in head, said in head) == (True, True)
