"""A table that is read back from its Parquet file is the table that was asked of the database, cell by cell."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.exports import parquet_files
from app.exports.dataset import dataset
from app.exports.loaders.night import loaders
from app.exports.shapes import SHAPES
from app.exports.stored import parts, stored, widest_cells
from app.exports.tables import Column, Kind, Shape, Table, table, whole
from app.studies.models import Study
from tests.exports.builders import parquet_of
from tests.exports.conftest import NOW
from tests.exports.labelled.things import NOTHING, ROWS, things

NUMBERS = Shape("numbers", (Column("number", Kind.DECIMAL, "Tall", "Number"),), ("number",))


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_files, "ROWS_IN_GROUP", 3)


def kept(table: Table, folder: Path) -> Path:
    path = folder / f"{table.name}.parquet"
    path.write_bytes(parquet_of(table))
    return path


def test_every_table_of_a_night_comes_back_as_it_was_asked(study: Study, tmp_path: Path, small_groups: None) -> None:
    written = dataset(study, NOW)
    for each in written.tables:
        kept(each, tmp_path)
    read = stored(tmp_path, SHAPES)
    assert [each.name for each in written.tables if whole(read[each.name]()) != each] == []
    assert len(list(read["answers"]())) > 3


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_rows_come_in_parts_and_none_is_lost_or_twice(count: int, tmp_path: Path, small_groups: None) -> None:
    plain = things(*(ROWS * 2)[:count]) if count else table(things().shape, [])
    read = list(parts(kept(plain, tmp_path), plain.shape))
    assert [len(part) for part in read] == [3] * (count // 3) + [count % 3]
    assert whole(read) == plain


@pytest.mark.parametrize(
    "number",
    ["0", "40", "35.5", "0.806", "-12.345678", "123456789.123456", "100", "0.000001", "-0.1", "9007199254740991"],
)
def test_a_decimal_comes_back_in_the_one_way_in_which_it_is_written(number: str, tmp_path: Path) -> None:
    (read,) = parts(kept(table(NUMBERS, [(Decimal(number),)]), tmp_path), NUMBERS)
    assert [str(cell) for cell in read.column("number")] == [number]


@pytest.mark.parametrize(
    ("rows", "words", "number"),
    [
        (ROWS, "x" * 500, "0.806"),
        (ROWS[:1], "æøå", "0.806"),
        ((ROWS[3], ROWS[0]), "x" * 500, "0.806"),
        ((NOTHING,), None, None),
        ((), None, None),
    ],
    ids=range(5),
)
def test_the_widest_cells_of_a_table_tell_loaders_what_the_whole_would(
    rows: tuple[tuple[Any, ...], ...], words: str | None, number: str | None, tmp_path: Path, small_groups: None
) -> None:
    plain = table(things().shape, rows)
    widest = widest_cells(kept(plain, tmp_path), plain.shape)
    assert widest.column("words") == (words,)
    assert widest.column("score_value") == (number and Decimal(number),)
    assert dict(loaders([widest])) == dict(loaders([plain]))
