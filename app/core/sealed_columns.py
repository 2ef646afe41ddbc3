"""Every column whose values the field keys close: what opens, what does not, and all of it closed anew.

A column says in its table that it is closed and which number its values are bound to (`info=sealed("participant_id")`),
so that nothing has to be listed here, and a new one is not forgotten.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Integer, LargeBinary, Table, cast, func, select, update

from app.core.crypto import Keyring, WrongKey
from app.core.database import Base, db

Number = str | Callable[[Any], int]
BATCH = 200


def sealed(
    number: Number, *, fingerprint: str | None = None, looked_up: Callable[[str], str] = str
) -> dict[str, object]:
    """A column's info: what is in it is bound to the number in that column, or made of the row; `fingerprint` is the
    column that is looked up in its place, by the form that `looked_up` makes of it."""
    return {"sealed": number, "fingerprint": fingerprint, "looked_up": looked_up}


def sealed_by_library(key_id: str) -> dict[str, object]:
    """The info of a column that a library closes with keys of the ring: the pattern by which it says with which."""
    return {"key_id": key_id}


@dataclass(frozen=True)
class SealedColumn:
    """A column of a table whose values are closed."""

    column: Column[bytes | None]

    @property
    def table(self) -> Table:
        table: Table = self.column.table
        return table

    @property
    def name(self) -> str:
        """`contacts.phone_sealed`."""
        return f"{self.table.name}.{self.column.name}"

    def opened(self, row: Any, keyring: Keyring) -> str:
        """What is in this row's; WrongKey if our keys do not open it."""
        return keyring.decrypt(row._mapping[self.column], self.table.name, self.column.name, self.number(row))

    def number(self, row: Any) -> int:
        """What the value is bound to."""
        number: Number = self.column.info["sealed"]
        return int(row._mapping[self.table.c[number]] or 0) if isinstance(number, str) else number(row)

    def closed(self, plain: str, row: Any, keyring: Keyring) -> dict[str, bytes]:
        """The same closed with the current key, and its fingerprint where it has one."""
        values = {self.column.name: keyring.encrypt(plain, self.table.name, self.column.name, self.number(row))}
        fingerprint: str | None = self.column.info["fingerprint"]
        return values | (
            {fingerprint: keyring.fingerprint(self.column.info["looked_up"](plain))} if fingerprint else {}
        )

    def rows(self, after: int, *, but: int | None = None) -> Sequence[Any]:
        """The next rows that hold something, by id; only those that another key than `but` has closed."""
        query = select(self.table).where(self.column.is_not(None), self.table.c.id > after)
        if but is not None:
            query = query.where(func.get_byte(self.column, 0) != but).with_for_update(key_share=True)
        return db.session.execute(query.order_by(self.table.c.id).limit(BATCH)).all()


def columns() -> list[SealedColumn]:
    """All of them, in the order of their names."""
    every = (column for table in Base.metadata.tables.values() for column in table.columns)
    closed = (column for column in every if isinstance(column.type, LargeBinary) and "sealed" in column.info)
    return sorted(map(SealedColumn, closed), key=lambda column: column.name)


def key_ids() -> set[int]:
    """The ids of the keys with which anything in the database is closed."""
    used = set[int]()
    for each in columns():
        filled = each.column.is_not(None) & (func.octet_length(each.column) > 0)
        used |= set(db.session.scalars(select(func.get_byte(each.column, 0)).where(filled).distinct()))
    for column, key_id in _of_libraries():
        said = select(cast(func.substring(column, key_id), Integer)).where(column.is_not(None)).distinct()
        used |= {each for each in db.session.scalars(said) if each is not None}
    return used


def _of_libraries() -> Iterator[tuple[Column[Any], str]]:
    for table in Base.metadata.tables.values():
        yield from ((each, each.info["key_id"]) for each in table.columns if "key_id" in each.info)


@dataclass(frozen=True)
class ColumnCheck:
    """How many values of a column each key closes, and the rows that do not open."""

    column: str
    by_key: dict[int, int]
    shut: tuple[int, ...]


def check(keyring: Keyring) -> Iterator[ColumnCheck]:
    """Open everything, column by column."""
    for each in columns():
        by_key, shut, after = Counter[int](), list[int](), 0
        while rows := each.rows(after):
            for row in rows:
                after = row.id
                by_key[row._mapping[each.column][0] if row._mapping[each.column] else 0] += 1
                try:
                    each.opened(row, keyring)
                except WrongKey:
                    shut.append(row.id)
        yield ColumnCheck(each.name, dict(sorted(by_key.items())), tuple(shut))


@dataclass(frozen=True)
class Step:
    """What one step of closing anew came to: where the next one begins, how many were closed, which do not open."""

    after: int
    closed: int
    shut: Collection[int]


def close_next(each: SealedColumn, after: int, keyring: Keyring) -> Step | None:
    """Close the next rows of a column with the current key; nothing when all are. Broken off, it is begun anew."""
    rows = each.rows(after, but=keyring.key_ids()[0])
    shut = set[int]()
    for row in rows:
        try:
            values = each.closed(each.opened(row, keyring), row, keyring)
        except WrongKey:
            shut.add(row.id)
        else:
            db.session.execute(update(each.table).where(each.table.c.id == row.id).values(values))
    return Step(rows[-1].id, len(rows) - len(shut), shut) if rows else None
