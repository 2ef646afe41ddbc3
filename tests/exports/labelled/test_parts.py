"""A file that is written part by part is the file that is written whole, and holds no more than a part."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from app.exports.labelled import parts as parts_module
from app.exports.labelled import rules
from app.exports.labelled.excel import xlsx, xlsx_blocks
from app.exports.labelled.parts import Parts, in_parts, rows_at_once
from app.exports.labelled.rules import Unwritable, check_size
from app.exports.labelled.sas import xpt5, xpt5_blocks, xpt8, xpt8_blocks
from app.exports.labelled.sheets import Field, FieldKind, Sheet, sheet
from app.exports.labelled.spss import sav, sav_blocks
from app.exports.labelled.stata import dta, dta_blocks
from app.exports.tables import table
from tests.exports.labelled.things import NOTHING, OSLO, ROWS, SUBMITTED, things

Whole = Callable[[Sheet], bytes]
Blocks = Callable[[Parts], Iterator[bytes]]
PAIRS: list[tuple[Whole, Blocks]] = [
    (sav, sav_blocks), (dta, dta_blocks), (xpt5, xpt5_blocks), (xpt8, xpt8_blocks), (xlsx, xlsx_blocks)
]  # fmt: skip
NAMES = ["sav", "dta", "xpt5", "xpt8", "xlsx"]
each_format = pytest.mark.parametrize(("whole", "blocks"), PAIRS, ids=NAMES)
WIDE = ("03-002", "03", "missed", Decimal("1.23456"), None, 2**40, True, date(1999, 1, 1), SUBMITTED, "ø" * 90)
LONG = ("03-003", "03", None, None, "withdrawn", -1, None, None, None, "y" * 700)
CASES: dict[str, list[list[tuple[Any, ...]]]] = {
    "one part": [list(ROWS)],
    "a row each": [[row] for row in ROWS],
    "the widest last": [list(ROWS[:1]) * 3, [ROWS[1]], [WIDE]],
    "the widest first": [[WIDE], [ROWS[0]], [NOTHING]],
    "parts without a day, a number or a word": [[NOTHING] * 101, [NOTHING] * 3, [ROWS[0]], [NOTHING] * 2],
    "nothing but keys": [[NOTHING] * 5, [NOTHING] * 2],
    "several texts that SAS 5 does not hold": [[ROWS[0]], [ROWS[2], LONG], [WIDE]],
    "an empty part between": [[ROWS[0]], [], [LONG]],
    "no row at all": [[]],
    "as many as fill a card": [list(ROWS) * 20, list(ROWS) * 20],
}


def of(tables: list[list[tuple[Any, ...]]]) -> tuple[Sheet, Parts]:
    """The whole sheet, and the same in parts that know the whole's codes."""
    every = table(things().shape, [row for rows in tables for row in rows])
    codes = dict(zip(every.shape.names, every.cells, strict=True))

    def read() -> Iterator[Sheet]:
        for rows in tables:
            yield sheet(table(every.shape, rows), "trial", OSLO, codes=codes)

    return sheet(every, "trial", OSLO), in_parts(read)


@each_format
@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_written_in_parts_is_the_file_that_is_written_whole(
    whole: Whole, blocks: Blocks, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "ROWS_AT_ONCE", 3)
    together, parts = of(CASES[case])
    written = b"".join(blocks(parts))
    if whole is sav and len(together):
        assert spss_rows(written) == spss_rows(whole(together))
    else:
        assert written == whole(together)


def spss_rows(content: bytes) -> tuple[Any, ...]:
    """What a file of SPSS says: its rows and all that describes them."""
    with TemporaryDirectory() as place:
        (Path(place) / "file.sav").write_bytes(content)
        frame, about = pyreadstat.read_sav(str(Path(place) / "file.sav"), user_missing=True)
    described = ("column_names_to_labels", "variable_value_labels", "missing_ranges", "original_variable_types")
    cells = [[None if pd.isna(cell) else cell for cell in row] for row in frame.itertuples(index=False)]
    return about.number_rows, cells, *(getattr(about, name) for name in described)


