"""Whether the database has the shape that this version works on. Shapes are a line: each names the one before it."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.database import looking
from app.core.failures import sqlstate

NO_TABLE = "42P01"
NAMED = re.compile(r'^(down_revision|revision) = (?:"(.+)"|None)$', re.MULTILINE)
SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


class SchemaShape(StrEnum):
    """How the database stands to this version of the service."""

    PRESENT = "present"
    NEWER = "newer"
    """A later version has widened it; what this one needs is there yet, until a migration says otherwise."""
    OLDER = "older"
    NONE = "none"


@cache
def revisions() -> tuple[str, ...]:
    """The shapes that this version knows, the newest last; read from the migrations as they stand, without Alembic."""
    named = [dict(NAMED.findall(file.read_text("utf-8"))) for file in SCRIPTS.glob("versions/[0-9]*_*.py")]
    return in_line({names["down_revision"]: names["revision"] for names in named})


def in_line(after: Mapping[str, str]) -> tuple[str, ...]:
    """Shapes in the order in which they come, given which follows which, and which follows nothing (``)."""
    line = [after[""]]
    while line[-1] in after:
        line.append(after[line[-1]])
    return tuple(line)


def compared(revision: str | None, known_revisions: Sequence[str]) -> SchemaShape:
    """How a database of this revision stands to a version that knows these."""
    if revision is None:
        return SchemaShape.NONE
    if revision not in known_revisions:
        return SchemaShape.NEWER
    return SchemaShape.PRESENT if revision == known_revisions[-1] else SchemaShape.OLDER


def revision_there() -> str | None:
    """The shape of the database; None if it was never given one."""
    try:
        with looking() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except ProgrammingError as error:
        if sqlstate(error) != NO_TABLE:
            raise
        return None


def shape() -> SchemaShape:
    """How the database stands to this version."""
    return compared(revision_there(), revisions())
