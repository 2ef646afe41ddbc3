"""The views for BI: the night's rows as they are now, for whoever is a member of a scope, and for nobody else."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, ObjectNotInPrerequisiteState
from sqlalchemy.orm import Session

from app.config import Settings
from app.exports import shapes
from app.exports.csv_files import csv
from app.exports.dataset import dataset
from app.exports.tables import Shape, table
from app.studies.models import Study
from app.studies.states import StudyState
from tests.exports.bi_reader import AT_01, EVERYWHERE, HOUR, READER, VIEWS, Reader, person, rows_of
from tests.exports.bi_reader import live as live
from tests.exports.bi_reader import reader as reader
from tests.exports.builders import NAME, ODI, PHONE, answered, plain_score, visit
from tests.exports.conftest import NOW
from tests.exports.view_cases import CASES, no_further_use


@pytest.mark.parametrize("arrange", CASES)
def test_each_view_has_the_rows_of_the_night(
    arrange: Callable[[Session], None], session: Session, live: Study, reader: Reader
) -> None:
    arrange(session)
    session.commit()
    reader.may_see(EVERYWHERE)
    with reader.opened() as connection:
        now = connection.execute("SELECT now()").fetchone()
        viewed = {shape.name: rows_of(connection, shape) for shape in VIEWS}
    night = dataset(live, now[0] if now else NOW)
    for shape in VIEWS:
        assert lines(shape, viewed[shape.name]) == lines(shape, night.table(shape.name).rows)
        assert viewed[shape.name]


def test_the_baseline_of_each_period_is_marked_as_in_the_night(
    session: Session, live: Study, reader: Reader, settings: Settings
) -> None:
    for code, value in (("d28", 12), ("d56", 16)):
        other = visit(person(session, "02-001"), code)
        plain_score(answered(other, other.opens_at + HOUR, ODI), Decimal(value))
    session.commit()
    rule = {"periods": {"first_infusion": {"visit": "d0"}, "spinal_surgery": {"visit": "d28"}}}
    with psycopg.connect(settings.owner_url.replace("+psycopg", "")) as owner:
        owner.execute("SELECT set_config('svar.actor', 'test', false), set_config('svar.sites', '*', false)")
        content = "UPDATE protocols SET content = content || jsonb_build_object('baseline', %s::jsonb)"
        owner.execute(content, [json.dumps(rule)])
    reader.may_see(EVERYWHERE)
    viewed = reader.rows(shapes.SCORES)
    assert lines(shapes.SCORES, viewed) == lines(shapes.SCORES, dataset(live, NOW).table("scores").rows)
    names = shapes.SCORES.names
    flagged = {row[names.index("visit")] for row in viewed if row[names.index("baseline")]}
    assert flagged == {"d0", "d28"}


def lines(shape: Shape, rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
    """As the CSV file has them, in an order of their own."""
    return sorted(csv(table(shape, rows)).splitlines())


def test_each_view_has_the_columns_of_the_night_and_no_other(live: Study, reader: Reader) -> None:
    with reader.opened() as connection:
        rows = {
            shape.name: tuple(column.name for column in cursor.description or ())
            for shape in VIEWS
            for cursor in [connection.execute(f"SELECT * FROM bi.{shape.name}".encode())]  # noqa: S608 - names of ours
        }
    assert rows == {shape.name: shape.names for shape in VIEWS}


def seen(reader: Reader) -> dict[str, set[str]]:
    """Whose rows each view shows."""
    return {shape.name: {row[1] for row in reader.rows(shape)} for shape in VIEWS}


def test_who_is_of_no_scope_sees_no_row(live: Study, reader: Reader) -> None:
    reader.may_see()
    assert seen(reader) == {shape.name: set() for shape in VIEWS}


def test_one_sites_scope_shows_that_site_alone(live: Study, reader: Reader) -> None:
    reader.may_see(AT_01)
    at_01 = {"01-002", "01-003", "01-010"}
    shown = seen(reader)
    assert {code for codes in shown.values() for code in codes} == at_01
    assert shown["participants"] == at_01
    reader.may_see(EVERYWHERE)
    assert seen(reader)["participants"] == {*at_01, "02-001"}


@pytest.mark.parametrize(
    "scope",
    ["svar_bi/", "svar_bi/backtobasic/0", "svar_bi/backtobasic/", "svar_bi/back", "svar_bi/other/01", "svar_bi/01"],
)
def test_a_scope_of_another_name_opens_nothing(scope: str, live: Study, reader: Reader) -> None:
    reader.may_see()
    reader.admin.execute(f'CREATE ROLE "{scope}" NOLOGIN ROLE {READER}'.encode())
    try:
        assert reader.rows(shapes.PARTICIPANTS) == []
    finally:
        reader.admin.execute(f'DROP ROLE "{scope}"'.encode())


@pytest.mark.parametrize("statement", ["SET svar.sites = '*'", "SET svar.sites = '{1,2}'", "SET ROLE svar_bi"])
def test_no_setting_of_the_readers_own_widens_the_scope(statement: str, live: Study, reader: Reader) -> None:
    reader.may_see(AT_01)
    with reader.opened() as connection:
        connection.execute(statement.encode())
        assert {row[1] for row in rows_of(connection, shapes.PARTICIPANTS)} == {"01-002", "01-003", "01-010"}


def test_a_function_of_the_readers_own_is_shown_no_row_of_another_site(live: Study, reader: Reader) -> None:
    reader.may_see(AT_01)
    notices: list[str | None] = []
    with reader.opened() as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        connection.execute(
            "CREATE FUNCTION pg_temp.peek(code text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
            " $$ BEGIN RAISE NOTICE '%', code; RETURN true; END $$"
        )
        connection.execute("SELECT * FROM bi.participants WHERE pg_temp.peek(participant)")
    assert sorted(filter(None, notices)) == ["01-002", "01-003", "01-010"]


@pytest.mark.parametrize("state", [StudyState.SETUP, StudyState.DEMO])
def test_of_a_study_that_is_practised_nobody_is_shown(
    state: StudyState, session: Session, live: Study, reader: Reader
) -> None:
    reader.may_see(EVERYWHERE)
    live.state = state
    session.commit()
    assert seen(reader) == {shape.name: set() for shape in VIEWS}


def test_whoever_was_made_up_for_practice_is_not_shown(session: Session, live: Study, reader: Reader) -> None:
    reader.may_see(EVERYWHERE)
    person(session, "02-001").practice = True
    session.commit()
    assert "02-001" not in set().union(*seen(reader).values())


def test_of_whoever_forbade_further_use_no_answer_and_no_score_is_shown(
    session: Session, live: Study, reader: Reader
) -> None:
    reader.may_see(EVERYWHERE)
    assert "02-001" in seen(reader)["answers"] & seen(reader)["scores"]
    no_further_use(session)
    session.commit()
    assert "02-001" not in seen(reader)["answers"] | seen(reader)["scores"]


def test_no_number_and_no_name_stands_in_any_view(live: Study, reader: Reader) -> None:
    reader.may_see(EVERYWHERE)
    everything = "".join(str(row) for shape in VIEWS for row in reader.rows(shape))
    assert [word for word in (PHONE, PHONE[3:], *NAME.split()) if word in everything] == []


@pytest.mark.parametrize("shape", VIEWS, ids=lambda shape: str(shape.name))
@pytest.mark.parametrize("change", ["DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET study = 'x'"])
def test_nothing_is_written_through_a_view(change: str, shape: Shape, live: Study, reader: Reader) -> None:
    reader.may_see(AT_01)
    view = f"bi.{shape.name}"
    with reader.opened() as connection, pytest.raises((InsufficientPrivilege, ObjectNotInPrerequisiteState)):
        connection.execute(change.format(view).encode())
    rights = reader.admin.execute(
        "SELECT has_table_privilege(%s, %s, 'SELECT'), has_table_privilege(%s, %s, 'INSERT, UPDATE, DELETE, TRUNCATE')",
        (READER, view, READER, view),
    )
    assert rights.fetchone() == (True, False)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW bi.mine AS SELECT 1",
        "SELECT * FROM public.participants",
        "SELECT * FROM public.answers",
        "SELECT * FROM identifiers.contacts",
        "SELECT * FROM audit.entries",
        f'SET ROLE "{EVERYWHERE}"',
        f'GRANT "{EVERYWHERE}" TO {READER}',
        f"GRANT svar_app TO {READER}",
    ],
)
def test_a_reader_reads_no_table_and_gives_itself_no_scope(statement: str, live: Study, reader: Reader) -> None:
    reader.may_see(AT_01)
    with reader.opened() as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())
