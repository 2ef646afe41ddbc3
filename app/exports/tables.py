"""What a dataset is made of: typed columns with labels, tables of them, and the study as it was at one instant."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from app.exports.manifest import AuditHead, Version
from app.instruments import Instrument

T = TypeVar("T")
Cell = str | int | Decimal | bool | date | datetime | None


class Kind(StrEnum):
    """What a column holds. Instants are UTC, to the second."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"


class Words(NamedTuple):
    """One meaning, said in both languages."""

    nb: str
    en: str


Meanings = Mapping[str, Words]


@dataclass(frozen=True)
class Column:
    """A column, its label in Norwegian and English, the meaning of its codes, and its unit."""

    name: str
    kind: Kind
    nb: str
    en: str
    codes: Meanings = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""
    is_code: bool = False
    """Whether our own rules let such a text hold nothing but letters, digits and `_ - .`, the first no sign: no part of
    it can be a formula, and nobody need look."""


@dataclass(frozen=True)
class Shape:
    """A table's name and columns, and the columns that tell its rows apart."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Table:
    """The cells of a shape, by column."""

    shape: Shape
    cells: tuple[tuple[Cell, ...], ...]

    @property
    def name(self) -> str:
        return self.shape.name

    @cached_property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        return tuple(zip(*self.cells, strict=True))

    def column(self, name: str) -> tuple[Cell, ...]:
        """The cells of one column."""
        return self.cells[self.shape.names.index(name)]

    def __len__(self) -> int:
        return len(self.cells[0])


class PlannedForms(NamedTuple):
    """A visit of the plan: its code and day, and the questionnaires that it asks."""

    code: str
    day: int
    instruments: tuple[str, ...]


class CalledBy(NamedTuple):
    """What a code of the study's own is called: a site, a visit or an event."""

    code: str
    words: Words


@dataclass(frozen=True)
class Dataset:
    """A study as of one instant: its tables, and the versions and audit entry that they belong to."""

    study: str
    as_of: datetime
    tables: Sequence[Table]
    protocols: tuple[Version, ...]
    instruments: tuple[Instrument, ...]
    """Every version that a protocol of the study asks, by code, the oldest first."""
    schema_version: str
    audit: AuditHead
    practice: bool = False
    zone: str = "UTC"
    """Whose clocks the labelled files' times are of."""
    country: str = ""
    language: str = "en"
    """Of the pages that people read, Norwegian or English."""
    visits: tuple[PlannedForms, ...] = ()
    """Of the newest plan, and those of older plans that it no longer has."""
    periods: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The period of each visit, where periods of a cross-over have baselines of their own."""
    called: Mapping[str, tuple[CalledBy, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What the sites, visits and events of the study are called, by `site`, `visit` and `kind`."""
    stored: Mapping[str, Callable[[], Iterator[Table]]] = field(default_factory=lambda: MappingProxyType({}))
    """How each table that is not held is read in parts, by its name."""

    @property
    def names(self) -> tuple[str, ...]:
        """The tables by their names, held or stored."""
        return (*(table.name for table in self.tables), *self.stored)

    def parts(self, name: str) -> Iterator[Table]:
        """The table with this name in parts of whole rows: one that is held is one part."""
        return self.stored[name]() if name in self.stored else iter([self.table(name)])

    def table(self, name: str) -> Table:
        """The table with this name, whole."""
        if name in self.stored:
            return whole(self.stored[name]())
        return next(table for table in self.tables if table.name == name)


def whole(parts: Iterable[Table]) -> Table:
    """The table of these parts, of which there is at least one."""
    first, *others = parts
    columns = zip(first.cells, *(part.cells for part in others), strict=True)
    return Table(first.shape, tuple(tuple(chain.from_iterable(column)) for column in columns))


def table(shape: Shape, rows: Iterable[Sequence[Cell]]) -> Table:
    """A table of `rows`, each cell in the one form that every writer writes."""
    columns = list(zip(*rows, strict=True)) or [()] * len(shape.columns)
    pairs = zip(shape.columns, columns, strict=True)
    return Table(shape, tuple(tuple(each_once(TIDY[column.kind], cells)) for column, cells in pairs))


def each_once(change: Callable[[Cell], T], cells: Sequence[Cell]) -> Iterable[T]:
    """The cells changed, each different one once: most columns repeat themselves."""
    changed = {cell: change(cell) for cell in set(cells)}
    return map(changed.__getitem__, cells)


def _text(cell: Cell) -> Cell:
    """Without enums, and never empty."""
    return None if cell is None or cell == "" else str(cell)


def _instant(cell: Cell) -> Cell:
    """To the second."""
    return cell.replace(microsecond=0) if isinstance(cell, datetime) else cell


def _decimal(cell: Cell) -> Cell:
    """The same number, written in the one shortest way: 35.5, 40, 0."""
    if not isinstance(cell, Decimal):
        return cell
    short = cell.normalize() + 0
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _same(cell: Cell) -> Cell:
    return cell


TIDY: dict[Kind, Callable[[Cell], Cell]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _same,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _same,
    Kind.DATE: _same,
    Kind.INSTANT: _instant,
}
