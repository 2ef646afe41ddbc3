"""Every state of a visit and every course of its texts has one reason, or none where the answer is complete."""

from itertools import combinations, product
from typing import NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.batches import Batch
from app.exports.dataset import dataset
from app.exports.reasons import LEFT_US, AbsenceReason, BaselineReason, OutcomeReason, reason
from app.messages.models import Message, MessageState
from app.schedule.models import Assessment, State
from app.studies.models import Study
from tests.exports.builders import take_part, texted, visit
from tests.exports.conftest import NOW

QUEUED, SENDING, ACCEPTED = MessageState.QUEUED, MessageState.SENDING, MessageState.ACCEPTED
DELIVERED, FAILED = MessageState.DELIVERED, MessageState.FAILED
SUPPRESSED, UNKNOWN = MessageState.SUPPRESSED, MessageState.UNKNOWN
COURSES = [texts for size in range(len(MessageState) + 1) for texts in combinations(MessageState, size)]
"""Every set of states that the texts about a visit can be in together."""

SAID_BY_STATE = [
    (State.COMPLETED, None),
    (State.LATE, None),
    (State.PARTIAL, "partial"),
    (State.NOT_DUE, "not_due"),
    (State.WITHDRAWN, "withdrawn"),
    (State.CANCELLED, "cancelled"),
    (State.VOIDED, "voided"),
]
TEXTS = [
    ((), "not_sent"),
    ((QUEUED,), "not_sent"),
    ((SUPPRESSED,), "not_sent"),
    ((QUEUED, SUPPRESSED), "not_sent"),
    ((FAILED,), "undelivered"),
    ((FAILED, QUEUED), "undelivered"),
    ((FAILED, SUPPRESSED), "undelivered"),
    ((SENDING,), "delivery_unknown"),
    ((ACCEPTED,), "delivery_unknown"),
    ((UNKNOWN,), "delivery_unknown"),
    ((ACCEPTED, QUEUED), "delivery_unknown"),
    ((UNKNOWN, SUPPRESSED), "delivery_unknown"),
    ((SENDING, FAILED), "delivery_unknown"),
    ((ACCEPTED, FAILED), "delivery_unknown"),
    ((UNKNOWN, FAILED), "delivery_unknown"),
    ((DELIVERED,), "not_opened"),
    ((DELIVERED, QUEUED), "not_opened"),
    ((DELIVERED, SENDING), "not_opened"),
    ((DELIVERED, ACCEPTED), "not_opened"),
    ((DELIVERED, UNKNOWN), "not_opened"),
    ((DELIVERED, FAILED), "not_opened"),
    ((DELIVERED, SUPPRESSED), "not_opened"),
    (tuple(MessageState), "not_opened"),
]


CASES = [
    *(
        (state, opened, draft_existed, texts, expected)
        for state, expected in SAID_BY_STATE
        for opened, draft_existed, texts in product((False, True), (False, True), COURSES)
    ),
    *((state, False, False, texts, expected) for state in (State.OPEN, State.MISSED) for texts, expected in TEXTS),
    *(
        (state, opened, draft_existed, texts, "opened")
        for state in (State.OPEN, State.MISSED)
        for opened, draft_existed in ((True, False), (False, True), (True, True))
        for texts in COURSES
    ),
]
"""Some states are the reason whatever became of patient and texts; of a page never begun the text that came furthest
tells; who began had the text whatever was reported of it."""


class Case(NamedTuple):
    """A visit as the database tells of it; of the texts, what became of any."""

    number: int
    state: str
    begun: bool
    arrived: bool
    left: bool
    failed: bool
    too_late: bool = False


GIVEN = Batch(Case, "given")


