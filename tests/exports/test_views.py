"""The views for BI: the night's rows as they are now, for whoever is a member of a scope, and for nobody else."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, ObjectNotInPrerequisiteState
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.config import Settings
from app.core import embedded
from app.exports import shapes
from app.exports.csv_files import csv
from app.exports.dataset import dataset
from app.exports.tables import Shape, table
from app.messages.models import MessageState
from app.participants.grades import LeavingGrade
from app.participants.models import Participant
from app.responses.models import (
    Answerer,
    Correction,
    CorrectionKind,
    CorrectionOutcome,
    LateAttempt,
    LockSignature,
    Mode,
    StaffEntry,
)
from app.schedule.models import NotDone, VisitNotDone
from app.studies.models import Study
from app.studies.states import StudyState
from tests.exports.builders import INFUSED_AT, NAME, ODI, PHONE, answered, plain_score, take_part, texted, visit
from tests.exports.conftest import NOW
from tests.factories import user

VIEWS = (
    shapes.PARTICIPANTS,
    shapes.ASSESSMENTS,
    shapes.ANSWERS,
    shapes.SCORES,
    shapes.MESSAGES,
    shapes.EVENTS,
)
EVERYWHERE, AT_01 = "svar_bi/backtobasic", "svar_bi/backtobasic/01"
READER, PASSWORD = "reporter", "choose-one"
PAGE = Path(__file__).parents[2] / "docs" / "exports.md"
HOUR = timedelta(hours=1)
FAR = datetime(2199, 1, 1, tzinfo=UTC)
"""Later than any day on which the tests are run."""


@dataclass(frozen=True)
class Reader:
    """The login that docs/exports.md makes, and the superuser who says of which scopes it is a member."""

    admin: "psycopg.Connection[tuple[Any, ...]]"
    address: str

    def may_see(self, *scopes: str) -> None:
        """From now on this much, and no more."""
        for scope in (EVERYWHERE, AT_01):
            self.admin.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(scope), sql.Identifier(READER)))
        for scope in scopes:
            self.admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(scope), sql.Identifier(READER)))

    def opened(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """Not read-only: a reader may take that default away, and rights must hold without it."""
        connection = psycopg.connect(self.address)
        connection.read_only = False
        return connection

    def rows(self, shape: Shape) -> list[tuple[Any, ...]]:
        with self.opened() as connection:
            return rows_of(connection, shape)


def rows_of(connection: "psycopg.Connection[tuple[Any, ...]]", shape: Shape) -> list[tuple[Any, ...]]:
    order = sql.SQL(", ").join(map(sql.Identifier, shape.key))
    return connection.execute(
        sql.SQL("SELECT * FROM bi.{} ORDER BY {}").format(sql.Identifier(shape.name), order)
    ).fetchall()


@pytest.fixture
def reader(server: embedded.Embedded, database: str) -> Iterator[Reader]:
    """As the page says, word for word."""
    snippet = PAGE.read_text("utf-8").split("```sql\n")[1].split("```")[0]
    plain = server.url("postgres", database).replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f'{snippet}; CREATE ROLE "{EVERYWHERE}" NOLOGIN'.encode())
        host = plain.split("?host=")[1]
        yield Reader(admin, f"postgresql://{READER}:{PASSWORD}@/{database}?host={host}")
        for role in (READER, AT_01, EVERYWHERE, "svar_bi"):
            admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def live(session: Session, study: Study) -> Study:
    """The study of the exports, whose people are real, and somebody more at site 02."""
    other = take_part(study, "001", at="02")
    answered(visit(other, "d0"), INFUSED_AT - timedelta(days=3), ODI)
    texted(visit(other, "d7"))
    study.state = StudyState.LIVE
    for someone in session.query(Participant).all():
        someone.practice = False
    session.commit()
    return study


def person(session: Session, code: str) -> Participant:
    return session.query(Participant).filter_by(code=code).one()


def nothing_more(_: Session) -> None:
    """The study as it is."""


def other_windows(session: Session) -> None:
    """One visit is open and one is not due, whenever this is run."""
    first = person(session, "01-010")
    for code, opens_at in (("d42", NOW), ("d56", FAR)):
        window = visit(first, code)
        window.opens_at = opens_at
        window.due_at = window.closes_at = window.grace_until = FAR + HOUR


def cancelled_and_voided(session: Session) -> None:
    visit(person(session, "02-001"), "d14").cancelled_at = NOW
    visit(person(session, "01-010"), "d0").voided_at = NOW


def came_too_late(session: Session) -> None:
    late = visit(person(session, "01-010"), "d7")
    session.add(LateAttempt(assessment=late, mode=Mode.PAGE, attempted_at=late.grace_until + HOUR))


def left_undone(session: Session) -> None:
    """Ended by the site: an answer before the window's own end was refused by the site."""
    ended = visit(person(session, "02-001"), "d21")
    kept = {"closes_at": ended.closes_at, "grace_until": ended.grace_until}
    session.add(
        VisitNotDone(
            assessment=ended, reason=NotDone.TOO_ILL, recorded_by="user:1", recorded_at=ended.closes_at, **kept
        )
    )
    session.add(LateAttempt(assessment=ended, mode=Mode.SMS, attempted_at=ended.grace_until - HOUR))
    ended.not_done_at = ended.opens_at + HOUR


