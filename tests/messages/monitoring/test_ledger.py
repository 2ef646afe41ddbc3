"""The books of a study: every text owed is accounted for, or they do not close."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.database import db
from app.core.problems import BadInput
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.monitoring.ledger import books, books_and_days
from app.messages.queueing.prompts import queue_prompts
from app.schedule.models import Assessment
from app.studies.confining import confine
from app.studies.installing import site
from app.studies.models import StudyState
from tests import factories
from tests.messages.books import states
from tests.messages.people import INVITED, PROTOCOL, answered, enrolled, minutes, only, visit


def test_the_ledger_closes_or_says_what_is_missing(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    study, late = assessment.participant.study, INVITED + timedelta(hours=1)
    session.commit()
    missing = books(study, now=late)
    assert (missing.owed, missing.accounted, missing.balanced) == (1, 0, False)
    assert missing.contradictions == ("1 visits were due and have no text",)
    tick(gateway, late)
    ledger = books(study, INVITED.date(), late)
    assert (ledger.owed, ledger.accepted, ledger.balanced) == (1, 1, True)
    assert books(study, INVITED.date() + timedelta(days=1), late).owed == 0


def test_the_books_of_a_closed_study_close(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    """What falls due after its end is not sent, and the ledger says why; opened again, what is still due is owed."""
    study = assessment.participant.study
    study.state = StudyState.CLOSED
    session.commit()
    tick(gateway, INVITED)
    ledger = books(study, INVITED.date(), INVITED + timedelta(hours=1))
    assert (ledger.reasons, ledger.owed, ledger.balanced) == ({"study closed": 1}, 1, True)
    study.state = StudyState.LIVE
    session.commit()
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.ACCEPTED]


def test_the_ledger_command_says_that_there_is_no_study(session: Session, app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["ledger"])
    assert (done.exit_code, done.output) == (0, "No study has a protocol yet, so no text is owed.\n")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ledger_command_refuses_a_day_that_no_trial_has(assessment: Assessment, app: Flask, day: str) -> None:
    done = app.test_cli_runner().invoke(args=["ledger", "--day", day])
    assert (done.exit_code, done.output.splitlines()[0]) == (1, "Error: Ask for a day from 1900-01-01 to 2999-12-31.")


def test_the_ledger_command_ends_with_one_when_the_books_do_not_close(
    session: Session, assessment: Assessment, gateway: SandboxGateway, app: Flask
) -> None:
    late = INVITED + timedelta(hours=1)
    with moved_clock(lambda: late):
        open_books = app.test_cli_runner().invoke(args=["ledger"])
        tick(gateway, late)
        closed_books = app.test_cli_runner().invoke(args=["ledger", "--study", "backtobasic"])
    assert (open_books.exit_code, closed_books.exit_code) == (1, 0)
    assert "NOT CLOSED: 1 owed, 0 accounted for" in open_books.output
    assert "1 owed = 0 delivered + 1 accepted" in closed_books.output
    unknown = app.test_cli_runner().invoke(args=["ledger", "--study", "nothing"])
    assert (unknown.exit_code, unknown.output) == (1, "Error: There is no study nothing; installed: backtobasic.\n")


@pytest.fixture
def message(session: Session, assessment: Assessment, gateway: SandboxGateway) -> Message:
    """Her invitation, which the provider has taken."""
    tick(gateway, INVITED)
    return session.scalars(select(Message)).one()


LATE = INVITED + timedelta(hours=1)
MOMENT, TEN_MINUTES = timedelta(microseconds=1), timedelta(minutes=10)


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (MessageState.QUEUED, "pending"),
        (MessageState.SENDING, "pending"),
        (MessageState.ACCEPTED, "accepted"),
        (MessageState.DELIVERED, "delivered"),
        (MessageState.FAILED, "failed"),
        (MessageState.SUPPRESSED, "suppressed"),
        (MessageState.UNKNOWN, "unknown"),
    ],
)
def test_each_text_stands_in_one_place_of_the_books(
    session: Session, message: Message, state: MessageState, place: str
) -> None:
    message.state = state
    message.reason = Reason.OVERTAKEN if state is MessageState.SUPPRESSED else None
    message.lease_until = LATE if state is MessageState.SENDING else None
    session.flush()
    ledger = books(message.study, now=LATE)
    assert {name: count for name, count in ledger.as_dict().items() if count} == {"owed": 1, place: 1}
    assert (ledger.accounted, ledger.balanced) == (1, True)
    assert ledger.reasons == ({"overtaken by a later text": 1} if state is MessageState.SUPPRESSED else {})


def attempts_of(message: Message, count: int) -> None:
    """As if it had been tried so often."""
    for number in range(1, count + 1):
        db.session.add(Attempt(message_id=message.id, number=number, epoch=1, started_at=INVITED))
    db.session.flush()


@pytest.mark.parametrize("state", [MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED])
@pytest.mark.parametrize(
    ("attempts", "kept", "sid", "contradictions"),
    [
        (1, 1, "SM1", ()),
        (2, 2, "SM1", ()),
        (0, 0, "SM1", ("1 texts left without an attempt",)),
        (1, 1, None, ("1 texts left without the provider's number",)),
        (1, 0, "SM1", ("1 texts whose attempts were not all kept",)),
        (1, 2, "SM1", ("1 texts whose attempts were not all kept",)),
        (
            0,
            1,
            None,
            (
                "1 texts left without an attempt",
                "1 texts left without the provider's number",
                "1 texts whose attempts were not all kept",
            ),
        ),
    ],
)
def test_books_with_a_contradiction_do_not_close(
    session: Session,
    assessment: Assessment,
    state: MessageState,
    attempts: int,
    kept: int,
    sid: str | None,
    contradictions: tuple[str, ...],
) -> None:
    queue_prompts(INVITED)
    message = session.scalars(select(Message)).one()
    message.state, message.attempts, message.sid = state, attempts, sid
    attempts_of(message, kept)
    if state is MessageState.FAILED:  # it need not have left
        contradictions = tuple(each for each in contradictions if "left" not in each)
    ledger = books(message.study, now=LATE)
    assert (ledger.contradictions, ledger.balanced) == (contradictions, not contradictions)


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        (INVITED, 0),
        (INVITED + TEN_MINUTES, 0),
        (INVITED + TEN_MINUTES + MOMENT, 1),
        (INVITED + timedelta(days=30), 1),
        (None, 0),  # the outbox alone is asked
    ],
)
def test_a_visit_without_a_text_is_missing_when_it_was_due_for_more_than_ten_minutes(
    assessment: Assessment, now: datetime | None, missing: int
) -> None:
    ledger = books(assessment.participant.study, now=now)
    assert (ledger.owed, ledger.accounted, ledger.balanced) == (missing, 0, not missing)


@pytest.mark.parametrize(
    ("happened_at", "owed"),
    [
        (INVITED - MOMENT, 0),
        (INVITED, 0),
        (INVITED + TEN_MINUTES, 0),  # before a text had to be there
        (INVITED + TEN_MINUTES + MOMENT, 1),
    ],
)
@pytest.mark.parametrize("what", ["answered", "withdrawn"])
def test_who_answered_or_left_within_ten_minutes_was_owed_nothing(
    session: Session, assessment: Assessment, what: str, happened_at: datetime, owed: int
) -> None:
    if what == "answered":
        answered(assessment, happened_at)
    else:
        assessment.participant.withdrawn_at = happened_at
        session.flush()
    assert books(assessment.participant.study, now=LATE).owed == owed


@pytest.mark.parametrize(
    ("planned_at", "missing"), [(LATE - TEN_MINUTES - MOMENT, 1), (LATE - TEN_MINUTES, 0), (LATE, 0)]
)
def test_a_visit_planned_within_the_last_ten_minutes_is_not_missing_yet(
    session: Session, assessment: Assessment, planned_at: datetime, missing: int
) -> None:
    assessment.planned_at = planned_at
    session.flush()
    assert books(assessment.participant.study, now=LATE).owed == missing


MIDNIGHT = datetime(2026, 9, 21, 22, tzinfo=UTC)
"""The midnight in Oslo that begins the day of the invitation."""
DAY = timedelta(days=1)
INSIDE = [(MIDNIGHT - MOMENT, 0), (MIDNIGHT, 1), (MIDNIGHT + DAY - MOMENT, 1), (MIDNIGHT + DAY, 0)]


@pytest.mark.parametrize(("at", "owed"), INSIDE)
def test_a_text_belongs_to_the_studys_own_day_on_which_it_was_owed(
    session: Session, message: Message, at: datetime, owed: int
) -> None:
    message.owed_at = at
    session.flush()
    assert books(message.study, INVITED.date()).owed == owed


@pytest.mark.parametrize(("at", "owed"), INSIDE)
def test_a_missing_visit_belongs_to_the_day_on_which_it_was_due(
    session: Session, assessment: Assessment, at: datetime, owed: int
) -> None:
    assessment.send_at = at
    session.flush()
    ledger = books(assessment.participant.study, INVITED.date(), INVITED + timedelta(days=2))
    assert (ledger.owed, ledger.balanced) == (owed, not owed)


@pytest.mark.parametrize(
    ("day", "is_one"),
    [(date(1899, 12, 31), False), (date(1900, 1, 1), True), (date(2999, 12, 31), True), (date(3000, 1, 1), False)],
)
def test_the_days_of_a_trial_lie_within_eleven_centuries(assessment: Assessment, day: date, is_one: bool) -> None:
    study = assessment.participant.study
    if is_one:
        assert books(study, day).owed == 0
    else:
        with pytest.raises(BadInput, match="Ask for a day from 1900-01-01 to 2999-12-31"):
            books(study, day)


def test_the_books_of_one_study_hold_nothing_of_another(session: Session, assessment: Assessment) -> None:
    other = enrolled(2, text=PROTOCOL.read_text("utf-8").replace("study: backtobasic", "study: another"))
    only(other, "d7", "d14")
    factories.message(visit(other, "d14"), MessageState.ACCEPTED, INVITED)  # which no attempt stands for
    mine, theirs = (books(study, now=LATE) for study in (assessment.participant.study, other.study))
    assert (mine.owed, mine.contradictions) == (1, ("1 visits were due and have no text",))
    assert (theirs.owed, theirs.accepted) == (2, 1)
    assert theirs.contradictions == ("1 visits were due and have no text", "1 texts whose attempts were not all kept")


def test_the_books_of_days_are_those_of_each_and_the_whole_is_of_all(session: Session, assessment: Assessment) -> None:
    """One pass over the texts and the visits gives what many gave."""
    study, first = assessment.participant.study, INVITED.date()
    queue_prompts(INVITED)
    text = session.scalars(select(Message)).one()
    text.state, text.attempts, text.sid = MessageState.ACCEPTED, 2, None
    attempts_of(text, 1)
    only(enrolled(2), "d7", "d14")
    now, shown = INVITED + timedelta(days=9), [first + timedelta(days=ahead) for ahead in (8, 7, 6, 5)]
    whole, days = books_and_days(study, shown[0], 4, now)
    assert (whole.owed, whole.accepted) == (3, 1)
    assert whole.contradictions == (
        "2 visits were due and have no text",
        "1 texts left without the provider's number",
        "1 texts whose attempts were not all kept",
    )
    assert whole == books(study, now=now)
    assert days == [(day, books(study, day, now)) for day in shown]
    assert [of_day.owed for _, of_day in days] == [0, 1, 0, 0], "what is owed on other days is in the whole alone"


def test_whose_attempts_are_counted_is_confined(session: Session, assessment: Assessment) -> None:
    """The function looks with the owner's eyes, and tells of nobody whom she may not see."""
    queue_prompts(INVITED)
    text = session.scalars(select(Message)).one()
    text.attempts = 3
    session.flush()
    unkept = select(func.attempts_not_kept(text.study_id))
    mine, other = assessment.participant.site_id, site(text.study, "02").id
    seen = []
    for sites in ((mine,), (other,), ()):
        confine(sites)
        seen.append(session.scalars(unkept).all())
    assert seen == [[text.id], [], []]
