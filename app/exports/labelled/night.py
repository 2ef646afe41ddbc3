"""The labelled files of a night, each made when its turn comes, so that one table at a time is held twice.

A file that its format would hold wrongly is not written: what is wrong with it stands in `labelled/refused.txt`, where
there is any, and somebody is told. The same rows stand in CSV and Parquet whatever becomes of these.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.exports.codes import codes
from app.exports.csv_files import NUMBER
from app.exports.labelled.excel import xlsx
from app.exports.labelled.rules import DTA, SAV, XLSX, XPT5, XPT8, Format, Unwritable
from app.exports.labelled.sas import xpt5, xpt8
from app.exports.labelled.sheets import Field, FieldKind, Sheet, sheet
from app.exports.labelled.spss import sav
from app.exports.labelled.stata import dta
from app.exports.tables import Cell, Dataset, Table

alert = logging.getLogger("svar.alert")

FOLDER = "labelled"
NAMES = ("analysis", "scores", "answers")
REFUSED = f"{FOLDER}/refused.txt"


@dataclass(frozen=True)
class LabelledFile:
    """A file by its name in the night's folder."""

    name: str
    content: bytes
    rows: int


def labelled_files(
    data: Dataset, book: Table, too_large: Mapping[str, str] = MappingProxyType({})
) -> Iterator[LabelledFile]:
    """Each file of each table that leaves labelled; `book` is the codebook. What is too large is said, not read."""
    refusals = [sentence for name, sentence in sorted(too_large.items()) if name in NAMES]
    beside = [book, codes(data)]
    writers: dict[Format, Callable[[Sheet], bytes]] = {
        SAV: sav, DTA: dta, XPT5: xpt5, XPT8: xpt8, XLSX: lambda ready: xlsx(ready, beside)
    }  # fmt: skip
    for table in sorted((table for table in data.tables if table.name in NAMES), key=lambda table: table.name):
        ready = with_meanings(sheet(table, data.study, ZoneInfo(data.zone)), beside[1])
        for form, write in writers.items():
            try:
                content = write(ready)
            except Exception as fault:  # ours, or anything that the library of the format raises
                alert.error("a labelled file of %s was not written: %s%s", data.study, table.name, form.ending)
                unknown = f"{table.name}{form.ending} could not be written ({type(fault).__name__})."
                refusals.append(fault.detail if isinstance(fault, Unwritable) else unknown)
            else:
                yield LabelledFile(f"{FOLDER}/{table.name}{form.ending}", content, len(table))
    if refusals:
        yield LabelledFile(REFUSED, "".join(f"{line}\n" for line in refusals).encode(), len(refusals))


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
