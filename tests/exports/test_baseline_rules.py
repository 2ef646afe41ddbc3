"""What the protocol says of baseline, as the export asks the database and marks its rows."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Numeric, String, cast, literal, select
from sqlalchemy.orm import Session

from app.core.time import UTCDateTime
from app.exports.queries import answered
from app.exports.queries.placing import baseline_ends, may_be_baseline
from app.messages.outlook.noting import note_event
from app.participants.events import plan_event
from app.participants.grades import LeavingGrade
from app.participants.models import EventState, Participant
from tests.exports import builders
from tests.factories import NOW, enrolled_by, installed, participant
from tests.studies.protocol.second import second

DAY = timedelta(days=1)
RULES = [
    # what the protocol says; how many days ago baseline ended, with surgery five days ago and flares three and two
    ("", 5),
    ("baseline: {last_before: surgery}\n", 5),
    ("baseline: {last_before: flare}\n", 3),
    ("baseline: {visit: start}\n", None),
    ("baseline: none\n", None),
]


@pytest.mark.parametrize(("rule", "days"), RULES)
def test_baseline_ends_when_the_protocol_says(session: Session, rule: str, days: int | None) -> None:
    person = participant(installed(second(("anchor: surgery\n", f"anchor: surgery\n{rule}"))))
    enrolled_by(person, (NOW - 9 * DAY).date())
    for kind, ago in (("surgery", 5), ("flare", 3), ("flare", 2)):
        note_event(person, kind, EventState.HAPPENED, None, NOW - ago * DAY, NOW)
    ends = baseline_ends()
    query = select(ends.c.at).where(ends.c.participant_id == person.id)
    assert session.scalar(query) == (None if days is None else NOW - days * DAY)


def test_what_is_only_planned_ends_no_baseline(session: Session) -> None:
    person = participant(installed(second()))
    plan_event(person, "surgery", (NOW + DAY).date(), None, NOW)
    ends = baseline_ends()
    assert session.scalars(select(ends.c.at).where(ends.c.participant_id == person.id)).all() == []


def test_the_export_asks_by_the_version_that_each_follows(session: Session) -> None:
    statement = str(answered.scores(participant(installed(second())).study))
    assert "baseline_ends" in statement
    assert "participants.protocol_id" in statement


MAY_BE = [
    # the visit of the baseline, if one is named; which visit, so many days after the end, of a value; whether it may be
    (None, "start", -1, 20, True),
    (None, "start", 1, 20, False),
    ("start", "start", -1, 20, True),
    ("start", "start", 1, 20, True),  # of the visit that is named, whenever it was answered
    ("start", "before", -1, 20, False),
    ("start", "before", 1, 20, False),
    ("start", "start", -1, None, False),
]


@pytest.mark.parametrize(("named", "code", "days", "value", "expected"), MAY_BE)
def test_a_value_is_of_the_visit_that_is_named_or_else_from_before_the_end(
    named: str | None, code: str, days: int, value: int | None, expected: bool, session: Session
) -> None:
    number = cast(literal(None if value is None else Decimal(value)), Numeric)
    at, end = literal(NOW + days * DAY, UTCDateTime), literal(NOW, UTCDateTime)
    eligible = may_be_baseline(number, literal(code), at, end, literal(named, String))
    assert session.scalar(select(eligible)) is expected


def twice_answered(rule: str = "") -> Participant:
    """Somebody who answered `start` and then `before`, and had her surgery."""
    person = participant(installed(second(("anchor: surgery\n", f"anchor: surgery\n{rule}"))))
    enrolled_by(person, (NOW - 9 * DAY).date())
    note_event(person, "surgery", EventState.HAPPENED, None, NOW - DAY, NOW)
    for code, ago in (("start", 5), ("before", 2)):
        builders.answered(builders.visit(person, code), NOW - ago * DAY, builders.ODI)
    return person


@pytest.mark.parametrize(
    ("rule", "code"), [("", "before"), ("baseline: {visit: start}\n", "start"), ("baseline: none\n", None)]
)
def test_the_scores_mark_the_baseline_that_the_protocol_names(rule: str, code: str | None, session: Session) -> None:
    rows = session.execute(answered.scores(twice_answered(rule).study)).all()
    assert {(row.visit, row.baseline) for row in rows} == {(each, each == code) for each in ("start", "before")}


def test_no_score_leaves_of_whoever_has_forbidden_its_use(session: Session) -> None:
    person = twice_answered()
    person.left_as = LeavingGrade.NO_FURTHER_USE
    session.flush()
    assert session.execute(answered.scores(person.study)).all() == []
