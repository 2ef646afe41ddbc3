"""Who stands on Today is found by the database, and told by a pure rule: one table holds both."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.core.database import db
from app.messages.kinds import Reason
from app.messages.models import MessageState
from app.participants.enrolment import opt_out, withdraw
from app.participants.following import note_call
from app.participants.models import CallOutcome, Owner, Participant, Task, TaskKind
from app.responses import at_risk, waiting
from app.responses.calling import Call, CallReason, CallSentence, calls, in_order, of_task, of_visit
from app.responses.urgency import Turn, Urgency, turn
from app.schedule.compliance import assessments
from app.schedule.models import Assessment
from app.studies.access import Scope, admit
from app.studies.models import Protocol
from app.studies.states import Act, StudyState, states_that
from tests.databases import Reused
from tests.factories import NOW, backtobasic, infused, message, oslo, participant, submitted, user, visit
from tests.some import some

DAY0 = date(2026, 1, 2)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


def scope(protocol: Protocol, at_site: str | None = None) -> Scope:
    role = Role.COORDINATOR if at_site else Role.INVESTIGATOR
    return admit(user(protocol.study, role, at_site), protocol.study.code, Permission.VIEW_PARTICIPANT)


def someone(protocol: Protocol, day0: date = DAY0, at_site: str = "01") -> Participant:
    person = participant(protocol, at_site)
    infused(person, oslo(day0))
    return person


def only(person: Participant, code: str) -> Assessment:
    """Her one visit that is not answered; all others are."""
    for row in assessments(person.study):
        if row.participant is person and row.visit != code:
            submitted(row, row.opens_at + HOUR)
    return visit(person, code)


@pytest.fixture
def d56(session: Session, reused: Reused) -> Assessment:
    """The one visit that somebody has not answered."""

    def make() -> None:
        only(someone(backtobasic()), "d56")
        session.commit()
        session.expunge_all()

    reused.begin_with("one visit that is not answered", make)
    return visit(session.scalars(select(Participant)).one(), "d56")


@pytest.mark.parametrize("contact", ["reachable", "stopped", "unusable", "withdrawn", "begun"])
@pytest.mark.parametrize("failures", [0, 1])
@pytest.mark.parametrize(
    ("edge", "after"),
    [
        ("opens_at", -SECOND),
        ("opens_at", SECOND),
        ("due_at", -SECOND),
        ("due_at", timedelta()),
        ("grace_until", -SECOND),
        ("grace_until", timedelta()),
        ("grace_until", 7 * DAY - SECOND),
        ("grace_until", 7 * DAY),
    ],
)
def test_the_database_lists_whoever_has_a_reason_and_nobody_else(
    d56: Assessment, session: Session, contact: str, failures: int, edge: str, after: timedelta
) -> None:
    person, mine = d56.participant, scope(d56.protocol)
    at = getattr(d56, edge) + after
    for number in range(failures):
        message(d56, MessageState.FAILED, d56.opens_at, dedupe_key=f"failed {number}")
    if contact == "stopped":
        opt_out(person, at)
    elif contact == "unusable":
        person.contact.unusable_since = at
    elif contact == "withdrawn":
        withdraw(person, "moved", at - SECOND)
    elif contact == "begun":
        d56.opened_at = d56.opens_at
    session.flush()
    reasons = list(of_visit(d56, failures, at))
    assert list(waiting.listed(mine, at)) == ([person.id] if reasons else [])
    assert waiting.count(mine, at) == bool(reasons)
    assert [list(call.reasons) for call in calls(mine, at)] == ([reasons] if reasons else [])


Q, S, A, D, F = (
    MessageState.QUEUED,
    MessageState.SUPPRESSED,
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.FAILED,
)


@pytest.mark.parametrize(
    ("texts", "hours", "why"),
    [
        ([], 30, None),
        ([(Q, None)], 23, None),
        ([(Q, None)], 24, "it waits to be sent"),
        *(([(S, reason)], 1, reason.value) for reason in waiting.HELD_BACK),
        ([(S, Reason.OVERTAKEN)], 30, None),
        ([(S, Reason.ANSWERED)], 30, None),
        ([(S, Reason.SITE_INACTIVE), (S, Reason.STALE)], 1, "too late to be of use"),
        ([(S, Reason.STALE), (Q, None)], 1, "it waits to be sent"),
        ([(D, None), (S, Reason.STALE)], 30, None),
        ([(A, None), (Q, None)], 30, None),
        ([(S, Reason.STALE), (MessageState.SENDING, None)], 30, None),
    ],
)
def test_who_was_never_asked_is_called_with_the_reason_why(
    d56: Assessment, texts: list[tuple[MessageState, Reason | None]], hours: int, why: str | None
) -> None:
    mine = scope(d56.protocol)
    d56.due_at = d56.closes_at
    at = d56.opens_at + hours * HOUR
    for number, (state, reason) in enumerate(texts):
        owed_at = d56.opens_at + number * SECOND
        settled = owed_at if reason or state is D else None
        message(d56, state, owed_at, dedupe_key=f"text {number}", reason=reason, settled_at=settled)
    db.session.flush()
    expected = [f"day 56 is open, and no text was sent: {why}"] if why else []
    shown = calls(mine, at)
    assert [reason.sentence for call in shown for reason in call.reasons] == expected
    assert waiting.count(mine, at) == len(expected)


def test_a_text_of_a_window_that_was_moved_is_not_of_this_one(protocol: Protocol) -> None:
    d56 = only(someone(protocol), "d56")
    message(d56, D, d56.opens_at - DAY, dedupe_key="of before")
    message(d56, S, d56.opens_at, dedupe_key="now", reason=Reason.SITE_INACTIVE, settled_at=d56.opens_at)
    (call,) = calls(scope(protocol), d56.opens_at)
    assert [reason.word for reason in call.reasons] == ["never sent"]


@pytest.mark.parametrize(
    ("case", "stands"),
    [
        ("answered little", True),
        ("just near", True),
        ("not near yet", False),
        ("open already", False),
        ("answered enough", False),
        ("a voided answer", True),
        ("one visit called off", True),
        ("called this week", False),
        ("called a week ago", True),
        ("answered already", False),
        ("withdrawn", False),
    ],
)
def test_who_may_miss_the_primary_visit_stands_on_today_before_it_opens(
    protocol: Protocol, session: Session, case: str, stands: bool
) -> None:
    """Of her last four visits one was answered, unless the case says otherwise."""
    person = someone(protocol)
    d154 = visit(person, "d154")
    at = d154.opens_at - {"just near": at_risk.NEAR, "not near yet": at_risk.NEAR + SECOND}.get(case, 9 * DAY)
    if case == "open already":
        at = d154.opens_at
    over = [row for row in assessments(person.study) if row.grace_until <= at]
    over.sort(key=lambda row: (row.grace_until, row.id), reverse=True)
    for row in over[at_risk.LAST :]:
        submitted(row, row.opens_at + HOUR)
    for row in over[: 2 if case in ("answered enough", "a voided answer") else 1]:
        submitted(row, row.opens_at + HOUR)
    if case == "a voided answer":
        over[0].voided_at = at
    elif case == "one visit called off":
        over[1].cancelled_at = at
        over[at_risk.LAST].submitted_at, over[at_risk.LAST].partial = None, None
    elif case.startswith("called"):
        made_at = at - at_risk.CALLED_AGAIN_AFTER + (SECOND if case == "called this week" else timedelta())
        note_call(person, CallOutcome.REACHED, "user:1", made_at, again_at=None, note="")
    elif case == "answered already":
        submitted(d154, at - HOUR)
    elif case == "withdrawn":
        withdraw(person, "moved", at - SECOND)
    session.flush()
    words = [reason.word for call in calls(scope(protocol), at) for reason in call.reasons]
    assert ("at risk" in words) is stands
    query = select(waiting.every_reason(takes_answers=True).c.urgency)
    listed = session.scalars(query, waiting.parameters(scope(protocol), at)).all()
    assert (Urgency.AT_RISK in listed) is stands


def test_the_database_orders_people_as_the_rule_does(protocol: Protocol, session: Session) -> None:
    reasons: dict[Participant, list[CallReason]] = {}
    for number, code in enumerate(["d154", "d56", "d49", "d70", "d154", "d21"]):
        person = someone(protocol, at_site=f"0{number % 3 + 1}")
        row = only(person, code)
        edge = row.due_at if number in (0, 1, 4) else row.grace_until  # due now, or over of late
        moved = NOW - edge - number * HOUR
        for name in ("opens_at", "send_at", "due_at", "closes_at", "grace_until"):
            setattr(row, name, getattr(row, name) + moved)
        reasons[person] = list(of_visit(row, 0, NOW))
    for kind, due_at in (
        (TaskKind.SAFETY, NOW + DAY),
        (TaskKind.CALL_ME, None),
        (TaskKind.FREE_TEXT, NOW - HOUR),
        (TaskKind.NOT_DELIVERED, NOW + 3 * DAY),
        (TaskKind.SAFETY, None),
    ):
        person = participant(protocol)
        task = Task(participant=person, kind=kind, created_at=NOW, due_at=due_at)
        session.add(task)
        reasons[person] = [of_task(task)]
    session.flush()
    expected = [call.participant.id for call in in_order(reasons, NOW)]
    assert len(expected) == 11
    assert list(waiting.listed(scope(protocol), NOW)) == expected
    assert [call.participant.id for call in calls(scope(protocol), NOW)] == expected
    assert waiting.count(scope(protocol), NOW) == 11


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
    monkeypatch.setattr(waiting, "PAGE_SIZE", 2)
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


def test_people_of_other_sites_and_studies_are_not_counted(protocol: Protocol, session: Session) -> None:
    strange = participant(backtobasic(code="other"))
    for person in (participant(protocol), participant(protocol, "02"), strange):
        session.add(Task(participant=person, kind=TaskKind.CALL_ME, created_at=NOW))
    session.flush()
    assert [waiting.count(scope(protocol, site), NOW) for site in (None, "01", "02", "03")] == [2, 1, 1, 0]


def test_every_sentence_of_why_names_its_visit() -> None:
    for because in some(CallSentence):
        assert "%(visit)s" in because


@pytest.mark.parametrize("state", StudyState)
def test_nobody_is_called_for_the_visits_of_a_study_that_takes_no_answers(
    protocol: Protocol, state: StudyState
) -> None:
    person = someone(protocol)
    late = visit(person, "d56")
    site_scope = scope(protocol)
    protocol.study.state = state
    asks = state in states_that(Act.ANSWER)
    assert bool(waiting.count(site_scope, late.due_at)) is asks
    assert bool(waiting.waiting_until_due(site_scope, late.opens_at)) is asks
    db.session.add(Task(participant=person, kind=TaskKind.CALL_ME, created_at=NOW))
    db.session.flush()
    assert waiting.count(site_scope, late.due_at) == 1, "a task is worked off in any state"


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
