"""A table as a statistics program shall hold it: labelled fields, local times, and why each absent number is absent.

Zones are dropped by every program, so instants become the study's local times and their label names the zone. A text
of a closed set stays a code with its meaning. An absent number has the code of the table's column that says why.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.exports.tables import Cell, Column, Kind, Meanings, Table, Words, each_once


class FieldKind(StrEnum):
    """What a field of a labelled file holds."""

    TEXT = "text"
    CODE = "code"  # a text of a closed set
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    TIME = "time"  # local, without a zone


SHEET_KINDS = {
    Kind.TEXT: FieldKind.TEXT,
    Kind.INTEGER: FieldKind.WHOLE,
    Kind.DECIMAL: FieldKind.NUMBER,
    Kind.BOOLEAN: FieldKind.FLAG,
    Kind.DATE: FieldKind.DATE,
    Kind.INSTANT: FieldKind.TIME,
}
YES_NO_LABELS = {1: "Yes", 0: "No"}
REASON_COLUMNS = ("missing_reason", "why", "base_why")
"""Where a table says why a number is absent that has no column `<name>_why` of its own: the first of these that it has
and that is filled."""
OF_BASELINE, COMPARED = "base_why", frozenset(["chg", "pchg"])
"""The one of these that is about the baseline, and the numbers that are reckoned from it."""
WHY = Words("Hvorfor {label} mangler", "Why {label} is absent")
Codes = Mapping[str, Collection[Cell]]
NO_CODES: Codes = MappingProxyType({})


@dataclass(frozen=True)
class Field:
    """One variable: its cells, what its codes mean, and, of a number, the code of why each absent cell is absent."""

    name: str
    kind: FieldKind
    label: str
    cells: Sequence[Cell]
    meanings: Mapping[str, str] = field(default_factory=dict)
    reasons: Sequence[Cell] = ()
    reason_meanings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """One labelled file before it is written; `key` names the fields that tell its rows apart."""

    name: str
    label: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields)

    def __len__(self) -> int:
        return len(self.fields[0].cells) if self.fields else 0


def sheet(table: Table, study: str, zone: ZoneInfo, language: str = "en", codes: Codes = NO_CODES) -> Sheet:
    """The table with labels in `language`, its instants in local time of `zone`.

    Of a part of a table `codes` are those of the whole, by column, so that each part says the same of them.
    """
    column_codes = {column.name: codes.get(column.name, cells) for column, cells in _columns(table)}
    fields = tuple(_field(table, column, cells, zone, language, column_codes) for column, cells in _columns(table))
    return Sheet(table.name, f"{study} {table.name}", fields, table.shape.key)


def with_reasons(plain: Sheet, language: str = "en") -> Sheet:
    """The sheet with a coded companion `<name>_why` after each number, where it has none of this name."""
    fields: list[Field] = []
    for each in plain.fields:
        fields.append(each)
        if each.reasons and f"{each.name}_why" not in plain.names:
            label = getattr(WHY, language).format(label=each.name)
            fields.append(Field(f"{each.name}_why", FieldKind.CODE, label, each.reasons, each.reason_meanings))
    return replace(plain, fields=tuple(fields))


def tells(column: Column) -> bool:
    """Whether a column holds codes whose meanings every part of its table must know."""
    return bool(column.codes) or column.name in REASON_COLUMNS or column.name.endswith("_why")


def local(cell: Cell, zone: ZoneInfo) -> Cell:
    """The instant on the clocks of `zone`, without it."""
    return cell.astimezone(zone).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _columns(table: Table) -> Iterable[tuple[Column, tuple[Cell, ...]]]:
    return zip(table.shape.columns, table.cells, strict=True)


def _field(
    table: Table, column: Column, cells: tuple[Cell, ...], zone: ZoneInfo, language: str, column_codes: Codes
) -> Field:
    label, kind = str(getattr(column, language)), SHEET_KINDS[column.kind]
    if kind is FieldKind.TIME:
        is_utc = zone.key == str(UTC)
        label = f"{label} (UTC)" if is_utc else f"{label} ({LOCAL[language]}, {zone.key})"
        return Field(column.name, kind, label, tuple(each_once(partial(local, zone=zone), cells)))
    if column.unit:
        label = f"{label} ({column.unit})"
    if kind is FieldKind.TEXT and column.codes:
        return Field(
            column.name, FieldKind.CODE, label, cells, _meanings(column.codes, column_codes[column.name], language)
        )
    if kind is FieldKind.NUMBER:
        reasons, meanings = _reasons(table, column.name, cells, language, column_codes)
        return Field(column.name, kind, label, cells, {}, reasons, meanings)
    return Field(column.name, kind, label, cells)


LOCAL = {"en": "local time", "nb": "lokal tid"}


def _meanings(codes: Meanings, cells: Iterable[Cell], language: str) -> dict[str, str]:
    """Every code of the set, then those that stand in the cells without belonging to it."""
    of_the_set = {str(code): str(getattr(words, language)) for code, words in codes.items()}
    strangers = sorted({str(cell) for cell in cells if cell is not None} - of_the_set.keys())
    return {**of_the_set, **dict.fromkeys(strangers, "")}


def _reasons(
    table: Table, name: str, cells: Sequence[Cell], language: str, column_codes: Codes
) -> tuple[tuple[Cell, ...], Mapping[str, str]]:
    """Of each absent cell the code of why, and what the codes mean."""
    by_name = {column.name: (column, of_it) for column, of_it in _columns(table)}
    places = [by_name[where] for where in _telling(name, by_name)]
    if not places:
        return (), {}
    told_by_row = zip(*(reasons for _, reasons in places), strict=True)
    reasons = tuple(_first(cell, told_of_it) for cell, told_of_it in zip(cells, told_by_row, strict=True))
    codes = _joined(column.codes for column, _ in places)
    reason_codes = (cell for column, _ in places for cell in column_codes[column.name])
    return reasons, _meanings(codes, reason_codes, language)


def _telling(name: str, columns: Collection[str]) -> list[str]:
    """The columns that say why a number is absent. What the baseline lacks explains only what is reckoned from it."""
    if f"{name}_why" in columns:
        return [f"{name}_why"]
    others = (where for where in REASON_COLUMNS if where != OF_BASELINE or name in COMPARED)
    return [where for where in others if where in columns]


def _joined(several: Iterable[Meanings]) -> dict[str, Words]:
    """The meaning of every code; of one that means two things, both."""
    joined: dict[str, Words] = {}
    for code, words in (pair for meanings in several for pair in meanings.items()):
        before = joined.get(str(code), words)
        both = Words(f"{before.nb}, eller {words.nb}", f"{before.en}, or {words.en}")
        joined[str(code)] = words if words == before else both
    return joined


def _first(cell: Cell, reasons: Iterable[Cell]) -> Cell:
    return next((reason for reason in reasons if reason is not None), None) if cell is None else None
