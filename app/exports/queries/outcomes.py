"""What was due and what came of it: a row for each questionnaire of a visit, and one for each of its outcomes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sql
from sqlalchemy import CTE, ColumnElement, Subquery, and_, case, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from app.core.batches import Batch
from app.exports.outcomes import AskedInstrument, DueOutcome
from app.exports.periods import VisitPeriod
from app.exports.queries.answered import last_corrections
from app.exports.queries.placing import Question, in_c, may_be_baseline, named
from app.exports.queries.visits import visits
from app.exports.reasons import DOES_NOT_APPLY, AbsenceReason, BaselineReason, OutcomeReason
from app.instruments.results import Unscored
from app.participants.grades import LeavingGrade
from app.responses.models import Score
from app.schedule.states import State
from app.studies.models import Study

T = TypeVar("T")
Columns = ReadOnlyColumnCollection[str, Any]
ASKED, DUE, PERIODS = Batch(AskedInstrument, "asked"), Batch(DueOutcome, "due"), Batch(VisitPeriod, "periods")
SITE_KNOWS = tuple(
    each.value
    for each in (
        AbsenceReason.UNDELIVERED, AbsenceReason.DELIVERY_UNKNOWN, AbsenceReason.NOT_OPENED, AbsenceReason.OPENED,
        AbsenceReason.LATE_BEYOND_GRACE,
    )
)  # fmt: skip
"""Where there is no answer, the site may have noted why."""
REPLACED = ("id", "anchor_on", "answered", "reason", "baseline_visit")
"""Of a visit, what its outcomes say otherwise or have no need of."""
DECIMAL_PLACES = 6
"""Of a percentage that does not end, as of a score."""


def schedule(study: Study, now: datetime, questionnaires: Sequence[AskedInstrument]) -> Question:
    """What each visit asks, in the order of its page, and whether its answer has it."""
    of_study = visits(study, now).cte("visits")
    visit, plan = of_study.c, ASKED.table.c
    query: Question = select(
        named(study),
        visit.participant,
        visit.site,
        visit.visit,
        visit.day,
        visit.sequence,
        plan.instrument,
        plan.place,
        visit.opens_on,
        visit.due_on,
        visit.closes_on,
        visit.state,
        func.coalesce(visit.answered.has_key(plan.instrument), False).label("answered"),
    ).join_from(of_study, ASKED.table, and_(plan.protocol_id == visit.protocol_id, plan.visit == visit.base_code))
    order = (in_c(visit.participant), visit.day, in_c(visit.visit), plan.place)
    return query.order_by(*order).params(**ASKED.values(questionnaires))


def analysis(study: Study, now: datetime, due: Sequence[DueOutcome], periods: Sequence[VisitPeriod] = ()) -> Question:
    """Every outcome of every visit that was to give one: its value, its baseline, and why either is not there."""
    of_study = visits(study, now).cte("visits")
    row = _beside_baseline(_valued(of_study)).c
    later = case((row.baseline_visit.is_not(None), row.submitted_at > row.base_at), else_=row.after_baseline_end)
    left_undone = sql.cast(row.not_done_reason, sql.Text)
    change = case((later, row.value - row.base))
    query: Question = select(
        named(study),
        *(row[name] for name in ("participant", "site", "visit", "day", "sequence", "outcome", "value_set")),
        *(row[name] for name in ("instrument", "score", "value", "category", "base")),
        change.label("chg"),
        func.round(change * 100 / func.nullif(row.base, 0), DECIMAL_PLACES).label("pchg"),
        (row.is_baseline & (row.assessment_id == row.base_assessment_id)).label("baseline"),
        row.baseline_on,
        base_reason(row).label("base_why"),
        row.in_window,
        row.late,
        row.after_baseline_end,
        row.minutes_late,
        row.state,
        row.why,
        case(
            (row.why == AbsenceReason.NOT_SENT.value, func.coalesce(left_undone, row.held_because)),
            (row.why.in_([each.value for each in OutcomeReason]), row.missing_reason),
            (row.why == AbsenceReason.PARTIAL.value, row.missing_reason),
            (row.why == AbsenceReason.WITHDRAWN.value, sql.cast(row.left_as, sql.Text)),
            (row.why.in_(SITE_KNOWS), left_undone),
        ).label("cause"),
        row.mode,
        row.language,
        row.corrected,
        *(row[name] for name in ("opens_on", "due_on", "closes_on", "submitted_on", "submitted_at")),
    )
    order = (in_c(row.participant), row.day, in_c(row.visit), in_c(row.outcome), in_c(row.value_set))
    return query.order_by(*order, in_c(row.instrument)).params(**DUE.values(due), **PERIODS.values(periods))


def base_reason(row: Columns) -> ColumnElement[str | None]:
    """Why there is nothing to compare with; the first that holds."""
    return case(
        (row.base.is_not(None), None),
        (row.no_baseline, BaselineReason.NOT_PLANNED.value),
        (row.has_periods & row.period.is_(None), BaselineReason.NO_PERIOD.value),
        (row.baseline_visit.is_(None) & row.baseline_ends_at.is_(None), BaselineReason.NO_ANCHOR.value),
        (row.came_after, BaselineReason.AFTER_ANCHOR.value),
        (~row.asked_before, BaselineReason.NOT_ASKED.value),
        (row.answered_before, BaselineReason.NO_VALUE.value),
        else_=BaselineReason.NOT_ANSWERED.value,
    )


def outcome_reason(visit: Columns, cell: Columns, answered: ColumnElement[bool]) -> ColumnElement[str | None]:
    """Why there is no value: what its visit says, or what an answer says of this questionnaire."""
    applies_not = cell.missing_reason.in_([each.value for each in DOES_NOT_APPLY])
    left_out = cell.missing_reason == Unscored.NOT_ANSWERED.value
    return case(
        (cell.value.is_not(None), None),
        ((visit.left_as == LeavingGrade.DIED) & (visit.state == State.WITHDRAWN.value), OutcomeReason.DIED.value),
        (visit.response_id.is_not(None) & ~visit.may_be_used, AbsenceReason.WITHDRAWN.value),
        (visit.response_id.is_(None) | (visit.state == State.VOIDED.value), visit.reason),
        (~cell.is_scored & ~answered, OutcomeReason.NOT_ASKED.value),
        (~cell.is_scored, OutcomeReason.NOT_SCORED.value),
        (applies_not, OutcomeReason.NOT_APPLICABLE.value),
        (left_out & (visit.state == State.PARTIAL.value), AbsenceReason.PARTIAL.value),
        else_=OutcomeReason.ITEM_SKIPPED.value,
    )


def _beside_baseline(valued: Subquery) -> Subquery:
    """Each value beside the last one of its outcome before day 0 took place, or that of the baseline visit of its
    period, and what tells why there is none."""
    row = valued.c
    of_outcome = (row.participant_id, row.outcome, row.value_set, row.period)
    last_first = (row.is_baseline.desc(), row.submitted_at.desc(), row.response_id.desc(), in_c(row.instrument))

    def of_baseline(column: ColumnElement[T]) -> ColumnElement[T | None]:
        there = case((row.is_baseline, column))
        return func.first_value(there).over(partition_by=of_outcome, order_by=last_first)

    def ever(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return func.coalesce(func.bool_or(condition).over(partition_by=of_outcome), False)

    of_visit, late = row.visit == row.baseline_visit, row.submitted_at >= row.baseline_ends_at
    before = case((row.baseline_visit.is_not(None), of_visit), else_=row.opens_at < row.baseline_ends_at)
    sent = case((row.baseline_visit.is_not(None), of_visit), else_=row.submitted_at < row.baseline_ends_at)
    query = select(
        *row,
        of_baseline(row.value).label("base"),
        of_baseline(row.submitted_on).label("baseline_on"),
        of_baseline(row.submitted_at).label("base_at"),
        of_baseline(row.assessment_id).label("base_assessment_id"),
        ever(before & row.why.is_distinct_from(OutcomeReason.NOT_ASKED.value)).label("asked_before"),
        ever(before & late & row.value.is_not(None)).label("came_after"),
        ever(sent & row.response_id.is_not(None)).label("answered_before"),
    )
    return query.subquery("beside_baseline")


def _valued(of_study: CTE) -> Subquery:
    """Each outcome that was due or given, with its visit."""
    visit, cell, corrected, of = of_study.c, _cells(of_study), last_corrections(), PERIODS.table.c
    with_correction = select(corrected.c.response_id, corrected.c.instrument).distinct().subquery("with_correction")
    is_sent, given = visit.response_id.is_not(None), visit.submitted_at
    answered = func.coalesce(visit.answered.has_key(cell.c.instrument), False)
    baseline_visit = func.coalesce(of.base_visit, visit.baseline_visit)
    query = select(
        *(column for column in visit if column.name not in REPLACED),
        of.period,
        baseline_visit.label("baseline_visit"),
        *cell.c,
        outcome_reason(visit, cell.c, answered).label("why"),
        case((is_sent, (given >= visit.opens_at) & (given < visit.closes_at))).label("in_window"),
        case((is_sent, given >= visit.closes_at)).label("late"),
        case((is_sent, with_correction.c.response_id.is_not(None))).label("corrected"),
        may_be_baseline(cell.c.value, visit.visit, given, visit.baseline_ends_at, baseline_visit).label("is_baseline"),
    ).join_from(of_study, cell, cell.c.assessment_id == visit.id)
    in_period = (of.protocol_id == visit.followed_protocol_id) & (of.visit == visit.base_code)
    query = query.outerjoin(PERIODS.table, in_period)
    of_response = with_correction.c.response_id == visit.response_id
    of_instrument = with_correction.c.instrument == cell.c.instrument
    return query.outerjoin(with_correction, of_response & of_instrument).subquery("valued")


def _cells(of_study: CTE) -> Subquery:
    """The outcomes that a visit was to give, and scores beside them that it gave all the same."""
    visit, plan, scored = of_study.c, DUE.table.c, _scored(of_study)
    planned = (
        select(visit.id.label("assessment_id"), plan.instrument, plan.score, plan.value_set, plan.outcome)
        .join_from(of_study, DUE.table, and_(plan.protocol_id == visit.protocol_id, plan.visit == visit.base_code))
        .subquery("planned")
    )
    same_set = func.coalesce(scored.c.value_set, "") == func.coalesce(planned.c.value_set, "")
    same = and_(*(scored.c[name] == planned.c[name] for name in ("assessment_id", "instrument", "score")), same_set)
    names = ("assessment_id", "instrument", "score", "value_set")
    query = select(
        *(func.coalesce(planned.c[name], scored.c[name]).label(name) for name in names),
        func.coalesce(planned.c.outcome, scored.c.score).label("outcome"),
        scored.c.value,
        scored.c.category,
        scored.c.missing_reason,
        scored.c.assessment_id.is_not(None).label("is_scored"),
    )
    return query.select_from(planned.join(scored, same, full=True)).subquery("cells")


def _scored(of_study: CTE) -> Subquery:
    """The current scores of the visits."""
    query = select(
        of_study.c.id.label("assessment_id"),
        Score.instrument,
        Score.name.label("score"),
        Score.value_set,
        Score.value,
        Score.category,
        Score.missing_reason,
    ).join_from(of_study, Score, Score.response_id == of_study.c.response_id)
    return query.where(Score.superseded_at.is_(None), of_study.c.may_be_used).subquery("scored")
