"""What cannot be true at once, of texts that carry other visits too, and of studies whose time stands still."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.messages.kinds import Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.monitoring.ledger import books, books_and_days
from app.schedule.models import Assessment
from app.studies.models import StudyState
from tests import factories
from tests.messages.people import INVITED, enrolled, only, visit

LATE = INVITED + timedelta(hours=1)
OTHERWISE = ("1 visits in another's text that say otherwise than it",)
ACCEPTED, DELIVERED, FAILED = MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED


def invitation(
    session: Session, assessment: Assessment, state: MessageState, carrier: Message | None = None
) -> Message:
    """Her invitation; it left by itself, or in the carrier's text, and then has no attempt and no number of its own."""
    if carrier:
        return factories.message(assessment, state, INVITED, sent_with_id=carrier.id, attempts=0, sid=None)
    text = factories.message(assessment, state, INVITED, attempts=1, sid="SM1")
    session.add(Attempt(message_id=text.id, number=1, epoch=1, started_at=INVITED))
    session.flush()
    return text


@pytest.mark.parametrize(
    ("carried_by", "says", "carried", "contradictions"),
    [
        (ACCEPTED, ACCEPTED, True, ()),
        (DELIVERED, DELIVERED, True, ()),
        (FAILED, FAILED, True, ()),
        (DELIVERED, ACCEPTED, True, OTHERWISE),
        (ACCEPTED, FAILED, True, OTHERWISE),
        (FAILED, DELIVERED, True, OTHERWISE),
        (DELIVERED, ACCEPTED, False, ()),  # two texts
        (ACCEPTED, ACCEPTED, False, ()),
    ],
)
def test_a_visit_in_anothers_text_is_where_that_text_is(
    session: Session, carried_by: MessageState, says: MessageState, *, carried: bool, contradictions: tuple[str, ...]
) -> None:
    person = enrolled()
    only(person, "d7", "d14")
    text = invitation(session, visit(person, "d7"), carried_by)
    invitation(session, visit(person, "d14"), says, text if carried else None)
    somebody_else = enrolled(2)
    only(somebody_else, "d7")
    factories.message(visit(somebody_else, "d7"), MessageState.SUPPRESSED, INVITED)
    ledger = books(person.study, now=LATE)
    assert (ledger.owed, ledger.contradictions) == (3, contradictions)


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        (StudyState.SETUP, 1),
        (StudyState.DEMO, 1),
        (StudyState.LIVE, 1),
        (StudyState.RECRUITING_STOPPED, 1),
        (StudyState.CLOSED, 1),
        (StudyState.LOCKED, 0),
        (StudyState.ARCHIVED, 0),
    ],
)
def test_nothing_comes_due_in_a_study_whose_time_stands_still(
    session: Session, assessment: Assessment, state: StudyState, missing: int
) -> None:
    study = assessment.participant.study
    study.state = state
    session.flush()
    ledger = books(study, now=LATE)
    assert (ledger.owed, ledger.balanced) == (missing, not missing)


def test_texts_of_a_day_that_is_shown_are_that_days_and_of_the_whole_once(
    session: Session, assessment: Assessment
) -> None:
    invitation(session, assessment, ACCEPTED)
    first = INVITED.date()
    whole, days = books_and_days(assessment.participant.study, first + timedelta(days=1), 3, LATE)
    assert (whole.owed, [of_day.accepted for _, of_day in days]) == (1, [0, 1, 0])


def test_texts_that_were_not_sent_are_told_by_their_reasons(session: Session) -> None:
    people = [enrolled(number) for number in (1, 2, 3)]
    for person, reason in zip(people, (Reason.OPTED_OUT, Reason.OVERTAKEN, Reason.OPTED_OUT), strict=True):
        factories.message(visit(person, "d7"), MessageState.SUPPRESSED, INVITED, reason=reason)
    assert books(people[0].study).reasons == {str(Reason.OPTED_OUT): 2, str(Reason.OVERTAKEN): 1}
