"""Who stands on Today is found by the database, and told by a pure rule: one table holds both."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.database import db
from app.messages.kinds import Reason
from app.messages.models import MessageState
from app.participants.enrolment import opt_out, withdraw
from app.participants.following import note_call
from app.participants.models import CallOutcome, Participant, Task, TaskKind
from app.responses import at_risk, waiting
from app.responses.calling import CallReason, CallSentence, calls, in_order, of_task, of_visit
from app.responses.urgency import Urgency
from app.schedule.compliance import assessments
from app.schedule.models import Assessment
from app.studies.models import Protocol
from app.studies.states import Act, StudyState, states_that
from tests.databases import Reused
from tests.factories import NOW, backtobasic, message, participant, submitted, visit
from tests.responses.people_waiting import DAY, HOUR, SECOND, only, scope, someone
from tests.responses.people_waiting import protocol as protocol
from tests.some import some


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
