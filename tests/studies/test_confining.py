"""Row-level security: a query that forgets to ask for sites still finds nothing of another one."""

from datetime import timedelta

import pytest
from sqlalchemy import Table, func, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.database import Base
from app.participants.models import Contact, Participant
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
    found = {ROOT}
    for table in Base.metadata.sorted_tables:  # parents come first
        if any(key.column.table in found for key in table.foreign_keys):
            found.add(table)
    return sorted(found, key=lambda table: table.fullname)


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


def test_every_table_of_people_has_a_policy(session: Session) -> None:
    confined = set(session.scalars(text(POLICIES)))
    assert confined == {f"{table.schema or 'public'}.{table.name}" for table in of_people()}


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
    here, there = (site(study, code).id for code in ("01", "02"))
    elsewhere = session.scalars(select(Participant).filter_by(site_id=here)).one().id
    confine([there])
    assert len(session.execute(update(Contact).values(version=2).returning(Contact.id)).all()) == 1
    changed = update(Participant).where(Participant.id == elsewhere).values(language="en").returning(Participant.id)
    assert session.execute(changed).all() == []
    with pytest.raises(ProgrammingError, match="row-level security"):
        session.execute(update(Participant).values(site_id=here))


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
