"""A submission in one statement: who acts, the response, its answers and scores, the visit closed, the draft gone.

One statement is one round trip, and the audit's triggers run once per table and not once per row.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Insert,
    Table,
    Text,
    Update,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.selectable import CTE

from app.core.audit import DECLARING, declaration
from app.core.batches import Batch, table
from app.core.database import db
from app.core.prepared import Prepared
from app.responses.checking import NewAnswer
from app.responses.models import Answer, Draft, Mode, Response, Score
from app.schedule.models import Assessment

ASSESSMENTS, DRAFTS, RESPONSES = table(Assessment), table(Draft), table(Response)


class NewResponse(NamedTuple):
    """The facts of a response; its fields are the columns."""

    assessment_id: int
    submitted_at: datetime
    mode: Mode
    language: str
    content: str
    sha256: str
    instruments: dict[str, dict[str, object]]


class Closing(NamedTuple):
    """What a submission notes on its visit; its fields are the columns."""

    submitted_at: datetime
    opened_at: datetime
    partial: bool


class NewScore(NamedTuple):
    """A score as its row is written."""

    instrument: str
    name: str
    value: Decimal | None
    value_set: str | None
    category: str | None
    n_answered: int
    missing_reason: str | None
    rule: str
    instrument_version: str
    scorer_version: str
    input_sha256: str
    scored_at: datetime


class NewSubmission(NamedTuple):
    """All that a submission writes."""

    response: NewResponse
    closing: Closing
    answers: Sequence[NewAnswer]
    scores: Sequence[NewScore]


ROW_VERSION: ColumnElement[str] = literal_column("assessments.xmin::text", Text())
"""Another one after each change of the assessment's row."""
OF_THIS_VERSION = text("assessments.xmin = coalesce(CAST(:row_version AS xid), assessments.xmin)")
DECLARED = DECLARING.cte("declared")
OPENED = Prepared(
    update(ASSESSMENTS)
    .where(
        ASSESSMENTS.c.id == bindparam("opened_id"), select(func.count()).select_from(DECLARED).scalar_subquery() == 1
    )
    .values(opened_at=bindparam("now", type_=ASSESSMENTS.c.opened_at.type))
    .returning(ASSESSMENTS.c.id)
)
ANSWERS, SCORES = Batch(NewAnswer, "answers"), Batch(NewScore, "scores")


def note_opened(assessment: Assessment, now: datetime) -> None:
    """Note the patient's first act on the visit, whose row this transaction holds: one statement, actor and all."""
    OPENED.first({**declaration(), "opened_id": assessment.id, "now": now})
    set_committed_value(assessment, "opened_at", now)


def write(assessment: Assessment, new: NewSubmission) -> Response:
    """Keep a new response of the assessment, whose row this transaction holds."""
    (key,) = STATEMENT.first(_values(new, None)) or (None,)
    for name, value in new.closing._asdict().items():
        set_committed_value(assessment, name, value)
    response = Response(id=key, **new.response._asdict())
    make_transient_to_detached(response)
    db.session.add(response)
    return response


def write_alone(new: NewSubmission, row_version: str) -> bool:
    """The same by itself, of an assessment that nobody holds; false, and nothing is kept, if its row has changed.

    A draft that was saved while this waited for somebody who held the row stays, until drafts are ended that are over.
    """
    return STATEMENT.first(_values(new, row_version), alone=True) is not None


def _values(new: NewSubmission, row_version: str | None) -> dict[str, object]:
    facts = new.response._asdict() | new.closing._asdict()
    values: dict[str, object] = {f"new_{name}": value for name, value in facts.items()}
    values |= {"new_instruments": Jsonb(new.response.instruments), "row_version": row_version, **declaration()}
    return values | ANSWERS.values(new.answers) | SCORES.values(new.scores)


def _statement() -> Update:
    held = select(ASSESSMENTS.c.id).where(ASSESSMENTS.c.id == _new(RESPONSES, "assessment_id"), OF_THIS_VERSION)
    visit = held.with_for_update(key_share=True).cte("visit")
    facts = select(*(_new(RESPONSES, name) for name in NewResponse._fields)).join_from(DECLARED, visit, true())
    written = insert(RESPONSES).from_select(NewResponse._fields, facts, include_defaults=False)
    response = written.returning(RESPONSES.c.id).cte("response")
    answered = _unfolded(table(Answer), ANSWERS, response).cte("answered")
    scored = _unfolded(table(Score), SCORES, response).cte("scored")
    this = select(visit.c.id).scalar_subquery()
    dropped = delete(DRAFTS).where(DRAFTS.c.assessment_id == this).cte("dropped")
    closing = {name: _new(ASSESSMENTS, name) for name in Closing._fields}
    closed = update(ASSESSMENTS).where(ASSESSMENTS.c.id == this).values(closing)
    key = select(response.c.id).scalar_subquery()
    return closed.returning(key).add_cte(answered, scored, dropped)


def _new(target: Table, name: str) -> BindParameter[Any]:
    return bindparam(f"new_{name}", type_=target.c[name].type)


def _unfolded(target: Table, rows: Batch[Any], response: CTE) -> Insert:
    """Insert the rows under the new response."""
    chosen = select(response.c.id, *rows.table.c).join_from(response, rows.table, true())
    return insert(target).from_select(["response_id", *rows.columns], chosen, include_defaults=False)


STATEMENT = Prepared(_statement())
