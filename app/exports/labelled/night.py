"""The labelled files of a night, each written part by part, so that nothing grows with the rows.

A file that its format would hold wrongly is not written: what is wrong with it stands in `labelled/refused.txt`, where
there is any, and somebody is told. The same rows stand in CSV and Parquet whatever becomes of these.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from app.exports.csv_files import NUMBER
from app.exports.folders import write_blocks
from app.exports.labelled.excel import xlsx_blocks
from app.exports.labelled.parts import Parts, in_parts
from app.exports.labelled.rules import DTA, FORMATS, SAV, XLSX, XPT5, XPT8, Format, Unwritable
from app.exports.labelled.sas import xpt5_blocks, xpt8_blocks
from app.exports.labelled.sheets import Codes, Field, FieldKind, Sheet, sheet, tells
from app.exports.labelled.spss import sav_blocks
from app.exports.labelled.stata import dta_blocks
from app.exports.manifest import FileFacts
from app.exports.tables import Cell, Dataset, Table

alert = logging.getLogger("svar.alert")

LABELLED_FOLDER = "labelled"
LABELLED_TABLES = frozenset(["analysis", "scores", "answers"])
REFUSED = f"{LABELLED_FOLDER}/refused.txt"


Written = tuple[str, FileFacts]
Read = Callable[[], Iterator[Table]]
"""Reads a table from its beginning, part by part."""


def names_of_files(tables: Iterable[str]) -> list[str]:
    """Each file that these tables have, if nothing is refused."""
    return [
        f"{LABELLED_FOLDER}/{name}{form.ending}"
        for name in sorted(LABELLED_TABLES.intersection(tables))
        for form in FORMATS
    ]


def labelled_files(data: Dataset, explained: tuple[Table, Table], folder: Path) -> Iterator[Written]:
    """Write each file of each table that leaves labelled into the night's folder, with what explains them."""
    read = {name: partial(data.parts, name) for name in data.names if name in LABELLED_TABLES}
    return written(data.study, data.zone, read, explained, folder)


def written(
    study: str, zone: str, read: Mapping[str, Read], explained: tuple[Table, Table], folder: Path
) -> Iterator[Written]:
    """The same of tables that are read part by part, with their codebook and what their codes mean."""
    refusals, (book, meanings) = list[str](), explained
    writers: dict[Format, Callable[[Parts], Iterator[bytes]]] = {
        SAV: sav_blocks, DTA: dta_blocks, XPT5: xpt5_blocks, XPT8: xpt8_blocks,
        XLSX: lambda parts: xlsx_blocks(parts, [book, meanings], folder),
    }  # fmt: skip
    for name in sorted(read):
        as_sheets = partial(sheets, read[name], study, zone, meanings, codes_by_column(read[name]))
        parts = in_parts(as_sheets)
        for form, blocks in writers.items():
            file = f"{LABELLED_FOLDER}/{name}{form.ending}"
            try:
                yield file, write_blocks(folder / file, blocks(parts), parts.rows)
            except OSError:
                raise  # of the disk, which no other file can do without
            except Exception as fault:  # ours, or anything that the library of the format raises
                alert.error(
                    "a labelled file of %s was not written: %s", study, file.removeprefix(f"{LABELLED_FOLDER}/")
                )
                unknown = f"{name}{form.ending} could not be written ({type(fault).__name__})."
                refusals.append(fault.detail if isinstance(fault, Unwritable) else unknown)
    if refusals:
        lines = (f"{line}\n".encode() for line in refusals)
        yield REFUSED, write_blocks(folder / REFUSED, lines, len(refusals))


def sheets(read: Read, study: str, zone: str, known_codes: Table, column_codes: Codes) -> Iterator[Sheet]:
    """The table as labelled files take it, part by part."""
    for part in read():
        yield with_meanings(sheet(part, study, ZoneInfo(zone), codes=column_codes), known_codes)


def codes_by_column(read: Read) -> Codes:
    """The different codes of each column of the whole table that holds codes."""
    codes: dict[str, set[Cell]] = {}
    for part in read():
        for column, cells in zip(part.shape.columns, part.cells, strict=True):
            if tells(column):
                codes.setdefault(column.name, set()).update(cells)
    return codes


def with_meanings(plain: Sheet, known_codes: Table) -> Sheet:
    """The sheet of answers with each value also as a number, and as the words of its code where they may be shown."""
    by_name = {each.name: each for each in plain.fields}
    if not {"instrument", "item", "value", "missing_reason"} <= by_name.keys():
        return plain
    value, why = by_name["value"], by_name["missing_reason"]
    place = [known_codes.shape.names.index(name) for name in ("table", "instrument", "item", "code", "label_en")]
    rows = ([row[at] for at in place] for row in known_codes.rows)
    meanings = {(row[1], row[2], row[3]): row[4] for row in rows if row[0] == plain.name}
    keys = zip(by_name["instrument"].cells, by_name["item"].cells, value.cells, strict=True)
    words = [meanings.get(key) for key in keys]
    number = Field(
        "value_number", FieldKind.NUMBER, "Answer as a number", list(map(_number, value.cells)),
        reasons=why.cells, reason_meanings=why.meanings,
    )  # fmt: skip
    label = Field("value_label", FieldKind.TEXT, "Answer in words", words)
    at = plain.names.index("value") + 1
    return replace(plain, fields=(*plain.fields[:at], number, label, *plain.fields[at:]))


def _number(answer: Cell) -> Cell:
    """The answer as a number, if it is written as one."""
    return Decimal(answer) if isinstance(answer, str) and NUMBER.fullmatch(answer) else None
