"""The one source of everything that leaves: the tables of a study, read in one snapshot of the database.

The reading has its own connection, REPEATABLE READ and read only, so that the counts of all tables agree while patients
go on answering; it sees what is committed. There is no treatment arm, no name and no number in it, because it asks for
none.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import overload

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.database import db
from app.core.sealing import newest_seal
from app.exports import contact_shapes, outcomes, shapes
from app.exports.manifest import AuditHead, SealHead, Version
from app.exports.periods import VisitPeriod, newest_periods, visit_periods
from app.exports.queries import answered, people, visits
from app.exports.queries import outcomes as outcome_queries
from app.exports.queries.placing import Question, in_c
from app.exports.tables import CalledBy, Dataset, PlannedForms, Shape, Table, Words, table
from app.instruments import Instrument
from app.participants.models import Participant
from app.responses.locked import data_at
from app.studies.models import Protocol, Site, Study
from app.studies.questionnaires import asked_at
from app.studies.states import PRACTICE

AUDITED = (
    "public.studies", "public.sites", "public.protocols", "public.participants", "public.consents", "public.events",
    "public.assessments", "public.messages", "public.attempts", "public.responses", "public.answers", "public.scores",
    "public.corrections", "public.calls_made", "public.texts_pauses", "public.memberships",
    "public.visits_not_done", "public.staff_entries", "public.late_attempts",
)  # fmt: skip
"""The trail of these tables tells how the exported data came to be."""

NORWEGIAN = ("nb", "nn", "no")
EVERY_TABLE = frozenset(shape.name for shape in shapes.SHAPES)
IN_UTC = text("SET LOCAL TIME ZONE 'UTC'")
BY_AGE = (Protocol.installed_at, Protocol.id)


class AskedTables(Sequence[Table]):
    """The tables, each read anew whenever it is asked for, so that no more of them is held than somebody looks at."""

    def __init__(self, session: Session, statements: Sequence[tuple[Shape, Question]]) -> None:
        self._session, self._statements = session, statements

    def __len__(self) -> int:
        return len(self._statements)

    @overload
    def __getitem__(self, place: int) -> Table: ...
    @overload
    def __getitem__(self, place: slice) -> "AskedTables": ...
    def __getitem__(self, place: int | slice) -> "Table | AskedTables":
        if isinstance(place, slice):
            return AskedTables(self._session, self._statements[place])
        shape, question = self._statements[place]
        return table(shape, self._session.execute(question))


@dataclass(frozen=True)
class Source:
    """A study as of one instant, while the view of it is open: what is said of it, and the statement of each table."""

    data: Dataset
    statements: tuple[tuple[Shape, Question], ...]
    connection: Connection


def dataset(study: Study, now: datetime, names: Collection[str] = EVERY_TABLE) -> Dataset:
    """The study as of `now`, every table of it in memory, or those of these names alone."""
    with opened(study, now, names) as source:
        return replace(source.data, tables=tuple(source.data.tables))


@contextmanager
def opened(study: Study, now: datetime, names: Collection[str] = EVERY_TABLE) -> Iterator[Source]:
    """The study as of `now`, read as it is asked for."""
    with frozen_view() as session:
        yield source_of(session, study, now, names)


def source_of(session: Session, study: Study, now: datetime, names: Collection[str] = EVERY_TABLE) -> Source:
    """The study as of `now`, as this session sees it; one that was locked then, as of its lock."""
    versions = list(session.scalars(select(Protocol).filter_by(study_id=study.id).order_by(*BY_AGE)))
    periods = visit_periods({version.id: version.plan for version in versions})
    statements = tuple(questions(study, data_at(study, now, session), _asks(versions), periods, names))
    data = Dataset(
        study=study.code,
        as_of=now.replace(microsecond=0),
        tables=AskedTables(session, statements),
        protocols=tuple(Version(version=version.version, sha256=version.sha256) for version in versions),
        instruments=tuple(_questionnaires(versions)),
        schema_version=session.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
        audit=_audit_head(session),
        practice=_practised(session, study),
        zone=versions[-1].plan.zone_info.key,
        country=versions[-1].plan.country,
        language="nb" if versions[-1].plan.default_language in NORWEGIAN else "en",
        visits=tuple(_visits(versions)),
        periods=newest_periods(version.plan for version in versions),
        called=_called(session, study, versions),
    )
    return Source(data, statements, session.connection())


@contextmanager
def frozen_view() -> Iterator[Session]:
    """A session that sees the database as it is now, and goes on seeing it so."""
    with db.engine.connect() as connection:
        frozen = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with Session(bind=frozen) as session:
            session.execute(IN_UTC)
            yield session


def questions(
    study: Study,
    now: datetime,
    asks: outcomes.Asks,
    periods: Sequence[VisitPeriod] = (),
    names: Collection[str] = EVERY_TABLE,
) -> Iterator[tuple[Shape, Question]]:
    """What is asked for each table of these names, in the order in which they leave."""
    built: tuple[tuple[Shape, Callable[[], Question]], ...] = (
        (shapes.ANALYSIS, lambda: outcome_queries.analysis(study, now, outcomes.due(asks), periods)),
        (shapes.PARTICIPANTS, lambda: people.participants(study)),
        (shapes.ASSESSMENTS, lambda: visits.assessments(study, now)),
        (shapes.ANSWERS, lambda: answered.answers(study)),
        (shapes.SCORES, lambda: answered.scores(study)),
        (shapes.MESSAGES, lambda: people.messages(study)),
        (shapes.EVENTS, lambda: people.events(study)),
        (shapes.SCHEDULE, lambda: outcome_queries.schedule(study, now, outcomes.asked(asks))),
        (contact_shapes.CONTACTS_MADE, lambda: people.contacts_made(study)),
        (contact_shapes.PAUSES, lambda: people.pauses(study, now)),
        (shapes.CORRECTIONS, lambda: answered.corrections(study)),
    )
    return ((shape, build()) for shape, build in built if shape.name in names)


def _asks(versions: list[Protocol]) -> outcomes.Asks:
    """What each visit of each version asks."""
    return {
        version.id: {visit.code: asked_at(version.plan, visit.code) for visit in version.plan.visits}
        for version in versions
    }


def _questionnaires(versions: list[Protocol]) -> list[Instrument]:
    """Every questionnaire that one of these asks, each version of it once, by code."""
    asks = _asks(versions).values()
    once = {(each.code, each.version): each for by_visit in asks for due in by_visit.values() for each in due}
    return sorted(once.values(), key=lambda each: each.code)


def _visits(versions: list[Protocol]) -> list[PlannedForms]:
    """Every visit that a plan ever had, as the newest of them has it."""
    newest = {visit.code: visit for version in versions for visit in version.plan.visits}
    forms = [PlannedForms(visit.code, visit.day, visit.instruments) for visit in newest.values()]
    return sorted(forms, key=lambda visit: (visit.day, visit.code))


def _called(session: Session, study: Study, versions: list[Protocol]) -> dict[str, tuple[CalledBy, ...]]:
    """Sites as they are called now; visits and events as the newest plan that has them calls them."""
    sites = session.execute(select(Site.code, Site.name).filter_by(study_id=study.id).order_by(in_c(Site.code)))
    visits: dict[str, Words] = {}
    events: dict[str, Words] = {}
    for plan in (version.plan for version in versions):
        for visit in plan.visits:
            in_norwegian = plan.visit_title(visit.code, "nb") if visit.title else f"dag {visit.day}"
            visits[visit.code] = Words(in_norwegian, plan.visit_title(visit.code))
        events |= {kind: Words(plan.event_title(kind, "nb"), plan.event_title(kind)) for kind in plan.events}
    in_order = [visit.code for visit in _visits(versions)]
    return {
        "site": tuple(CalledBy(code, Words(name, name)) for code, name in sites),
        "visit": tuple(CalledBy(code, visits[code]) for code in in_order),
        "kind": tuple(CalledBy(kind, words) for kind, words in sorted(events.items())),
    }


def _practised(session: Session, study: Study) -> bool:
    made_up = select(Participant.id).where(Participant.study_id == study.id, Participant.practice)
    return study.state in PRACTICE or session.scalar(made_up.limit(1)) is not None


def _audit_head(session: Session) -> AuditHead:
    """The newest entry about exported tables with its SHA-256, and the newest seal, to hold the trail against."""
    newest = select(func.max(AuditEntry.id)).where(AuditEntry.table_name.in_(AUDITED)).scalar_subquery()
    content = text("encode(sha256(convert_to((to_jsonb(entries) - 'mark')::text, 'UTF8')), 'hex')")
    entry = session.execute(select(AuditEntry.id, content).where(AuditEntry.id == newest)).one_or_none()
    number, sha256 = entry or (None, None)
    seal = session.scalar(newest_seal())
    head = SealHead(number=seal.number, last_entry=seal.last_entry, hash=seal.hash) if seal else None
    return AuditHead(entry=number, sha256=sha256, seal=head)
