"""When whoever stands on Today is called: her turn, how long a call lets her wait, page by page, at little cost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.database import db
from app.participants.following import note_call
from app.participants.models import CallOutcome, Owner, Task, TaskKind
from app.responses import waiting
from app.responses.calling import Call, calls
from app.responses.urgency import Turn, Urgency, turn
from app.studies.models import Protocol
from tests.factories import NOW, oslo, participant, user
from tests.responses.people_waiting import DAY, DAY0, HOUR, SECOND, only, scope, someone
from tests.responses.people_waiting import protocol as protocol


def test_the_primary_visit_comes_before_what_closes_sooner(protocol: Protocol) -> None:
    primary, other = someone(protocol), someone(protocol)
    d154, d49 = only(primary, "d154"), only(other, "d49")
    assert protocol.plan.primary_visit == "d154"
    for row, closes_in in ((d154, 9 * DAY), (d49, 2 * DAY)):
        row.opens_at = row.send_at = row.due_at = NOW - HOUR
        row.closes_at = row.grace_until = NOW + closes_in
    assert [call.participant for call in calls(scope(protocol), NOW)] == [primary, other]
    d49.grace_until = d49.closes_at = NOW + HOUR  # now it is the last day
    assert [call.participant for call in calls(scope(protocol), NOW)] == [other, primary]


@pytest.mark.parametrize(
    ("urgency", "ends_in", "place"),
    [
        (Urgency.SAFETY, None, Turn.NOW),
        (Urgency.SAFETY, 9 * DAY, Turn.NOW),
        (Urgency.TASK, None, Turn.TODAY),
        (Urgency.TASK, -HOUR, Turn.NOW),
        (Urgency.TASK, DAY, Turn.NOW),
        (Urgency.TASK, DAY + SECOND, Turn.TODAY),
        (Urgency.UNREACHABLE, 9 * DAY, Turn.TODAY),
        (Urgency.UNDELIVERED, HOUR, Turn.NOW),
        (Urgency.LATE, DAY, Turn.NOW),
        (Urgency.LATE, DAY + SECOND, Turn.TODAY),
        (Urgency.NEVER_SENT, HOUR, Turn.NOW),
        (Urgency.NEVER_SENT, 9 * DAY, Turn.TODAY),
        (Urgency.AT_RISK, HOUR, Turn.THIS_WEEK),
        (Urgency.MISSED, -HOUR, Turn.THIS_WEEK),
        (Urgency.TO_READ, -HOUR, Turn.TO_READ),
        (Urgency.TO_READ, None, Turn.TO_READ),
    ],
)
def test_each_reason_has_its_turn(urgency: Urgency, ends_in: timedelta | None, place: Turn) -> None:
    assert turn(urgency, None if ends_in is None else NOW + ends_in, NOW) is place


def named(people: list[Call]) -> list[str]:
    return [call.participant.code for call in people]


@pytest.mark.parametrize(
    ("outcome", "again_at", "waits"),
    [
        (CallOutcome.REACHED, None, 20 * HOUR),
        (CallOutcome.VOICEMAIL, None, 20 * HOUR),
        (CallOutcome.NO_ANSWER, None, 3 * HOUR),
        (CallOutcome.CALL_AGAIN, NOW + 5 * HOUR, 5 * HOUR),
    ],
)
def test_a_call_lets_her_row_wait_as_long_as_its_outcome_says(
    protocol: Protocol, outcome: CallOutcome, again_at: datetime | None, waits: timedelta
) -> None:
    person = someone(protocol)
    d56 = only(person, "d56")
    d56.opens_at = d56.send_at = d56.due_at = NOW - HOUR
    d56.closes_at = d56.grace_until = NOW + 5 * DAY
    note_call(person, outcome, "user:1", NOW, again_at=again_at, note="")
    for at, stands in ((NOW, False), (NOW + waits - SECOND, False), (NOW + waits, True)):
        assert named(calls(scope(protocol), at)) == ([person.code] if stands else [])
        assert waiting.count(scope(protocol), at) == stands


def test_what_she_asks_after_the_call_and_what_is_about_safety_does_not_wait(
    protocol: Protocol, session: Session
) -> None:
    person = participant(protocol)
    session.add(Task(participant=person, kind=TaskKind.PIN_LOCKED, created_at=NOW - HOUR))
    note_call(person, CallOutcome.REACHED, "user:1", NOW, again_at=None, note="")
    assert named(calls(scope(protocol), NOW + SECOND)) == []
    task = Task(participant=person, kind=TaskKind.CALL_ME, created_at=NOW + SECOND)
    session.add(task)
    session.flush()
    (call,) = calls(scope(protocol), NOW + HOUR)
    assert [reason.task for reason in call.reasons] == [task]
    task.done_at, task.done_by, task.outcome = NOW, "user:1", "called"
    session.add(Task(participant=person, kind=TaskKind.SAFETY, created_at=NOW - 2 * HOUR))
    session.flush()
    assert [reason.word for call in calls(scope(protocol), NOW + HOUR) for reason in call.reasons] == ["safety"]


def test_the_last_call_counts_alone(protocol: Protocol, session: Session) -> None:
    person = participant(protocol)
    session.add(Task(participant=person, kind=TaskKind.PIN_LOCKED, created_at=NOW - HOUR))
    note_call(person, CallOutcome.CALL_AGAIN, "user:1", NOW, again_at=NOW + 9 * DAY, note="")
    note_call(person, CallOutcome.NO_ANSWER, "user:1", NOW + HOUR, again_at=None, note="")
    assert named(calls(scope(protocol), NOW + 3 * HOUR)) == []
    assert named(calls(scope(protocol), NOW + 4 * HOUR)) == [person.code]


def test_a_page_of_people_follows_the_other(
    protocol: Protocol, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "CALLS_ON_PAGE", 2)
    people = [participant(protocol) for _ in range(5)]
    session.add_all(Task(participant=person, kind=TaskKind.CALL_ME, created_at=NOW) for person in people)
    session.flush()
    pages = [named(calls(scope(protocol), NOW, page)) for page in range(4)]
    assert pages == [[p.code for p in people[:2]], [p.code for p in people[2:4]], [people[4].code], []]


def test_one_statement_asks_for_whoever_of_the_staff_looks(protocol: Protocol, session: Session) -> None:
    """It is built for the first of them who asks."""
    staff = [user(protocol.study, Role.COORDINATOR, "01") for _ in range(3)]
    people = [participant(protocol) for _ in range(3)]
    session.add_all(Task(participant=person, kind=TaskKind.CALL_ME, created_at=NOW) for person in people)
    owners = (staff[0], staff[1], staff[1])
    session.add_all(Owner(participant=who, user=by, taken_at=NOW) for who, by in zip(people, owners, strict=True))
    session.flush()
    of_study, whose = scope(protocol), [waiting.WhomToCall(of_user=by.id) for by in staff]
    assert [named(calls(of_study, NOW, whom=whom)) for whom in whose] == [
        [people[0].code],
        [people[1].code, people[2].code],
        [],
    ]
    assert [waiting.count(of_study, NOW, whom) for whom in whose] == [1, 2, 0]


@pytest.mark.parametrize("people", [1, 4])
def test_today_asks_as_often_for_one_as_for_many(protocol: Protocol, session: Session, people: int) -> None:
    for _ in range(people):
        only(someone(protocol), "d56")
    site_scope, at = scope(protocol), oslo(DAY0) + 58 * DAY
    session.commit()
    session.expire_all()
    sent: list[str] = []
    listen = (db.engine, "before_cursor_execute", lambda *of: sent.append(of[2]))
    event.listen(*listen)
    try:
        shown = calls(site_scope, at)
        contacts = [call.participant.contact.opted_out_at for call in shown]
    finally:
        event.remove(*listen)
    assert (len(shown), contacts) == (people, [None] * people)
    assert len(sent) == 11


def test_today_and_its_count_read_no_table_of_texts_or_visits_whole(protocol: Protocol, session: Session) -> None:
    for way in ("indexscan", "indexonlyscan", "bitmapscan", "nestloop"):
        session.execute(text(f"SET LOCAL enable_{way} = on"))
    for way in ("seqscan", "hashjoin", "mergejoin"):
        session.execute(text(f"SET LOCAL enable_{way} = off"))
    hers, sent = scope(protocol), []
    session.flush()
    listen = (db.engine, "before_cursor_execute", lambda *heard: sent.append(heard[2:4]))
    event.listen(*listen)
    waiting.count(hers, NOW)
    event.remove(*listen)
    ((statement, values),) = sent
    cursor = session.connection().connection.cursor()
    cursor.execute(f"EXPLAIN {statement}", values)
    lines = [row[0].strip() for row in cursor.fetchall()]
    assert len([line for line in lines if " on messages" in line]) == 8
    assert not [line for line in lines if "Seq Scan on messages" in line]
    assert not [line for line in lines if "Seq Scan on assessments" in line]
