"""The audit trail of a study as somebody may see it: what changed, by whom and why; of her sites, of no other study.

Entries say which row of which table changed, not whose it is: that is found by the keys of the tables, for rows that
are there, and by what the entry kept, for rows that are gone. Row-level security shows whoever is confined to sites no
entry at all, so the question is asked with all sites in sight, and narrowed here.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    cast,
    false,
    func,
    null,
    or_,
    select,
)

from app.core.audit import AuditEntry, full_name
from app.core.database import Base, db
from app.core.sealing import head
from app.exports.csv_files import harmless_cells
from app.participants.models import Participant
from app.participants.visible import visible
from app.studies.access import Scope
from app.studies.confining import seeing_everybody
from app.studies.models import Membership

PAGE_SIZE = 50
CHUNK = 2000
HEADS = (
    "id", "at_utc", "virtual_at_utc", "actor", "table", "row", "participant", "action", "old", "new", "reason",
    "request", "transaction", "sealed",
)  # fmt: skip
OF_STAFF = ("users", "api_tokens", "webauthn", "user_identities")
Key = ColumnElement[Any]


@dataclass(frozen=True)
class EntryFilter:
    """Which entries: of one participant, one table, one actor; from and before an instant."""

    participant: str = ""
    table: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class TrailEntry:
    """One change, the pseudonym that it is about if it is about a participant, and whether a seal covers it."""

    entry: AuditEntry
    participant: str
    sealed: bool

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Column by column, what stood there and what stands there since."""
        old, new = self.entry.old or {}, self.entry.new or {}
        return [(name, old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]


def trail(scope: Scope, wanted: EntryFilter, before: int | None = None, limit: int = PAGE_SIZE) -> list[TrailEntry]:
    """The newest entries that she may see, before the one of this id."""
    with seeing_everybody():
        sealed_up_to = newest.last_entry if (newest := head()) else 0
        newest_first = _query(scope, wanted, before).order_by(AuditEntry.id.desc())
        rows = db.session.execute(newest_first.limit(limit)).all()
    return [TrailEntry(entry, code or "", entry.id <= sealed_up_to) for entry, code in rows]


def tables() -> list[str]:
    """The tables whose changes a study's trail tells."""
    return sorted({table.name for table in _audited() if _conditions_for(table)})


def trail_csv(scope: Scope, wanted: EntryFilter) -> Iterator[str]:
    """The whole trail that she may see, the newest first, as lines of CSV; read in parts, so that it may be long."""
    yield _line(HEADS)
    before: int | None = None
    while part := trail(scope, wanted, before, CHUNK):
        for each in part:
            yield _line(_cells(each))
        before = part[-1].entry.id


def _cells(each: TrailEntry) -> tuple[object, ...]:
    entry = each.entry
    return (
        entry.id, entry.at.isoformat(), entry.virtual_at.isoformat() if entry.virtual_at else "", entry.actor,
        entry.table_name, entry.row_id, each.participant, entry.action, _json(entry.old), _json(entry.new),
        entry.reason or "", entry.request or "", entry.transaction_id, "yes" if each.sealed else "no",
    )  # fmt: skip


def _json(values: dict[str, Any] | None) -> str:
    return "" if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)


def _line(cells: tuple[object, ...]) -> str:
    """A line that no spreadsheet takes for a formula."""
    text = io.StringIO()
    csv.writer(text).writerow(harmless_cells(cells))
    return text.getvalue()


def _query(scope: Scope, wanted: EntryFilter, before: int | None) -> Select[Any]:
    whose = case(
        *(
            (AuditEntry.table_name == full_name(table), key)
            for table in _audited()
            if (key := _whose(table)) is not None
        ),
        else_=cast(null(), BigInteger),
    )
    entries = select(AuditEntry.id.label("entry_id"), whose.label("participant_id")).subquery()
    hers = select(Participant.id).where(visible(scope))
    of_study = [
        and_(AuditEntry.table_name == full_name(table), condition)
        for table in _audited()
        for condition in _of_study(table, scope)
    ]
    query: Any = select(AuditEntry, Participant.code).join(entries, entries.c.entry_id == AuditEntry.id)
    query = query.outerjoin(Participant, Participant.id == entries.c.participant_id)
    query = query.where(or_(entries.c.participant_id.in_(hers), *of_study, false()))
    if before is not None:
        query = query.where(AuditEntry.id < before)
    for condition in _narrowed(wanted):
        query = query.where(condition)
    rows: Select[Any] = query
    return rows


def _narrowed(wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.participant:
        yield Participant.code == wanted.participant
    if wanted.table:
        yield AuditEntry.table_name.in_([f"public.{wanted.table}", f"identifiers.{wanted.table}"])
    if wanted.actor:
        named = (AuditEntry.actor.startswith(f"{wanted.actor}{sign}", autoescape=True) for sign in (":", " "))
        yield or_(AuditEntry.actor == wanted.actor, *named)
    if wanted.since is not None:
        yield AuditEntry.at >= wanted.since
    if wanted.until is not None:
        yield AuditEntry.at < wanted.until


def _whose(table: Table) -> Key | None:
    """Whose row the entry of this table is about: the participant's id, by the row or by what the entry kept."""
    row = cast(AuditEntry.row_id, BigInteger)
    if table.name == "participants":
        return row
    way = _way(table, "participants")
    if way is None:
        return None
    column, above = way
    kept = cast(func.coalesce(AuditEntry.new, AuditEntry.old)[column.name].astext, BigInteger)
    return func.coalesce(_up(table, row, "participants"), _up(above, kept, "participants"))


def _of_study(table: Table, scope: Scope) -> Iterator[ColumnElement[bool]]:
    """Whether an entry of a table that is of no participant is of this study."""
    row, kept = cast(AuditEntry.row_id, BigInteger), func.coalesce(AuditEntry.new, AuditEntry.old)
    if table.name == "studies":
        yield row == scope.study.id
    elif table.name in OF_STAFF and scope.whole:
        members = select(Membership.user_id).where(Membership.study_id == scope.study.id)
        user = row if table.name == "users" else _up(table, row, "users")
        yield user.in_(members)
    elif _way(table, "participants") is None and (way := _way(table, "studies")) is not None and scope.whole:
        column, above = way
        by_kept = _up(above, cast(kept[column.name].astext, BigInteger), "studies")
        yield func.coalesce(_up(table, row, "studies"), by_kept) == scope.study.id


def _conditions_for(table: Table) -> bool:
    ends = ("studies", "participants", *OF_STAFF)
    return table.name in ends or _way(table, "participants") is not None or _way(table, "studies") is not None


def _up(table: Table, key: Key, goal: str) -> Key:
    """The id of the row of `goal` to which the row `key` of `table` belongs."""
    if table.name == goal:
        return key
    way = _way(table, goal)
    assert way is not None, f"{table.name} does not lead to {goal}"
    column, above = way
    return _up(above, select(column).where(table.c.id == key).correlate(AuditEntry).scalar_subquery(), goal)


@cache
def _way(table: Table, goal: str) -> tuple[Column[Any], Table] | None:
    """The column that leads from `table` towards `goal`, and the table to which it leads; the shortest way."""
    steps = [(key.parent, key.column.table) for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)]
    straight = next(((column, above) for column, above in steps if above.name == goal), None)
    if straight is not None:
        return straight
    onward = ((column, above) for column, above in steps if above.name not in ("users", table.name))
    return next(((column, above) for column, above in onward if _way(above, goal) is not None), None)


def _audited() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.info.get("audited")]
