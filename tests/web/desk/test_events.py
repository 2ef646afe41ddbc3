"""Events from the desk: planned, moved, recorded, called off; and the schedule that follows."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.models import Event, Participant
from app.schedule.models import Assessment
from tests.factories import (
    NOW,
    infused,
    oslo,
    participant,
    planned,
    visit,
)
from tests.web.desk.desks import PEOPLE, Desk

WHY = "The ward has no bed before"


@pytest.fixture
def desk(coordinators_desk: Desk) -> Desk:
    """These forms are the coordinator's."""
    return coordinators_desk


def move(desk: Desk, person: Participant, **fields: str) -> TestResponse:
    """What takes a planned day back: with its reason, and once it was shown what changes."""
    shown = desk.send(person, "events/", **fields, reason=WHY)
    assert (shown.status_code, "What this changes" in shown.text) == (200, True)
    return desk.send(person, "events/", **fields, reason=WHY, confirmed="yes")


def test_planning_the_infusion_plans_the_visits_and_moving_it_moves_them(desk: Desk) -> None:
    person = participant(desk.protocol)
    answer = desk.send(person, "events/", kind="first_infusion", act="planned", on="2026-03-10", time="")
    assert answer.location == f"{PEOPLE}{person.code}"
    assert "is planned for Tue 10 Mar 2026. 18 visits follow it." in desk.browser.get(answer.location).text
    assert visit(person, "d7").anchor_on == date(2026, 3, 10)
    move(desk, person, kind="first_infusion", act="planned", on="2026-03-12", time="09:30")
    assert visit(person, "d7").anchor_on == date(2026, 3, 12)
    assert visit(person, "d0").closes_at == oslo(date(2026, 3, 12), 9, 30)
    assert desk.count(Event) == 1


