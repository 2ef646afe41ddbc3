"""Whom to call: the table of reasons, their order, and what counts as a text that did not arrive."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.messages.models import Message, MessageState
from app.participants.models import Participant, Task, TaskKind
from app.responses.calling import CallReason, Urgency, calls, in_order, of_primary, of_task, of_visit
from app.responses.waiting import waiting_until_due
from app.schedule.models import Assessment
from app.studies.access import Scope, admit
from app.studies.models import Study
from tests.factories import NOW, backtobasic, infused, message, oslo, participant, submitted, user, visit

DAY0 = date(2026, 1, 2)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def d56(session: Session) -> Assessment:
    """Day 56 of somebody who takes part, not begun."""
    person = participant(backtobasic())
    infused(person, oslo(DAY0))
    return visit(person, "d56")


def reasons_to_call(assessment: Assessment, at: datetime, failures: int = 0) -> list[tuple[Urgency, str, str]]:
    return [(reason.urgency, reason.word, reason.sentence) for reason in of_visit(assessment, failures, at)]


STOP = (Urgency.UNREACHABLE, "said STOP", "day 56 is open, and no text may be sent")
UNUSABLE = (Urgency.UNREACHABLE, "number unusable", "day 56 is open, and the number does not work")
LATE = (Urgency.LATE, "due", "day 56 is due and not answered")
BEGUN = (Urgency.LATE, "due", "day 56 is due and begun, not sent")
MISSED = (Urgency.MISSED, "missed", "day 56 was not answered")


@pytest.mark.parametrize(
    ("moment", "after", "reasons"),
    [
        ("opens_at", -SECOND, []),
        ("opens_at", timedelta(), []),
        ("due_at", -SECOND, []),
        ("due_at", timedelta(), [LATE]),
        ("grace_until", -SECOND, [LATE]),
        ("grace_until", timedelta(), [MISSED]),
        ("grace_until", timedelta(days=7) - SECOND, [MISSED]),
        ("grace_until", timedelta(days=7), []),
        ("grace_until", timedelta(days=70), []),
    ],
)
def test_a_visit_is_a_reason_from_its_due_hour_until_a_week_after_its_end(
    d56: Assessment, moment: str, after: timedelta, reasons: list[tuple[Urgency, str, str]]
) -> None:
    assert reasons_to_call(d56, getattr(d56, moment) + after) == reasons


@pytest.mark.parametrize(
    ("stopped", "unusable", "failures", "reason"),
    [
        (True, False, 0, STOP),
        (True, True, 2, STOP),
        (False, True, 0, UNUSABLE),
        (False, True, 1, UNUSABLE),
        (False, False, 1, (Urgency.UNDELIVERED, "not delivered", "day 56 is open, and a text failed once")),
        (False, False, 3, (Urgency.UNDELIVERED, "not delivered", "day 56 is open, and a text failed 3 times")),
        (False, False, 0, None),
    ],
)
def test_why_no_text_arrives_is_said_once_the_firmest_reason_of_all(
    d56: Assessment, stopped: bool, unusable: bool, failures: int, reason: tuple[Urgency, str, str] | None
) -> None:
    contact = d56.participant.contact
    contact.opted_out_at, contact.unusable_since = NOW if stopped else None, NOW if unusable else None
    expected = [reason] if reason else []
    assert reasons_to_call(d56, d56.opens_at, failures) == expected
    assert reasons_to_call(d56, d56.due_at, failures) == [*expected, LATE], "and, where it is due, that it is"
    assert reasons_to_call(d56, d56.opens_at - SECOND, failures) == [], "nothing of it matters before it opens"
    assert reasons_to_call(d56, d56.grace_until, failures) == [MISSED], "nor once it is over"


UNSENT = "day 56 is open, and no text was sent: site not active"


@pytest.mark.parametrize(
    ("stopped", "failures", "word"), [(False, 0, "never sent"), (True, 0, "said STOP"), (False, 1, "not delivered")]
)
def test_that_nothing_was_sent_is_said_with_why_where_nothing_firmer_is(
    d56: Assessment, stopped: bool, failures: int, word: str
) -> None:
    d56.participant.contact.opted_out_at = NOW if stopped else None
    reasons = list(of_visit(d56, failures, d56.due_at, "site not active"))
    assert [reason.word for reason in reasons] == [word, "due"]
    assert (reasons[0].sentence == UNSENT) is (word == "never sent")


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        ([], None),
        ([False, False], None),
        ([False, False, False], "0 of the last 3"),
        ([True, False, False], "1 of the last 3"),
        ([True, True, False], None),
        ([False, False, False, True], "1 of the last 4"),
        ([False, True, False, True], None),
        ([True, True, True, True], None),
    ],
)
def test_who_answered_few_of_her_last_visits_is_called_before_the_primary_one(
    d56: Assessment, answered: list[bool], said: str | None
) -> None:
    d154 = visit(d56.participant, "d154")
    reasons = list(of_primary(d154, answered))
    expected = [f"day 154 is near, and {said} visits were answered"] if said else []
    assert [reason.sentence for reason in reasons] == expected
    assert [(reason.until, reason.primary, reason.word) for reason in reasons] == (
        [(d154.opens_at, True, "at risk")] if said else []
    )


@pytest.mark.parametrize(("moment", "reasons"), [("due_at", [BEGUN]), ("grace_until", [MISSED])])
def test_what_was_begun_is_said(d56: Assessment, moment: str, reasons: list[tuple[Urgency, str, str]]) -> None:
    d56.opened_at = d56.opens_at
    assert reasons_to_call(d56, getattr(d56, moment)) == reasons


@pytest.mark.parametrize("moment", ["opens_at", "due_at", "grace_until"])
def test_who_answered_or_withdrew_is_not_called(d56: Assessment, moment: str) -> None:
    at = getattr(d56, moment)
    d56.participant.withdrawn_at = at + MINUTE  # also one that is noted for later
    assert reasons_to_call(d56, at, failures=2) == []
    d56.participant.withdrawn_at = None
    submitted(d56, d56.opens_at)
    assert reasons_to_call(d56, at, failures=2) == []


def test_a_reason_says_until_when_the_call_helps(d56: Assessment) -> None:
    late, missed = (next(iter(of_visit(d56, 0, at))) for at in (d56.due_at, d56.grace_until))
    assert (late.until, late.term) == (d56.grace_until, "until")
    assert (missed.until, missed.term) == (d56.grace_until, "last day")


@pytest.mark.parametrize(
    ("kind", "visit_code", "note", "reason"),
    [
        (TaskKind.SAFETY, "d56", "hscl25.ending_life", (Urgency.SAFETY, "safety", "hscl25.ending_life")),
        (TaskKind.CALL_ME, "d56", None, (Urgency.TASK, "call me", "")),
        (TaskKind.NOT_ABLE_TODAY, "d56", None, (Urgency.TASK, "not able today", "")),
        (TaskKind.PIN_LOCKED, "d56", None, (Urgency.TASK, "PIN locked", "")),
        (TaskKind.WRONG_PERSON, None, "who is this?", (Urgency.TASK, "wrong person", "who is this?")),
        (
            TaskKind.FREE_TEXT,
            "d28",
            "cointerventions.other_text, cointerventions.why, sick_leave.kind",
            (Urgency.TO_READ, "to be read", "day 28: something was written under cointerventions, sick leave"),
        ),
        (
            TaskKind.FREE_TEXT,
            "baseline2",  # a visit that this version of the protocol does not have goes by its code
            "wellbeing.more",
            (Urgency.TO_READ, "to be read", "baseline2: something was written under wellbeing"),
        ),
        (TaskKind.FREE_TEXT, None, "sick_leave.kind", (Urgency.TO_READ, "to be read", "sick leave")),
    ],
)
def test_an_open_task_is_a_reason(
    d56: Assessment, kind: TaskKind, visit_code: str | None, note: str | None, reason: tuple[Urgency, str, str]
) -> None:
    task = Task(participant=d56.participant, kind=kind, visit=visit_code, note=note, created_at=NOW, due_at=NOW)
    made = of_task(task)
    assert (made.urgency, made.word, made.sentence) == reason
    assert (made.until, made.term, made.task) == (NOW, "by", task)


def test_the_most_urgent_comes_first_and_equals_by_their_code() -> None:
    def because(*urgencies: Urgency) -> list[CallReason]:
        return [CallReason(urgency, urgency.name, "") for urgency in urgencies]

    people = {
        Participant(code="01-003"): because(Urgency.LATE, Urgency.UNDELIVERED),
        Participant(code="01-002"): because(Urgency.TO_READ),
        Participant(code="02-001"): because(Urgency.MISSED, Urgency.SAFETY),
        Participant(code="01-001"): because(Urgency.UNDELIVERED),
        Participant(code="01-004"): because(),
    }
    listed = [
        (call.participant.code, [reason.urgency.name for reason in call.reasons]) for call in in_order(people, NOW)
    ]
    assert listed == [
        ("02-001", ["SAFETY", "MISSED"]),
        ("01-001", ["UNDELIVERED"]),
        ("01-003", ["UNDELIVERED", "LATE"]),
        ("01-002", ["TO_READ"]),
    ]


@pytest.mark.parametrize(
    ("urgency", "alarming"),
    [
        (Urgency.SAFETY, True),
        (Urgency.TASK, True),
        (Urgency.UNREACHABLE, True),
        (Urgency.UNDELIVERED, True),
        (Urgency.NEVER_SENT, True),
        (Urgency.LATE, False),
        (Urgency.AT_RISK, False),
        (Urgency.MISSED, False),
        (Urgency.TO_READ, False),
    ],
)
def test_being_late_is_no_alarm(urgency: Urgency, alarming: bool) -> None:
    assert urgency.is_alarming is alarming


def whole(study: Study) -> Scope:
    return admit(user(study, Role.INVESTIGATOR), study.code, Permission.VIEW_PARTICIPANT)


def text(to: Assessment, state: MessageState, at: datetime) -> Message:
    reason = "answered" if state is MessageState.SUPPRESSED else None
    return message(to, state, at, dedupe_key=f"{to.id}:{at.timestamp()}", reason=reason, settled_at=at)


F, U, D = MessageState.FAILED, MessageState.UNKNOWN, MessageState.DELIVERED


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([F], "a text failed once"),
        ([U], "a text failed once"),
        ([F, U], "a text failed 2 times"),
        ([F, U, F], "a text failed 3 times"),
        ([F, D], None),
        ([D, F], "a text failed once"),
        ([F, F, D, U], "a text failed once"),
        ([F, D, D], None),
        ([MessageState.SUPPRESSED], None),
        ([F, MessageState.SUPPRESSED], "a text failed once"),
        ([MessageState.ACCEPTED], None),
    ],
)
def test_texts_that_failed_count_since_one_arrived(
    session: Session, d56: Assessment, states: list[MessageState], sentence: str | None
) -> None:
    for hour, state in reversed(list(enumerate(states))):  # it is their hour that counts, not when they were written
        text(d56, state, d56.opens_at + hour * MINUTE)
    listed = calls(whole(d56.participant.study), d56.opens_at + timedelta(hours=1))
    said = [reason.sentence for call in listed for reason in call.reasons if "day 56" in reason.sentence]
    assert said == ([f"day 56 is open, and {sentence}"] if sentence else [])


def test_tasks_of_other_sites_and_studies_and_those_done_are_nobodys_call_here(session: Session) -> None:
    protocol, strange = backtobasic(), participant(backtobasic(code="other"), "02")
    study, mine, elsewhere = protocol.study, participant(protocol, "02"), participant(protocol, "03")
    for about, done_at in ((mine, None), (mine, NOW), (elsewhere, None), (strange, None)):
        closed = {"done_at": done_at, "done_by": "user:1", "outcome": "called"} if done_at else {}
        session.add(Task(participant=about, kind=TaskKind.CALL_ME, created_at=NOW, **closed))
    session.flush()
    scope = admit(user(study, Role.COORDINATOR, "02"), study.code, Permission.VIEW_PARTICIPANT)
    assert [call.participant for call in calls(scope, NOW)] == [mine]
    assert [call.participant for call in calls(whole(strange.study), NOW)] == [strange]


def test_what_is_open_and_not_due_can_wait(session: Session, d56: Assessment) -> None:
    scope = whole(d56.participant.study)
    assert waiting_until_due(scope, d56.opens_at - SECOND) == 0
    assert waiting_until_due(scope, d56.opens_at) == 1
    assert waiting_until_due(scope, d56.due_at - SECOND) == 1
    assert waiting_until_due(scope, d56.due_at) == 0
    submitted(d56, d56.opens_at)
    assert waiting_until_due(scope, d56.opens_at + SECOND) == 0
