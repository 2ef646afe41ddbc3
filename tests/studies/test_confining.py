"""Row-level security: a query that forgets to ask for sites still finds nothing of another one."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Insert, Table, func, insert, select, text, update
from sqlalchemy.exc import DataError, ProgrammingError
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.audit import AuditEntry
from app.core.database import Base
from app.participants.models import Contact, Participant
from app.responses.models import Answer, Response, Score
from app.studies.confining import confine
from app.studies.installing import site
from app.studies.models import Study
from migrations.tables import import_models
from tests.exports.builders import INFUSED_AT, ODI, answered, make_study, take_part, texted, visit
from tests.factories import NOW

ROOT = Base.metadata.tables["participants"]
POLICIES = (
    "SELECT n.nspname || '.' || c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity"
)


def of_people() -> list[Table]:
    """Every table whose rows belong to a participant, near or far."""
    import_models()
    tables = {ROOT}
    for table in Base.metadata.sorted_tables:  # parents come first
        if any(key.column.table in tables for key in table.foreign_keys):
            tables.add(table)
    return sorted(tables, key=lambda table: table.fullname)


@pytest.fixture
def study(session: Session) -> Study:
    """Somebody with texts and answers at site 01, and somebody at site 02."""
    made = make_study(NOW - timedelta(days=60))
    first = take_part(made, "001")
    answered(visit(first, "d0"), INFUSED_AT - timedelta(days=2), ODI)
    texted(visit(first, "d7"))
    take_part(made, "001", at="02")
    session.commit()
    return made


def codes(session: Session) -> list[str]:
    return list(session.scalars(text("SELECT code FROM participants ORDER BY code")))


def test_whose_rows_are_mine_is_looked_up_by_a_hash_and_not_along_a_list(session: Session, study: Study) -> None:
    """A list is walked for every row: with ten thousand people a page took a minute."""
    confine([site(study, "01").id])
    by_participant = [table for table in of_people() if "participant_id" in table.columns]
    walked = [
        table.fullname
        for table in by_participant
        if "hashed SubPlan" not in "".join(session.scalars(text(f"EXPLAIN {select(table)}")))
    ]
    assert (walked, len(by_participant) > 10) == ([], True)


def test_every_table_of_people_has_a_policy(session: Session) -> None:
    confined = set(session.scalars(text(POLICIES)))
    of_everybody = {"audit.entries", "identifiers.strangers", "public.hook_deliveries"}
    assert confined == {f"{table.schema or 'public'}.{table.name}" for table in of_people()} | of_everybody


def test_a_raw_query_finds_the_rows_of_the_sites_alone(session: Session, study: Study) -> None:
    assert codes(session) == ["01-001", "02-001"]
    confine([site(study, "02").id])
    assert codes(session) == ["02-001"]
    assert session.scalar(text("SELECT count(*) FROM assessments")) == 18
    confine([site(study, "01").id, site(study, "02").id])
    assert codes(session) == ["01-001", "02-001"]
    confine([])
    assert codes(session) == []


def test_f37_nothing_of_another_site_is_left_in_any_table(session: Session, study: Study) -> None:
    count = {table: select(func.count()).select_from(table) for table in of_people()}
    there = {table.name for table in count if session.scalar(count[table])}
    assert {"contacts", "consents", "events", "messages", "receipts", "responses", "answers", "scores"} <= there
    confine([site(study, "03").id])
    assert {table.name for table in count if session.scalar(count[table])} == set()


def test_f37_rows_of_another_site_can_be_neither_changed_nor_made(session: Session, study: Study) -> None:
    own_site, other_site = (site(study, code).id for code in ("01", "02"))
    elsewhere = session.scalars(select(Participant).filter_by(site_id=own_site)).one().id
    confine([other_site])
    assert len(session.execute(update(Contact).values(version=2).returning(Contact.id)).all()) == 1
    changed = update(Participant).where(Participant.id == elsewhere).values(language="en").returning(Participant.id)
    assert session.execute(changed).all() == []
    with pytest.raises(ProgrammingError, match="row-level security"):
        session.execute(update(Participant).values(site_id=own_site))


def test_a_rollback_does_not_widen_the_view(session: Session, study: Study) -> None:
    confine([site(study, "02").id])
    session.rollback()
    assert codes(session) == ["02-001"]
    session.commit()
    assert codes(session) == ["02-001"]


def test_the_next_session_is_not_confined(app: object, session: Session, study: Study) -> None:
    confine([])
    session.close()
    session.info.clear()
    assert codes(session) == ["01-001", "02-001"]


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ([], []),
        (["SET svar.sites = ''"], []),
        (["SET svar.sites = '{}'"], []),
        (["SET svar.sites = '{1}'"], ["01-001"]),
        (["SET svar.sites = '{1,2}'"], ["01-001", "02-001"]),
        (["SET svar.sites = '*'"], ["01-001", "02-001"]),
        (["SET svar.sites = '*'", "RESET svar.sites"], []),
        (["SET svar.sites = '*'", "RESET ALL"], []),
        (["SET svar.sites = '*'", "DISCARD ALL"], []),
        (["BEGIN", "SET LOCAL svar.sites = '{1}'", "COMMIT"], []),
        (["BEGIN", "SET LOCAL svar.sites = '*'", "ROLLBACK"], []),
    ],
)
def test_who_says_nothing_or_was_reset_sees_nobody(
    session: Session, settings: Settings, study: Study, said: list[str], seen: list[str]
) -> None:
    assert [site(study, code).id for code in ("01", "02")] == [1, 2]
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in said:
            connection.execute(statement)
        rows = connection.execute("SELECT code FROM participants ORDER BY code").fetchall()
        events = connection.execute("SELECT count(*) FROM consents").fetchone()
        entries = connection.execute("SELECT count(*) FROM audit.entries").fetchone()
    assert [code for (code,) in rows] == seen
    assert events == (len(seen),)
    assert (entries != (0,)) is (said == ["SET svar.sites = '*'"])


@pytest.mark.parametrize("said", ["* ", "**", "all", "{*}", "1", "{1", "NULL"])
def test_a_scope_that_is_none_opens_nothing(session: Session, study: Study, said: str) -> None:
    session.execute(text("SELECT set_config('svar.sites', :said, true)"), {"said": said})
    with pytest.raises(DataError, match=r"malformed array literal|invalid input syntax"):
        codes(session)


def test_a_request_that_was_reset_sees_nobody(session: Session, study: Study) -> None:
    confine([site(study, "02").id])
    session.execute(text("RESET svar.sites"))
    assert codes(session) == []


def test_nothing_of_the_trail_is_left_at_any_site(session: Session, study: Study) -> None:
    count = select(func.count()).select_from(AuditEntry)
    assert session.scalar(count)
    confine([site(study, code).id for code in ("01", "02")])
    assert session.scalar(count) == 0


def _answer(response_id: int) -> Insert:
    shown = {"instrument": "odi", "item": "extra", "position": 99, "value": "1", "missing_reason": None}
    return insert(Answer.__table__).values(response_id=response_id, **shown)  # type: ignore[arg-type]


def _score(response_id: int) -> Insert:
    facts = {"instrument": "odi", "name": "total", "value": 1, "n_answered": 10, "rule": "x", "instrument_version": "1"}
    made = {"scorer_version": "1", "input_sha256": "x", "scored_at": NOW}
    return insert(Score.__table__).values(response_id=response_id, **facts, **made)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", [_answer, _score])
@pytest.mark.parametrize("returning", [True, False])
def test_f37_nothing_is_added_to_a_response_of_another_site(
    session: Session, study: Study, row: Callable[[int], Insert], returning: bool
) -> None:
    response_id = session.scalars(select(Response.id)).one()
    statement = row(response_id)
    confine([site(study, "02").id])
    with pytest.raises(ProgrammingError, match="row-level security"):
        session.execute(statement.returning(text("id")) if returning else statement.inline())


@pytest.mark.parametrize("row", [_answer, _score])
def test_a_row_is_added_to_a_response_of_her_own_site(
    session: Session, study: Study, row: Callable[[int], Insert]
) -> None:
    response_id = session.scalars(select(Response.id)).one()
    table = Answer if row is _answer else Score
    there = session.scalar(select(func.count(table.id)).where(table.response_id == response_id)) or 0
    confine([site(study, "01").id])
    session.execute(row(response_id))
    assert session.scalar(select(func.count(table.id)).where(table.response_id == response_id)) == there + 1
