"""Which rows are a study's, or a person's: found by the keys of the tables, so that no table is forgotten (pure SQL).

A row belongs to a study where one of its keys leads there: straight, or by whom or what it is about. Rows of people who
work here, of machines, and of questionnaires that any study may ask belong to the house.
"""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Column, ColumnElement, ForeignKey, Table, false, or_, select

import app.exports.models
import app.hooks.models
import app.messages.models
import app.responses.models  # noqa: F401 - every table with rows of a study is known
from app.core.database import Base

HOUSE = frozenset({
    "entries", "seals", "users", "staff_sessions", "sign_in_tries", "webauthn", "api_tokens", "token_uses",
    "kept_answers", "breakers", "heartbeats", "process_times", "incarnations", "key_marks", "instruments", "value_sets",
    "erasures", "kept_forms", "answered_forms", "mailbox_marks", "user_identities", "clock_disks",
})  # fmt: skip
"""Tables of which no row is a study's own."""
STUDIES, PARTICIPANTS = "studies", "participants"


@cache
def tables() -> tuple[Table, ...]:
    """Every table that holds rows of studies, each before those that its keys lead to: the order in which rows go."""
    return tuple(table for table in reversed(Base.metadata.sorted_tables) if table.name not in HOUSE)


@cache
def tables_of_people() -> tuple[Table, ...]:
    """Those that hold rows of participants, herself first."""
    return tuple(table for table in reversed(tables()) if _leads(table, PARTICIPANTS))


def of_study(table: Table, study_id: int) -> ColumnElement[bool]:
    """Whether a row of the table is of this study."""
    return _of(table, STUDIES, study_id)


def of_participant(table: Table, participant_id: int) -> ColumnElement[bool]:
    """Whether a row of the table is of this participant."""
    return _of(table, PARTICIPANTS, participant_id)


def parents(table: Table, goal: str = STUDIES) -> Iterator[tuple[Column[int], Table]]:
    """The keys of the table that lead towards `goal`, each with the table above; one that is sure is enough."""
    keys = sorted(_upwards(table), key=lambda key: key.parent.name)
    leading = [(key.parent, key.column.table) for key in keys if _leads(key.column.table, goal)]
    sure = [(column, above) for column, above in leading if above.name == goal and not column.nullable]
    yield from sure or leading


def _upwards(table: Table) -> list[ForeignKey]:
    """The keys that lead to another table, not to other rows of the same."""
    return [key for key in table.foreign_keys if key.column.table is not table]


def _leads(table: Table, goal: str) -> bool:
    if table.name == goal:
        return True
    return table.name not in HOUSE and any(_leads(key.column.table, goal) for key in _upwards(table))


def _of(table: Table, goal: str, number: int) -> ColumnElement[bool]:
    if table.name == goal:
        return table.c.id == number
    above = ((column, parent) for column, parent in parents(table, goal))
    ways = [
        column == number if parent.name == goal else column.in_(select(parent.c.id).where(_of(parent, goal, number)))
        for column, parent in above
    ]
    return or_(false(), *ways)