def corrected(session: Session) -> None:
    """Of two corrections of one item the later holds; one that leaves nothing says so."""
    study = session.query(Study).one()
    asker, decider = user(study, Role.COORDINATOR), user(study, Role.INVESTIGATOR)
    response = answered(visit(person(session, "02-001"), "d28"), NOW, {**ODI, "sex_life": None})
    decisions = (("lifting", "4", 2), ("lifting", "3", 1), ("walking", None, 1))
    for item, value, hours in decisions:
        session.add(
            Correction(
                response=response, kind=CorrectionKind.ANSWER, instrument="odi", item=item, original_value="2",
                previous_value="2", proposed_value=value, reason="r", source="s", asked_by=asker, asked_at=NOW,
                outcome=CorrectionOutcome.APPROVED, decided_by=decider, decided_at=NOW + hours * HOUR,
                signer_name="x", meaning="m", sha256="0" * 64,
            )
        )  # fmt: skip
        session.flush()


def helped_and_by_sms(session: Session) -> None:
    other = person(session, "02-001")
    for code, mode in (("d35", Mode.HELPED), ("d42", Mode.SMS)):
        answered(visit(other, code), visit(other, code).closes_at + HOUR, ODI, mode=mode)


def typed_twice_by_staff(session: Session) -> None:
    """The second entry of a paper says who answered."""
    study = session.query(Study).one()
    window = visit(person(session, "02-001"), "d35")
    answered(window, window.closes_at - HOUR, ODI, mode=Mode.PAPER)
    for number, answerer in ((1, Answerer.HERSELF), (2, Answerer.PROXY)):
        typist = user(study, Role.COORDINATOR)
        session.add(
            StaffEntry(
                assessment=window, number=number, mode=Mode.PAPER, answered_by=answerer, twice=True, typed_by=typist,
                answered_at=window.closes_at - HOUR, typed_at=window.closes_at - HOUR, answers_sealed=b"closed",
            )
        )  # fmt: skip
        session.flush()


def scored_anew(session: Session) -> None:
    window = visit(person(session, "02-001"), "d28")
    plain_score(answered(window, window.opens_at + HOUR, ODI), Decimal(12))


def no_further_use(session: Session) -> None:
    person(session, "02-001").left_as = LeavingGrade.NO_FURTHER_USE


def texts_that_failed_and_were_held(session: Session) -> None:
    other = person(session, "02-001")
    texted(visit(other, "d14"), MessageState.FAILED)
    texted(visit(other, "d14"), MessageState.UNKNOWN, "reissue")
    texted(visit(other, "d21"), MessageState.DELIVERED, "reminder-1", reported=False)
    texted(visit(other, "d28"), MessageState.DELIVERED, "help")
    moved = texted(visit(other, "d35"))
    moved.owed_at = visit(other, "d35").opens_at - HOUR


def locked(session: Session) -> None:
    """Its time stopped on day 10, when later visits were not due."""
    signed(session, 2, INFUSED_AT + timedelta(days=10))


def half_locked(session: Session) -> None:
    signed(session, 1, INFUSED_AT + timedelta(days=10))


def unlocked(session: Session) -> None:
    signed(session, 2, INFUSED_AT + timedelta(days=10), ended_at=NOW, end_reason="another answer came")


def signed(session: Session, signatures: int, at: datetime, **ended: Any) -> None:
    study = session.query(Study).one()
    for role in (Role.INVESTIGATOR, Role.DATA_MANAGER)[:signatures]:
        words = {"signer_name": "x", "meaning": "m", "contents_sha256": "0" * 64, "sha256": "0" * 64}
        someone = user(study, role)
        session.add(LockSignature(study=study, role=role, signed_by_id=someone.id, signed_at=at, **words, **ended))


def asked_together(session: Session) -> None:
    participant = take_part(session.query(Study).one(), "060")
    carrier, carried = texted(visit(participant, "d28")), texted(visit(participant, "d35"), kind="reminder-1")
    carried.sent_with_id = carrier.id


CASES = (
    nothing_more, other_windows, cancelled_and_voided, came_too_late, left_undone, corrected, helped_and_by_sms,
    typed_twice_by_staff, scored_anew, no_further_use, texts_that_failed_and_were_held, locked, half_locked, unlocked,
    asked_together,
)  # fmt: skip


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