@pytest.mark.parametrize(("whole", "blocks"), PAIRS[:4], ids=NAMES[:4])
def test_a_part_that_is_wider_than_what_was_said_of_all_is_refused_and_not_cut(whole: Whole, blocks: Blocks) -> None:
    _, parts = of(CASES["a row each"])
    narrow = in_parts(lambda: iter([sheet(things(ROWS[1]), "trial", OSLO)])).widest
    with pytest.raises(Unwritable, match="a part of it would not be like the others"):
        b"".join(blocks(replace(parts, widest=narrow)))


@each_format
def test_what_is_wrong_in_the_last_part_is_refused(whole: Whole, blocks: Blocks) -> None:
    _, parts = of([list(ROWS), [(*ROWS[0][:-1], "a\x00b")]])
    with pytest.raises(Unwritable, match=r"(words|WORDS) holds a text with a letter that"):
        b"".join(blocks(parts))


@each_format
def test_a_part_is_read_when_its_turn_comes(whole: Whole, blocks: Blocks) -> None:
    _, parts = of([[row] for row in ROWS])
    begun = list[int]()

    def read() -> Iterator[Sheet]:
        for place, part in enumerate(parts.read()):
            begun.append(place)
            yield part

    written = blocks(replace(parts, read=read))
    next(written)
    if whole is not xlsx:  # a workbook is looked through, and put together on the disk, before any of it is handed on
        assert begun == []
        next(written)
        assert begun == [0]
    b"".join(written)
    assert begun == [0, 1, 2, 3] * (2 if whole is xlsx else 1)


@pytest.mark.parametrize(
    ("form", "rows", "width", "sentence"),
    [
        (rules.XLSX, 1_048_575, 0, ""),
        (rules.XLSX, 1_048_576, 0, "It has 1,048,576 rows, and Excel takes 1,048,575: read the CSV or Parquet file."),
        (rules.SAV, 2**31, 0, "It has 2,147,483,648 rows, and SPSS takes 2,147,483,647: read the CSV or Parquet file."),
        (rules.DTA, 12_000_000, 800, ""),
        (rules.DTA, 10_000_000, 1000, ""),
        (
            rules.XPT8, 12_000_000, 32_900,
            "Each of its 12,000,000 rows would be as wide as its longest texts, 32,900 bytes, and the file 395 GB: read"
            " the CSV or Parquet file.",
        ),
        (rules.XPT5, 10_000_001, 1000, "and the file 10 GB: read the CSV or Parquet file."),
    ],
)  # fmt: skip
def test_a_file_of_more_than_its_format_or_the_disk_takes_is_refused(
    form: rules.Format, rows: int, width: int, sentence: str
) -> None:
    if not sentence:
        check_size("answers", rows, form, width)
        return
    with pytest.raises(Unwritable, match=re.escape(sentence)) as refusal:
        check_size("answers", rows, form, width)
    assert refusal.value.detail.startswith(f"answers{form.ending} cannot be written: ")


@each_format
def test_a_table_that_is_too_long_is_refused_before_any_of_it_is_read(
    whole: Whole, blocks: Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, parts = of(CASES["one part"])
    with pytest.raises(Unwritable, match=r"It has|Each of its"):
        next(blocks(replace(parts, rows=10**11, read=list[Sheet]().__iter__)))


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["a", "bb", "ø"], {"bb", "ø"}),
        (["ø", "ææ"], {"ææ"}),
        (["x" * 200, "x" * 201], {"x" * 200, "x" * 201}),
        (["a ", "bb", "b   "], {"bb"}),
        ([None, None], {None}),
        ([None, ""], {None, ""}),
    ],
)
def test_of_texts_the_longest_is_kept_and_the_longest_that_sas_5_does_not_hold(
    cells: list[str | None], kept: set[str | None]
) -> None:
    words = Field("words", FieldKind.TEXT, "w", cells)
    (widest,) = in_parts(lambda: iter([Sheet("t", "t", (words,), ())])).widest.fields
    assert set(widest.cells) == kept


@pytest.mark.parametrize(("width", "rows"), [(1, 8192), (2048, 8192), (2049, 8188), (1 << 24, 1), (1 << 30, 1)])
def test_fewer_rows_are_held_at_once_the_wider_they_are(width: int, rows: int) -> None:
    assert rows_at_once(width) == rows