def test_the_reason_of_every_state_and_every_course_of_the_texts(session: Session) -> None:
    rows = [
        Case(number, state, opened or draft, DELIVERED in texts, bool(LEFT_US & set(texts)), FAILED in texts)
        for number, (state, opened, draft, texts, _) in enumerate(CASES)
    ]
    given = select(GIVEN.table).subquery("given")
    query = select(given.c.number, reason(given.c.state, given.c.begun, given.c.too_late, given)).order_by(
        given.c.number
    )
    reasons = [why for _, why in session.execute(query, GIVEN.values(rows))]
    wrong = [(case, why) for case, why in zip(CASES, reasons, strict=True) if case[-1] != why]
    assert wrong == []


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(("state", "expected"), [*SAID_BY_STATE, (State.OPEN, None), (State.MISSED, None)])
def test_answers_that_came_too_late_explain_a_missed_visit_and_no_other(
    state: State, expected: str | None, begun: bool, session: Session
) -> None:
    rows = [Case(0, state, begun, True, False, False, too_late=True)]
    given = select(GIVEN.table).subquery("given")
    why = session.scalar(select(reason(given.c.state, given.c.begun, given.c.too_late, given)), GIVEN.values(rows))
    of_texts = {State.OPEN: "opened" if begun else "not_opened", State.MISSED: "late_beyond_grace"}
    assert why == of_texts.get(state, expected)


def test_every_state_stands_in_these_tables_and_every_reason_is_given() -> None:
    assert {state for state, _ in SAID_BY_STATE} | {State.OPEN, State.MISSED} == set(State)
    given = {expected for _, expected in (*SAID_BY_STATE, *TEXTS)} - {None} | {"opened", "late_beyond_grace"}
    assert given == {each.value for each in AbsenceReason}


def exported(study: Study) -> dict[tuple[object, object], object]:
    table = dataset(study, NOW).table("assessments")
    places = zip(table.column("participant"), table.column("visit"), strict=True)
    return dict(zip(places, table.column("reason"), strict=True))


def test_a_missed_visit_with_a_purged_draft_reads_opened(study: Study, session: Session) -> None:
    assessment = visit(take_part(study, "077"), "d7")
    texted(assessment, DELIVERED)
    session.commit()
    assert exported(study)["01-077", "d7"] == "not_opened"
    assessment.draft_existed = True
    session.commit()
    assert assessment.state(NOW) is State.MISSED
    assert exported(study)["01-077", "d7"] == "opened"


def sent_about(assessment: Assessment, texts: tuple[MessageState, ...]) -> None:
    for kind, state in zip(("invitation", "reminder-1", "reminder-2", "reissue"), texts, strict=False):
        texted(assessment, state, kind)


def test_what_the_database_tells_of_the_texts_gives_the_reasons_of_the_table(study: Study, session: Session) -> None:
    courses = [(texts, expected) for texts, expected in TEXTS if len(texts) <= 4]
    expected = {}
    for number, (texts, said) in enumerate(courses):
        participant, code = f"{800 + number}", "d7"
        sent_about(visit(take_part(study, participant), code), texts)
        expected[f"01-{participant}", code] = said
    session.commit()
    leaving = exported(study)
    assert {place: leaving[place] for place in expected} == expected


def test_texts_without_a_link_and_texts_about_another_visit_do_not_count(study: Study, session: Session) -> None:
    participant = take_part(study, "078")
    texted(visit(participant, "d14"), DELIVERED)
    reply: Message = texted(visit(participant, "d7"), DELIVERED, "help")
    session.commit()
    assert reply.assessment_id == visit(participant, "d7").id
    assert exported(study)["01-078", "d7"] == "not_sent"
    assert exported(study)["01-078", "d14"] == "not_opened"


def test_the_words_of_the_files_stay_what_statisticians_have_written_into_their_programs() -> None:
    assert set(OutcomeReason) == {"not_asked", "item_skipped", "not_applicable", "not_scored", "died"}
    assert set(BaselineReason) == {
        "not_planned", "no_period", "no_anchor", "not_asked", "after_anchor", "no_value", "not_answered",
    }  # fmt: skip
