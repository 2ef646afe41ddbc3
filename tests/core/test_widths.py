"""Every text column takes the longest text that what fills it lets through.

A column narrower than its schema takes what was accepted and then stops whoever writes the row. So each column is named
in `longest_texts.py` with what fills it, and one that is not named fails.
"""

import pytest
from flask_security.models.sqla import FsUserMixin, FsWebAuthnMixin
from sqlalchemy import Enum, String, func, select
from sqlalchemy.orm import Session

from app.core.database import Base
from app.messages.queueing import keys
from migrations.tables import import_models
from tests.core.longest_texts import LONGEST, PARTS, longest_of

PRESCRIBED: dict[str, type] = {"users": FsUserMixin, "webauthn": FsWebAuthnMixin}
"""The tables of Flask-Security: what it fills is as wide as it says."""


def _columns() -> dict[str, String]:
    import_models()
    return {
        f"{table.name}.{column.name}": column.type
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) and column.type.length is not None
    }


def _prescribed(place: str) -> int | None:
    table, _, column = place.partition(".")
    attribute = getattr(PRESCRIBED.get(table), column, None)
    return None if attribute is None else int(attribute.column.type.length)


COLUMNS = _columns()
CHOICES = {place: kind.enums for place, kind in COLUMNS.items() if isinstance(kind, Enum)}
OTHERS = sorted(COLUMNS.keys() - CHOICES.keys())


@pytest.mark.parametrize("place", OTHERS)
def test_a_column_takes_the_longest_text_that_may_come(place: str) -> None:
    longest = LONGEST.get(place) or _prescribed(place)
    assert longest is not None, f"say in LONGEST what fills {place}"
    assert longest <= (COLUMNS[place].length or 0)


@pytest.mark.parametrize("place", sorted(CHOICES))
def test_a_column_of_choices_takes_the_longest(place: str) -> None:
    assert longest_of(CHOICES[place]) <= (COLUMNS[place].length or 0)


def test_no_column_is_named_that_is_not_there() -> None:
    assert LONGEST.keys() <= COLUMNS.keys() - CHOICES.keys()


def test_every_pattern_of_a_key_is_looked_at() -> None:
    patterns = {value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
    assert len(patterns) == 6
    assert {pattern.split("%s")[0] for pattern in patterns} == {pattern.split("%s")[0] for pattern in PARTS}


def test_a_key_is_written_alike_by_python_and_by_postgresql(session: Session) -> None:
    for pattern, parts in PARTS.items():
        assert session.scalar(select(func.format(pattern, *map(str, parts)))) == pattern % parts
