"""What the statements decide: lateness, the end of baseline, baseline, the local day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Row, String, func, literal, select
from sqlalchemy.orm import Session

from app.core.time import UTCDateTime
from app.exports import shapes
from app.exports.dataset import dataset, questions
from app.exports.queries import answered as answered_queries
from app.exports.queries import people, placing, visits
from app.instruments import instrument
from app.participants.models import Participant
from app.responses.models import Response, Score
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, answered, take_part, visit
from tests.exports.conftest import NOW

HOUR, SECOND, TICK = timedelta(hours=1), timedelta(seconds=1), timedelta(microseconds=1)
LATENESS = [
    (timedelta(days=-3), 0),
    (-SECOND, 0),
    (timedelta(0), 0),
    (timedelta(seconds=59), 0),
    (timedelta(seconds=59, microseconds=999_999), 0),
    (timedelta(seconds=60), 1),
    (timedelta(minutes=119, seconds=59), 119),
    (timedelta(days=2), 2880),
]


def by_participant(rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    of_each: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        of_each[row.participant].append(row)
    return of_each


def test_every_statement_gives_the_columns_of_its_table_in_their_order(study: Study, session: Session) -> None:
    statements = list(questions(study, NOW, {1: {"d0": (instrument("odi"),)}}))
    assert [(shape.name, tuple(question.selected_columns.keys())) for shape, question in statements] == [
        (shape.name, shape.names) for shape in shapes.SHAPES
    ]


def test_of_the_tables_those_that_are_wanted_are_built_and_read_alone(study: Study, session: Session) -> None:
    session.commit()
    assert [table.name for table in dataset(study, NOW, ("scores", "participants")).tables] == [
        "participants", "scores",
    ]  # fmt: skip


def test_lateness_is_told_in_whole_minutes_after_closing(study: Study, session: Session) -> None:
    for number, (after, _) in enumerate(LATENESS):
        assessment = visit(take_part(study, f"{500 + number}"), "d7")
        answered(assessment, assessment.closes_at + after, {"now": 1, "worst": 1, "usual": 1}, "nrs_lbp_week")
    session.flush()
    rows = by_participant(session.execute(visits.assessments(study, NOW)).all())
    minutes_late = [
        next(row.minutes_late for row in rows[f"01-{500 + number}"] if row.visit == "d7")
        for number in range(len(LATENESS))
    ]
    assert minutes_late == [minutes for _, minutes in LATENESS]


WITHDRAWALS = [
    (None, "Europe/Oslo", None),
    (datetime(2026, 3, 20, 22, 59, tzinfo=UTC), "Europe/Oslo", date(2026, 3, 20)),
    (datetime(2026, 3, 20, 23, 0, tzinfo=UTC), "Europe/Oslo", date(2026, 3, 21)),  # midnight in winter
    (datetime(2026, 6, 20, 21, 59, tzinfo=UTC), "Europe/Oslo", date(2026, 6, 20)),
    (datetime(2026, 6, 20, 22, 0, tzinfo=UTC), "Europe/Oslo", date(2026, 6, 21)),  # midnight in summer
    (datetime(2026, 3, 20, 23, 0, tzinfo=UTC), "UTC", date(2026, 3, 20)),
    (datetime(2026, 3, 20, 3, 0, tzinfo=UTC), "America/New_York", date(2026, 3, 19)),
    (datetime(2026, 10, 4, 13, 29, tzinfo=UTC), "Australia/Lord_Howe", date(2026, 10, 5)),  # half an hour of summer
    (datetime(2026, 3, 20, 10, 0, tzinfo=UTC), "Pacific/Kiritimati", date(2026, 3, 21)),
]


def test_withdrawal_has_the_date_of_the_participants_own_zone(study: Study, session: Session) -> None:
    for number, (at, zone, _) in enumerate(WITHDRAWALS):
        person = take_part(study, f"{500 + number}")
        person.withdrawn_at, person.withdrawal_reason, person.zone = at, None, zone
    session.flush()
    rows = by_participant(session.execute(people.participants(study)).all())
    withdrawals = [
        (row.zone, row.withdrawn_on) for number in range(len(WITHDRAWALS)) for row in rows[f"01-{500 + number}"]
    ]
    assert withdrawals == [(zone, expected) for _, zone, expected in WITHDRAWALS]


class Scored(NamedTuple):
    """A score submitted so long after day 0 began, at one of a participant's visits."""

    after: timedelta
    visit: str = "d0"
    name: str = "odi"
    value: int | None = 20
    value_set: str | None = None
    instrument: str = "odi"


