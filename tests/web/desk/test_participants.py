"""People found by filters in the address; one participant with all that happened, and no name."""

import re
from datetime import date, timedelta

import pytest

from app.messages.models import MessageState
from app.participants.enrolment import opt_out, withdraw
from app.schedule import standing
from tests.factories import (
    NOW,
    infused,
    oslo,
    participant,
    submitted,
    visit,
)
from tests.web.desk.desks import DAY0, Desk, text


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
    monkeypatch.setattr(standing, "PAGE_SIZE", 2)
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
