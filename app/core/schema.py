"""Whether the database has the shape that this version works on. Shapes are a line, each named by its number."""

from collections.abc import Collection
from enum import StrEnum
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.database import looking
from app.core.failures import sqlstate

NO_TABLE = "42P01"
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
    """The shapes that this version knows, the newest last."""
    return tuple(sorted(file.name.partition("_")[0] for file in SCRIPTS.glob("versions/[0-9]*_*.py")))


def compared(revision: str | None, known_revisions: Collection[str]) -> SchemaShape:
    """How a database of this revision stands to a version that knows these."""
    if revision is None:
        return SchemaShape.NONE
    if revision not in known_revisions:
        return SchemaShape.NEWER
    return SchemaShape.PRESENT if revision == max(known_revisions) else SchemaShape.OLDER


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
