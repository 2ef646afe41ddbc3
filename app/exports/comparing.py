"""What changed from one export to another: rows added, removed and changed, told by the columns that name a row."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.core.problems import BadInput
from app.exports.former_names import ADDED_LATER, named_now
from app.exports.shapes import SHAPES
from app.exports.tables import Shape

Row = Mapping[str, str]
Key = tuple[str, ...]


class Difference(StrEnum):
    """What became of a row."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class ChangedRow:
    """One row; `cells` are column, old and new of what changed in it."""

    table: str
    kind: Difference
    key: Key
    cells: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        what = "; ".join(f"{name}: {old or '(empty)'} -> {new or '(empty)'}" for name, old, new in self.cells)
        return f"{self.table} {self.kind}: {' '.join(filter(None, self.key))}{f'  {what}' if what else ''}"


def compare(old: Path, new: Path) -> list[ChangedRow]:
    """Every change, table by table, in the order of the keys. BadInput if a folder is not an export.

    A table that earlier versions did not export is compared where both folders have it.
    """
    compared = [shape for shape in SHAPES if shape.name not in ADDED_LATER or _both_have(shape, old, new)]
    return [change for shape in compared for change in _changes(shape, _read(old, shape), _read(new, shape))]


def _both_have(shape: Shape, old: Path, new: Path) -> bool:
    return all((folder / f"{shape.name}.csv").exists() for folder in (old, new))


def _changes(shape: Shape, old: dict[Key, Row], new: dict[Key, Row]) -> Iterator[ChangedRow]:
    for key in sorted({**old, **new}):
        if key not in old:
            yield ChangedRow(shape.name, Difference.ADDED, key)
        elif key not in new:
            yield ChangedRow(shape.name, Difference.REMOVED, key)
        elif old[key] != new[key]:
            yield ChangedRow(shape.name, Difference.CHANGED, key, tuple(_cells(old[key], new[key])))


def _cells(old: Row, new: Row) -> Iterator[tuple[str, str, str]]:
    for name in {**old, **new}:
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            yield name, before, after


def _read(folder: Path, shape: Shape) -> dict[Key, Row]:
    """Rows by key; where several share one (two events of one kind), they are numbered in their order."""
    try:
        with (folder / f"{shape.name}.csv").open(encoding="utf-8", newline="") as file:
            rows = [named_now(shape.name, row) for row in csv.DictReader(file)]
    except OSError:
        raise BadInput(f"{folder} is not an exported folder: {shape.name}.csv cannot be read.") from None
    seen: Counter[Key] = Counter()
    by_key: dict[Key, Row] = {}
    for row in rows:
        key = tuple(row.get(name) or "" for name in shape.key)
        seen[key] += 1
        by_key[(*key, f"#{seen[key]}" if seen[key] > 1 else "")] = row
    return by_key
