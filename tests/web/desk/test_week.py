"""The week ahead on the desk: one sheet and one file, of the same visits, without a name."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar, Event

from app.accounts.roles import Role
from app.participants.models import Participant
from app.schedule import ahead
from tests.factories import Browser, user, visit
from tests.web.desk.desks import DESK, Desk

TODAY = date(2026, 3, 2)


def someone_soon(desk: Desk, site: str = "01") -> Participant:
    """Her visit of the fifty-sixth day opens in the week, and an answer is wanted."""
    return desk.someone(site, TODAY - timedelta(days=53))


def events(desk: Desk, query: str = "") -> list[Event]:
    """The file as a calendar reads it."""
    desk.session.commit()
    answer = desk.browser.get(f"{DESK}today/week.ics{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    return Calendar.from_ical(answer.data).events


def test_the_file_has_what_the_sheet_has(desk: Desk) -> None:
    person = someone_soon(desk)
    page, read = desk.page("today/week"), events(desk)
    assert page.count('class="table full cards week"') == page.count("<h2>")  # each day in the columns of the others
    assert "Week ahead" in desk.page("today/")
    assert page.count(f">{person.code}</a></th>") == len(read) == 2
    assert all(str(event["SUMMARY"]).startswith(f"{person.code}: ") for event in read)
    starts = [event.start for event in read]
    assert starts == sorted(starts)
    assert starts[0] >= TODAY
    assert starts[-1] < TODAY + timedelta(days=7)


def test_a_whole_day_is_one_day_and_an_hour_is_in_her_zone(desk: Desk) -> None:
    someone_soon(desk)
    person = someone_soon(desk)
    row = visit(person, "d56")
    row.opens_at = datetime(2026, 3, 3, 8, 15, tzinfo=ZoneInfo("Europe/Helsinki"))
    person.zone = "Europe/Helsinki"
    read = {str(event["UID"]): event for event in events(desk)}
    opening = next(event for uid, event in read.items() if f"-{row.id}-opens@" in uid)
    assert (opening.start, opening.get("DTSTART").params["TZID"]) == (row.opens_at, "Europe/Helsinki")
    whole = next(event for event in read.values() if not isinstance(event.start, datetime))
    assert whole.end - whole.start == timedelta(days=1)
    assert "08:15" in desk.page("today/week")


def test_read_again_an_event_takes_its_own_place(desk: Desk) -> None:
    someone_soon(desk)
    someone_soon(desk, "02")
    before = [str(event["UID"]) for event in events(desk)]
    assert len(set(before)) == len(before)
    assert [str(event["UID"]) for event in events(desk)] == before


def test_neither_sheet_nor_file_has_a_name_or_a_number(desk: Desk) -> None:
    person = someone_soon(desk)
    person.contact.name = "Ragnhild Testesen"
    number = person.contact.phone or ""
    desk.session.commit()
    for path in ("today/week", "today/week.ics"):
        text = desk.browser.get(DESK + path).text.replace("\r\n ", "")
        assert person.code in text
        assert "Ragnhild" not in text
        assert number
        assert number not in text


def test_one_site_is_chosen_and_no_other_is_seen(desk: Desk, app: Flask) -> None:
    first, second = someone_soon(desk), someone_soon(desk, "02")
    assert {first.code, second.code} == {str(event["SUMMARY"])[:6] for event in events(desk)}
    assert {second.code} == {str(event["SUMMARY"])[:6] for event in events(desk, "?site=02")}
    assert first.code not in desk.page("today/week?site=02")
    coordinator = user(desk.protocol.study, Role.COORDINATOR, "01")
    desk.session.commit()
    browser = Browser(app, coordinator)
    assert second.code not in browser.get(f"{DESK}today/week").text
    assert [browser.get(f"{DESK}today/week{end}?site=02").status_code for end in ("", ".ics")] == [404, 404]


def test_of_too_many_visits_a_site_is_to_be_chosen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    someone_soon(desk)
    someone_soon(desk, "02")
    monkeypatch.setattr(ahead, "MOST_VISITS", 1)
    page = desk.page("today/week")
    assert "There are more visits than stand here" in page
    assert "week.ics" not in page
    answer = desk.browser.get(f"{DESK}today/week.ics")
    assert answer.status_code == 409
    assert "Choose one site" in answer.text


def test_a_week_without_visits_says_so(desk: Desk) -> None:
    assert "Nothing comes up in these seven days" in desk.page("today/week")
    assert events(desk) == []


def test_the_file_is_in_the_reader_s_language(desk: Desk) -> None:
    someone_soon(desk)
    desk.member.language = "nb"
    said = {str(event["SUMMARY"]).rpartition(", ")[2] for event in events(desk)}
    assert said <= {"åpner", "svardag", "siste dag"}
    assert said
    assert "Uken som kommer" in desk.page("today/week")