HELD: list[tuple[bool, list[Scored], list[bool]]] = [
    (True, [Scored(-HOUR)], [True]),
    (True, [Scored(-TICK)], [True]),  # the last instant before
    (True, [Scored(0 * HOUR)], [False]),  # at the very instant is after
    (True, [Scored(TICK)], [False]),
    (True, [Scored(HOUR)], [False]),
    (True, [Scored(-365 * 24 * HOUR)], [True]),  # however long before
    (False, [Scored(-HOUR)], [False]),  # planned, not given: nothing has begun
    (False, [Scored(HOUR)], [False]),
    (False, [Scored(-48 * HOUR), Scored(-HOUR, "d7")], [False, False]),
    (True, [Scored(-2 * HOUR), Scored(-HOUR, "d7")], [False, True]),  # the last of two before
    (True, [Scored(-HOUR), Scored(-2 * HOUR, "d7")], [True, False]),  # whatever their order
    (True, [Scored(-HOUR), Scored(HOUR, "d7")], [True, False]),  # a later one does not take its place
    (True, [Scored(-SECOND), Scored(0 * HOUR, "d7")], [True, False]),
    (True, [Scored(HOUR), Scored(2 * HOUR, "d7")], [False, False]),
    (True, [Scored(-2 * HOUR), Scored(-HOUR, "d7", value=None)], [True, False]),  # no value, no baseline
    (True, [Scored(-HOUR, value=None)], [False]),
    (True, [Scored(-HOUR), Scored(-HOUR, "d7")], [False, True]),  # of the same instant, the later response
    (True, [Scored(-2 * HOUR), Scored(-HOUR, "d7", name="odi_sum")], [True, True]),  # one of each score
    (True, [Scored(-2 * HOUR, value_set="NO"), Scored(-HOUR, "d7", value_set="DK")], [True, True]),
    (True, [Scored(-2 * HOUR), Scored(-HOUR, "d7", value_set="DK")], [True, True]),
    (True, [Scored(-2 * HOUR, instrument="a"), Scored(-HOUR, "d7", instrument="b")], [True, True]),
]


def keep(person: Participant, scored: Scored) -> Score:
    response = Response(
        assessment=visit(person, scored.visit), submitted_at=INFUSED_AT + scored.after, mode="page", language="nb",
        content="{}", sha256="0" * 64, instruments={},
    )  # fmt: skip
    value = None if scored.value is None else Decimal(scored.value)
    score = Score(
        instrument=scored.instrument, name=scored.name, value=value, value_set=scored.value_set, n_answered=10,
        missing_reason=None, rule="sum", instrument_version="2.0", scorer_version="1", input_sha256="0" * 64,
        scored_at=response.submitted_at,
    )  # fmt: skip
    response.scores.append(score)
    return score


def test_one_score_of_each_measure_is_marked_as_baseline(study: Study, session: Session) -> None:
    for number, (given, case, _) in enumerate(HELD):
        person = take_part(study, f"{500 + number}", infused_at=INFUSED_AT if given else None)
        for scored in case:
            session.add(keep(person, scored))
            session.flush()
    rows = by_participant(session.execute(answered_queries.scores(study)).all())
    for number, (_, case, expected) in enumerate(HELD):
        by_visit = {row.visit: row for row in rows[f"01-{500 + number}"]}
        assert [by_visit[scored.visit].baseline for scored in case] == expected, case


@pytest.mark.parametrize(
    ("after", "given", "expected"),
    [
        (-HOUR, True, False),
        (-TICK, True, False),
        (0 * HOUR, True, True),  # the very instant
        (TICK, True, True),
        (HOUR, True, True),
        (-HOUR, False, False),
        (HOUR, False, False),  # planned, not given
        (None, True, None),  # never submitted
    ],
)
def test_an_answer_at_or_after_the_end_is_flagged_and_never_baseline(
    session: Session, after: timedelta | None, given: bool, expected: bool | None
) -> None:
    at = literal(None if after is None else INFUSED_AT + after, UTCDateTime)
    ends_at = literal(INFUSED_AT if given else None, UTCDateTime)
    flagged = placing.after_baseline_end(at, ends_at)
    eligible = placing.may_be_baseline(literal(Decimal(20)), literal("d0"), at, ends_at, literal(None, String))
    assert session.execute(select(flagged, eligible)).one() == (expected, expected is False and given)


def test_the_order_of_the_rows_is_that_of_code_points(study: Study, session: Session) -> None:
    for code in ("Å-1", "a-1", "Z-1", "10-1"):
        take_part(study).code = code
    session.flush()
    rows = [row.participant for row in session.execute(people.participants(study))]
    assert rows == sorted(rows)
    assert session.scalar(select(func.count()).select_from(Participant)) == len(rows)
