"""A submission in one statement: who acts, the response, its answers and scores, the visit closed, the draft gone.

One statement is one round trip, and the audit's triggers run once per table and not once per row. The rows travel as
JSON, which PostgreSQL unfolds.
"""

from typing import Any

from sqlalchemy import (
    Insert,
    Integer,
    Numeric,
    Table,
    Text,
    Update,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.selectable import CTE

from app.core.audit import DECLARING, declaration
from app.core.database import Base, db
from app.core.time import UTCDateTime
from app.responses.models import Response
from app.schedule.models import Assessment

TABLES = Base.metadata.tables
ASSESSMENTS, DRAFTS, RESPONSES = TABLES["assessments"], TABLES["drafts"], TABLES["responses"]
FACTS = ("assessment_id", "submitted_at", "mode", "language", "content", "sha256", "instruments")
ANSWER = {"instrument": Text(), "item": Text(), "position": Integer(), "value": Text(), "missing_reason": Text()}
SCORE = {
    "instrument": Text(),
    "name": Text(),
    "value": Numeric(),
    "value_set": Text(),
    "n_answered": Integer(),
    "missing_reason": Text(),
    "rule": Text(),
    "instrument_version": Text(),
    "scorer_version": Text(),
    "input_sha256": Text(),
    "scored_at": UTCDateTime(),
}
Rows = list[dict[str, Any]]


def write(
    assessment: Assessment, facts: dict[str, Any], closing: dict[str, Any], answers: Rows, scores: Rows
) -> Response:
    """Keep a new response of the assessment, whose row this transaction holds."""
    mine = {"assessment_id": assessment.id, "submitted_at": closing["submitted_at"], **facts}
    values = {f"new_{name}": value for name, value in (mine | closing).items()}
    values |= declaration() | {"answers": answers, "scores": scores}
    key = db.session.connection().execute(STATEMENT, values).scalar_one()
    for name, value in closing.items():
        set_committed_value(assessment, name, value)
    response = Response(id=key, **mine)
    make_transient_to_detached(response)
    db.session.add(response)
    return response


def _statement() -> Update:
    declared = DECLARING.cte("declared")
    facts = select(*(_new(RESPONSES, name) for name in FACTS)).select_from(declared)
    written = insert(RESPONSES).from_select(FACTS, facts, include_defaults=False)
    response = written.returning(RESPONSES.c.id).cte("response")
    answered = _unfolded(TABLES["answers"], ANSWER, response).cte("answered")
    scored = _unfolded(TABLES["scores"], SCORE, response).cte("scored")
    dropped = delete(DRAFTS).where(DRAFTS.c.assessment_id == _new(RESPONSES, "assessment_id")).cte("dropped")
    closing = {name: _new(ASSESSMENTS, name) for name in ("submitted_at", "opened_at", "partial")}
    closed = update(ASSESSMENTS).where(ASSESSMENTS.c.id == _new(RESPONSES, "assessment_id")).values(closing)
    key = select(response.c.id).scalar_subquery()
    return closed.returning(key).add_cte(answered, scored, dropped)


def _new(table: Table, name: str) -> Any:
    return bindparam(f"new_{name}", type_=table.c[name].type)


def _unfolded(table: Table, types: dict[str, Any], response: CTE) -> Insert:
    """Insert the JSON rows of the parameter named like the table, under the new response."""
    rows = func.jsonb_to_recordset(bindparam(table.name, type_=JSONB()))
    each = rows.table_valued(*(column(name, kind) for name, kind in types.items()))
    shaped = each.render_derived(name=f"{table.name}_in", with_types=True)
    chosen = select(response.c.id, *(shaped.c[name] for name in types)).join_from(response, shaped, true())
    return insert(table).from_select(["response_id", *types], chosen, include_defaults=False)


STATEMENT = _statement()