def test_an_infusion_that_took_place_is_recorded_once_on_the_participants_clocks(desk: Desk) -> None:
    person = participant(desk.protocol)
    took_place = {"kind": "first_infusion", "act": "happened", "on": "2026-03-02", "time": "08:15"}
    assert desk.send(person, "events/", **took_place).status_code == 303
    assert visit(person, "d0").closes_at == oslo(date(2026, 3, 2), 8, 15)
    again = desk.send(person, "events/", **took_place)
    assert again.status_code == 409
    assert "is recorded already" in again.text
    assert desk.send(person, "events/", **(took_place | {"act": "planned"})).status_code == 409


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"on": "2026-03-03"}, "plan it instead"),
        ({"time": ""}, "Write an hour"),
        ({"time": "25:00"}, "Write an hour"),
        ({"on": "soon"}, "Write a day"),
        ({"on": "0001-01-01"}, "Write a day"),
        ({"on": "2026-03-01"}, "2026-03-01 comes before 01-001 was enrolled, on 2026-03-02"),
        ({"act": "planned", "on": "2026-03-01"}, "2026-03-01 comes before 01-001 was enrolled, on 2026-03-02"),
        ({"act": "planned", "on": "2126-03-02"}, "Check the year"),
        ({"act": "cancelled"}, "Say why"),
        ({"act": "cancelled", "reason": WHY}, "is planned for no day at all"),
        ({"kind": "party"}, "Choose one of the list"),
        ({"act": "perhaps"}, "Choose one of the list"),
        ({"act": "planned", "on": "2026-03-29", "time": "02:30"}, "this hour does not exist"),
    ],
)
def test_an_event_that_cannot_be_is_refused_and_nothing_moves(
    desk: Desk, fields: dict[str, str], sentence: str
) -> None:
    person = participant(desk.protocol)
    form = {"kind": "first_infusion", "act": "happened", "on": "2026-03-02", "time": "08:15"} | fields
    answer = desk.send(person, "events/", **form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert (desk.count(Event), desk.count(Assessment)) == (0, 0)


def test_calling_the_infusion_off_takes_the_plan_back_and_a_new_day_plans_anew(desk: Desk) -> None:
    person = participant(desk.protocol)
    about = {"kind": "first_infusion", "on": "2026-03-10", "time": ""}
    desk.send(person, "events/", **about, act="planned")
    assert (
        "is planned for 2026-03-10, not for"
        in desk.send(person, "events/", **(about | {"on": "2026-03-11"}), act="cancelled", reason=WHY).text
    )
    answer = move(desk, person, **about, act="cancelled")
    page = desk.browser.get(answer.location).text
    assert "Nothing more is sent until it is planned anew." in page
    assert "not planned yet" in page
    assert desk.count(Assessment) == 0
    desk.send(person, "events/", **(about | {"on": "2026-03-17"}), act="planned")
    assert visit(person, "d7").anchor_on == date(2026, 3, 17)


MOVED = {"kind": "first_infusion", "act": "planned", "on": "2026-03-12", "time": ""}


def test_what_moves_a_planned_day_is_shown_first_and_nothing_is_done(desk: Desk) -> None:
    person = participant(desk.protocol)
    planned(person, date(2026, 3, 10))
    written = desk.count(AuditEntry)
    page = desk.send(person, "events/", **MOVED, reason=WHY).text
    assert "is planned for Thu 12 Mar 2026." in page
    windows = page.split("Windows</caption>")[1].partition("</table>")[0]
    before, after = windows.split("day 0<")[1].split("</tr>")[0].split('data-head="After">')
    assert ("Wed 11 Mar 2026, 00:00" in before, "Fri 13 Mar 2026, 00:00" in after) == (True, True)
    assert visit(person, "d7").anchor_on == date(2026, 3, 10)
    assert desk.count(AuditEntry) == written
    back = desk.send(person, "events/", **MOVED, reason=WHY, confirmed="back").text
    assert ('value="2026-03-12"' in back, f'value="{WHY}"' in back) == (True, True)


def test_a_planned_day_is_moved_for_a_reason_that_the_trail_keeps(desk: Desk) -> None:
    person = participant(desk.protocol)
    planned(person, date(2026, 3, 10))
    for confirmed in ({}, {"confirmed": "yes"}):
        refused = desk.send(person, "events/", **MOVED, **confirmed)
        assert (refused.status_code, "Say why: a day that was planned" in refused.text) == (400, True)
    assert move(desk, person, **MOVED).status_code == 303
    reasons = select(AuditEntry.reason).filter_by(table_name="public.events", action="update")
    assert desk.session.scalars(reasons.order_by(AuditEntry.id)).all() == [WHY]


@pytest.mark.parametrize(
    ("act", "on", "takes_back"),
    [
        ("planned", "2026-03-10", False),
        ("planned", "2026-03-11", True),
        ("happened", "2026-03-10", False),
        ("happened", "2026-03-09", True),
        ("cancelled", "2026-03-10", True),
    ],
)
def test_only_what_takes_a_planned_day_back_is_asked_why(desk: Desk, act: str, on: str, takes_back: bool) -> None:
    person = participant(desk.protocol)
    planned(person, date(2026, 3, 10))
    with moved_clock(lambda: oslo(date(2026, 3, 10), 12)):
        answer = desk.send(person, "events/", kind="first_infusion", act=act, on=on, time="08:00")
    assert answer.status_code == (400 if takes_back else 303)


def test_the_form_offers_day_0_first_until_it_has_happened(desk: Desk) -> None:
    person = participant(desk.protocol)
    desk.session.commit()
    chosen = '<option value="first_infusion" selected>'
    assert chosen in desk.browser.get(f"{PEOPLE}{person.code}").text
    infused(person, NOW)
    desk.session.commit()
    assert chosen not in desk.browser.get(f"{PEOPLE}{person.code}").text


def test_a_later_event_moves_no_visit(desk: Desk) -> None:
    person = participant(desk.protocol)
    infused(person, NOW - timedelta(days=20), NOW)
    before = visit(person, "d56").opens_at
    stopped = {"kind": "treatment_stopped", "act": "happened", "on": "2026-03-01", "time": "12:00"}
    assert desk.send(person, "events/", **stopped).status_code == 303
    assert visit(person, "d56").opens_at == before
    assert (
        "Sun 1 Mar 2026, 12:00</span>\n<span>Treatment stopped · happened"
        in desk.browser.get(f"{PEOPLE}{person.code}").text
    )
