"""The one source of everything that leaves: six tables of a study, read in one snapshot of the database.

The reading has its own connection, REPEATABLE READ and read only, so that the counts of all tables agree while patients
go on answering; it sees what is committed. There is no treatment arm, no name and no number in it, because it asks for
none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.database import db
from app.core.sealing import Seal
from app.exports import queries, shapes
from app.exports.reasons import Reached, reason
from app.exports.tables import Dataset, Table, table
from app.schedule.calendar import local_day
from app.schedule.models import Assessment
from app.studies.models import Protocol, Study

AUDITED = (
    "public.studies", "public.sites", "public.protocols", "public.participants", "public.consents", "public.events",
    "public.assessments", "public.messages", "public.attempts", "public.responses", "public.answers", "public.scores",
)  # fmt: skip
"""The trail of these tables tells how the exported data came to be."""

BY_AGE = (Protocol.installed_at, Protocol.id)
MINUTE = 60


def dataset(study: Study, now: datetime) -> Dataset:
    """The study as of `now`."""
    with frozen_view() as session:
        versions = list(session.scalars(select(Protocol).filter_by(study_id=study.id).order_by(*BY_AGE)))
        asked = {code for version in versions for visit in version.plan.visits for code in visit.instruments}
        return Dataset(
            study=study.code,
            as_of=now.replace(microsecond=0),
            tables=tuple(_tables(session, study, now)),
            protocols=tuple({"version": version.version, "sha256": version.sha256} for version in versions),
            instruments=tuple(sorted(asked)),
            schema_version=session.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
            audit=_audit_head(session),
        )


@contextmanager
def frozen_view() -> Iterator[Session]:
    """A session that sees the database as it is now, and goes on seeing it so."""
    with db.engine.connect() as connection:
        frozen = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with Session(bind=frozen) as session:
            session.execute(text("SET LOCAL TIME ZONE 'UTC'"))
            yield session


def _tables(session: Session, study: Study, now: datetime) -> Iterator[Table]:
    people = session.execute(queries.participants(study.id))
    visits = session.execute(queries.assessments(study.id))
    yield table(shapes.PARTICIPANTS, [(study.code, *_participant(*row)) for row in people])
    yield table(shapes.ASSESSMENTS, [(study.code, *_assessment(now, *row)) for row in visits])
    plain = (
        (shapes.ANSWERS, queries.answers),
        (shapes.SCORES, queries.scores),
        (shapes.MESSAGES, queries.messages),
        (shapes.EVENTS, queries.events),
    )
    for shape, query in plain:
        yield table(shape, [(study.code, *row) for row in session.execute(query(study.id))])


def _participant(code: str, site: str, language: str, zone: str, *cells: Any) -> tuple[Any, ...]:
    *dates, withdrawn_at, why = cells
    withdrawn_on = local_day(withdrawn_at, ZoneInfo(zone)) if withdrawn_at else None
    return (code, site, language, zone, *dates, withdrawn_on, why)


def _assessment(now: datetime, one: Assessment, site: str, sequence: int, *cells: Any) -> tuple[Any, ...]:
    invited_at, delivered_at, delivered, sent, failed, first_infusion_at, language, mode = cells
    state = one.state(now)
    why = reason(
        state, one.opened_at is not None or one.draft_existed, Reached(bool(delivered), bool(sent), bool(failed))
    )
    place = (one.participant.code, site, one.visit, one.day, sequence)
    window = (one.anchor_on, one.opens_at, one.due_at, one.closes_at, one.grace_until)
    course = (invited_at, delivered_at, one.opened_at, one.submitted_at)
    return (*place, *window, state, why, *course, *_timeliness(one, first_infusion_at), language, mode)


def _timeliness(one: Assessment, first_infusion_at: datetime | None) -> tuple[bool | None, int | None]:
    """Whether it came after the first infusion, and how many minutes after closing; nothing without an answer."""
    if one.submitted_at is None:
        return None, None
    after = first_infusion_at is not None and one.submitted_at >= first_infusion_at
    late = (one.submitted_at - one.closes_at).total_seconds() // MINUTE
    return after, max(0, int(late))


def _audit_head(session: Session) -> dict[str, Any]:
    """The newest entry about exported tables with its SHA-256, and the newest seal, to hold the trail against."""
    newest = select(func.max(AuditEntry.id)).where(AuditEntry.table_name.in_(AUDITED)).scalar_subquery()
    content = text("encode(sha256(convert_to(to_jsonb(entries)::text, 'UTF8')), 'hex')")
    entry = session.execute(select(AuditEntry.id, content).where(AuditEntry.id == newest)).one_or_none()
    seal = session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
    return {
        "entry": entry[0] if entry else None,
        "sha256": entry[1] if entry else None,
        "seal": {"number": seal.number, "last_entry": seal.last_entry, "hash": seal.hash} if seal else None,
    }
