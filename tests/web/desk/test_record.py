"""The desk's page for what was recorded wrongly: what follows is shown first, then it is done; and a new consent."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.participants.enrolment import withdraw
from app.participants.going_on import consents_of
from app.participants.grades import LeavingGrade
from app.participants.leaving import departures_of, leave
from app.participants.models import Event
from app.schedule.models import Assessment
from tests.factories import NOW, oslo, participant, visit
from tests.web.desk.desks import DAY0, Desk

MOVED = {
    "event": "first_infusion 2026-01-02", "state": "happened", "on": "2026-01-05", "time": "11:00",
    "reason": "The chart says 5 January.",
}  # fmt: skip


def windows(desk: Desk) -> list[object]:
    return list(desk.session.scalars(select(Assessment.opens_at).order_by(Assessment.id)))


def test_every_window_and_text_that_changes_is_shown_before_anything_does(desk: Desk) -> None:
    person = desk.someone()
    before = windows(desk)
    shown = desk.send(person, "record", act="preview", **MOVED)
    assert shown.status_code == 200
    assert "What this changes" in shown.text
    assert shown.text.count("<tr><th>day ") >= 5
    assert "Texts to come" in shown.text
    assert windows(desk) == before
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text))
    assert {name: hidden[name] for name in MOVED} == MOVED
    assert desk.send(person, "record", act="correct", **MOVED).status_code == 303
    assert windows(desk) != before
    event = desk.session.scalars(select(Event)).one()
    assert event.at == oslo(DAY0 + timedelta(days=3), 11)
    entry = desk.session.scalars(
        select(AuditEntry).filter_by(table_name="public.events", action="update").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert (entry.actor, entry.reason) == (f"user:{desk.member.id}", MOVED["reason"])


@pytest.mark.parametrize("act", ["preview", "correct"])
@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"reason": "too short"}, 400, "at least 10 characters"),
        ({"on": ""}, 400, "Write a day"),
        ({"time": ""}, 400, "Write an hour"),
        ({"state": ""}, 400, "Choose one of the list."),
        ({"event": "first_infusion 2026-01-03"}, 400, "Choose one of the list."),
        ({"event": ""}, 400, "Say what is to be corrected"),
        ({"on": "2026-01-02", "time": "10:00"}, 409, "is recorded so already"),
        ({"zone": "Europe/Nowhere"}, 400, "There is no time zone Europe/Nowhere"),
        ({"enrolled_on": "2036-01-01"}, 400, "Enrolment came no later."),
        ({"site": "99"}, 400, "Choose one of the list."),
        ({"not_withdrawn": "yes"}, 409, "No withdrawal"),
    ],
)
def test_a_refused_correction_keeps_what_was_typed_and_changes_nothing(
    desk: Desk, act: str, changes: dict[str, str], status: int, sentence: str
) -> None:
    person = desk.someone()
    before = windows(desk)
    refused = desk.send(person, "record", act=act, **(MOVED | changes))
    assert refused.status_code == status
    assert sentence in refused.text
    assert "<title>Error: " in refused.text
    assert f'value="{(MOVED | changes)["reason"]}"' in refused.text
    assert windows(desk) == before


def test_what_was_typed_comes_back_to_be_changed(desk: Desk) -> None:
    page = desk.send(desk.someone(), "record", act="back", **MOVED)
    assert page.status_code == 200
    assert 'value="2026-01-05"' in page.text
    assert "Show what changes" in page.text


def test_a_withdrawal_by_mistake_is_taken_back(desk: Desk) -> None:
    person = desk.someone()
    withdraw(person, "moved away", NOW)
    assert "She did not withdraw" in desk.page(f"participants/{person.code}/record")
    fields = {"not_withdrawn": "yes", "reason": "It was another participant."}
    assert desk.send(person, "record", act="correct", **fields).status_code == 303
    assert person.withdrawn_at is None


@pytest.mark.parametrize("grade", [LeavingGrade.NO_TEXTS, LeavingGrade.DIED])
def test_how_she_left_is_put_right_from_the_same_page(desk: Desk, grade: LeavingGrade) -> None:
    person = desk.someone()
    leave(person, grade, None, "moved away", NOW)
    assert "From which day on" in desk.page(f"participants/{person.code}/record")
    fields = {"left_as": "no more questionnaires", "left_because": "tired of it", "reason": "It was told otherwise."}
    assert desk.send(person, "record", act="correct", **fields).status_code == 303
    assert (person.left_as, person.withdrawal_reason) == (LeavingGrade.NO_QUESTIONNAIRES, "tired of it")
    for wrong in ({"left_as": "a bit"}, {"left_on": "yesterday"}):
        assert desk.send(person, "record", act="preview", reason="It was told otherwise.", **wrong).status_code == 400


def test_the_site_is_changed_by_who_works_at_both(desk: Desk, coordinators_desk: Desk) -> None:
    person = desk.someone()
    assert desk.send(person, "record", act="correct", site="02", reason="She moved to Bergen.").status_code == 303
    assert (person.site.code, person.code) == ("02", "01-001")


def test_a_new_consent_is_kept_and_stands_on_the_page(desk: Desk) -> None:
    person = desk.someone()
    assert desk.send(person, "consents", document="2.0", given_on="2026-03-01").status_code == 303
    assert [consent.document for consent in consents_of(person)] == ["1.0", "2.0"]
    assert "2.0 (Sun 1 Mar 2026)" in desk.page(f"participants/{person.code}")
    refused = desk.send(person, "consents", document="", given_on="01.03.2026")
    assert (refused.status_code, "Name the version" in refused.text) == (400, True)


def test_the_page_tells_how_she_stands_and_what_happened(desk: Desk) -> None:
    person = desk.someone()
    page = desk.page(f"participants/{person.code}")
    head = page.split('<header class="head">')[1].split("</header>")[0]
    assert "taking part" in head
    assert f"Call {person.code}" in head
    assert re.search(r"day \d+ is open|Next: day \d+ from", head)
    course = page.split('<ol class="course">')[1].split("</ol>")[0]
    assert "First infusion · happened" in course
    assert "consent given: 1.0" in course
    assert visit(person, "d154").visit in course


def test_the_page_is_in_bokmal_for_who_reads_bokmal(desk: Desk) -> None:
    person = participant(desk.protocol)
    desk.member.language = "nb"
    for path in (f"participants/{person.code}", f"participants/{person.code}/record"):
        main = desk.page(path).split("<main")[1]
        for english in ("Correct what", "Withdraw from", "Last contact", "What happened", "Save", "Show what", "Why"):
            assert english not in main


@pytest.mark.parametrize(
    ("grade", "asked_on"),
    [("no texts", True), ("no more questionnaires", False), ("no further use", False), ("died", False)],
)
def test_she_leaves_so_far_as_she_wants(desk: Desk, grade: str, asked_on: bool) -> None:
    person = desk.someone()
    assert desk.send(person, "leaving", grade=grade, reason="Too much").status_code == 303
    assert (person.left_as, person.withdrawn_at is None) == (grade, asked_on)
    entry = desk.session.scalars(select(AuditEntry).filter_by(table_name="public.departures")).first()
    assert entry is not None
    assert entry.reason == "Too much"
    assert grade in desk.page(f"participants/{person.code}")


def test_a_leaving_of_a_day_to_come_is_undone_until_then(desk: Desk) -> None:
    person = desk.someone()
    fields = {"grade": "no more questionnaires", "leaves_on": "2026-03-20", "reason": "Moves abroad"}
    assert desk.send(person, "leaving", **fields).status_code == 303
    page = desk.page(f"participants/{person.code}")
    assert "It is noted that she leaves: no more questionnaires, from Fri 20 Mar 2026." in page
    (leaving,) = departures_of(person)
    assert desk.send(person, "leaving/undo").status_code == 303
    desk.session.refresh(leaving)
    assert leaving.undone_at == NOW
    assert desk.send(person, "leaving/undo").status_code == 409


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"grade": "away"}, "Choose one of the list."),
        ({"reason": ""}, "Say why"),
        ({"leaves_on": "2028-01-01"}, "more than a year away"),
        ({"grade": "died", "leaves_on": "2026-03-20"}, "lies in the future"),
    ],
)
def test_a_leaving_that_cannot_be_is_said_where_it_is(desk: Desk, changes: dict[str, str], sentence: str) -> None:
    person = desk.someone()
    refused = desk.send(person, "leaving", **({"grade": "no texts", "reason": "Too much"} | changes))
    assert (refused.status_code, sentence in refused.text) == (400, True)
    assert departures_of(person) == []
