"""A reader of the views for BI, and a study that is live."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.orm import Session

from app.core import embedded
from app.exports import shapes
from app.exports.tables import Shape
from app.participants.models import Participant
from app.studies.models import Study
from app.studies.states import StudyState
from tests.exports.builders import INFUSED_AT, ODI, answered, take_part, texted, visit

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
