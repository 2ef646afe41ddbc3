"""What each format can hold, and the refusal of everything else: the libraries cut and break in silence."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.core.problems import BadInput
from app.exports.labelled.sheets import Field, FieldKind, Sheet
from app.exports.tables import Cell

LARGEST_WHOLE = 2**53
FIRST_DAY = date(1582, 10, 15)
"""SPSS and SAS count from the first day of the Gregorian calendar."""
UNPRINTED = re.compile("[\x00\ud800-\udfff]")
"""Text ends at the first of these, or cannot be encoded at all."""
SPSS_WORDS = frozenset(["ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"])
STATA_WORDS = frozenset(
    [
        "_ALL",
        "_B",
        "_COEF",
        "_CONS",
        "_N",
        "_PI",
        "_PRED",
        "_RC",
        "_SKIP",
        "BYTE",
        "DOUBLE",
        "FLOAT",
        "IF",
        "IN",
        "INT",
        "LONG",
        "STRL",
        "USING",
        "WITH",
    ]
)
SAS_WORDS = frozenset(["_ALL_", "_CHARACTER_", "_CHAR_", "_NUMERIC_", "_INFILE_", "_N_", "_ERROR_", "_NULL_", "_LAST_"])


class Unwritable(BadInput):
    """A file that its format would hold wrongly; says what and where."""


class CountedIn(StrEnum):
    """How a format counts the length of a text."""

    BYTES = "bytes"
    CHARACTERS = "characters"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


LENGTHS: dict[CountedIn, Callable[[str], int]] = {CountedIn.BYTES: _bytes, CountedIn.CHARACTERS: len}


@dataclass(frozen=True)
class Format:
    """The limits of one format."""

    name: str
    ending: str
    names: re.Pattern[str]
    longest_name: int
    longest_label: int
    longest_text: int
    unit: CountedIn = CountedIn.BYTES
    longest_meaning: int = 32_000
    reserved: frozenset[str] = frozenset()
    is_ascii: bool = False
    largest_number: float = math.inf
    smallest_number: float = 2.3e-308
    """Nearest to nothing; what is nearer becomes nothing. SAS holds numbers up to 7.2e75, but the library not all."""
    first_day: date = FIRST_DAY
    most_rows: int = 2**31 - 1
    most_bytes: int = 10 * 10**9
    """Of all rows, where each is as wide as the widest; no night's disk is filled by one long text."""


SAV = Format(
    "SPSS", ".sav", re.compile(r"[A-Za-z@][A-Za-z0-9._$#@]*(?<!\.)"), 64, 256, 32_767,
    longest_meaning=120, reserved=SPSS_WORDS,
)  # fmt: skip
DTA = Format(
    "Stata", ".dta", re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), 32, 80, 2_045,
    unit=CountedIn.CHARACTERS, reserved=STATA_WORDS, largest_number=8.988e307,
)  # fmt: skip
XPT5 = Format(
    "SAS transport 5", ".xpt", re.compile(r"[A-Z_][A-Z0-9_]*"), 8, 40, 200,
    reserved=SAS_WORDS, is_ascii=True, largest_number=4.5e74, smallest_number=5.4e-79,
)  # fmt: skip
XPT8 = Format(
    "SAS transport 8", ".v8.xpt", re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), 32, 256, 32_767,
    reserved=SAS_WORDS, largest_number=4.5e74, smallest_number=5.4e-79,
)  # fmt: skip
XLSX = Format(
    "Excel", ".xlsx", re.compile(r"\S(.*\S)?"), 255, 255, 32_767,
    unit=CountedIn.CHARACTERS, first_day=date(1900, 3, 1), most_rows=1_048_575,
)  # fmt: skip
FORMATS = (SAV, DTA, XPT5, XPT8, XLSX)


def check(sheet: Sheet, form: Format) -> Sheet:
    """The sheet, if the format holds it as it is; Unwritable with the first few things that it would not."""
    complaints = [*_of_the_whole(sheet, form), *(said for each in sheet.fields for said in _of_a_field(each, form))]
    if complaints:
        more = f" And {len(complaints) - 3} more." if len(complaints) > 3 else ""
        raise Unwritable(f"{sheet.name}{form.ending} cannot be written: {' '.join(complaints[:3])}{more}")
    return sheet


def check_size(name: str, rows: int, form: Format, width: int = 0) -> None:
    """Unwritable, if a file of so many rows, each so wide, is more than the format or a night's disk holds."""
    begin = f"{name}{form.ending} cannot be written:"
    if rows > form.most_rows:
        raise Unwritable(
            f"{begin} It has {rows:,} rows, and {form.name} takes {form.most_rows:,}: read the CSV or Parquet file."
        )
    if rows * width > form.most_bytes:
        raise Unwritable(
            f"{begin} Each of its {rows:,} rows would be as wide as its longest texts, {width:,} bytes, and the file"
            f" {rows * width / 10**9:,.0f} GB: read the CSV or Parquet file."
        )


def is_held_by_sas_5(cell: Cell) -> bool:
    """Whether a free text may stand in a version 5 file."""
    return cell is None or (str(cell).isascii() and len(str(cell)) <= XPT5.longest_text)


def shortened(text: str, form: Format, longest: int) -> str:
    """The text, or its beginning with an ellipsis: never cut inside a letter, its accent with it."""
    length = LENGTHS[form.unit]
    if form.is_ascii:
        text = as_ascii(text)
    if length(text) <= longest:
        return text
    dots = "..." if form.is_ascii else "…"
    kept = text
    while kept and length(kept) + length(dots) > longest:
        cut = len(kept) - 1
        while cut and _belongs_to_the_letter_before(kept[cut]):
            cut -= 1
        kept = kept[:cut]
    return kept.rstrip() + dots


def as_ascii(text: str) -> str:
    """Our own words in the letters of English: a label is for reading, and SAS 5 has no others."""
    plain = unicodedata.normalize("NFKD", text.translate(SPELT))
    return "".join(letter for letter in plain if ord(letter) < 128)


SPELT = str.maketrans({"æ": "ae", "ø": "o", "Æ": "AE", "Ø": "O", "–": "-", "…": "...", "’": "'", "ß": "ss"})


def _belongs_to_the_letter_before(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or letter in "\u200d\ufe0f"


def _of_the_whole(sheet: Sheet, form: Format) -> Iterator[str]:
    if any(len(each.cells) != len(sheet) for each in sheet.fields):
        yield "Its columns differ in length."
    seen = Counter(name.upper() for name in sheet.names)
    for name in sheet.names:
        if seen[name.upper()] > 1:
            yield f"The name {name} stands twice, capitals aside."
    if sheet.key:
        first = next((each for each in sheet.fields if each.name == sheet.key[0]), None)
        if first is None:
            yield f"The key {sheet.key[0]} is not among its columns."
        elif any(cell is None or not str(cell).strip() for cell in first.cells):
            yield f"A row has no {first.name}: rows without a key vanish at the end of a file."


def _of_a_field(each: Field, form: Format) -> Iterator[str]:
    yield from _of_a_name(each.name, form)
    length = LENGTHS[form.unit]
    if length(each.label) > form.longest_label:
        yield f"The label of {each.name} is longer than {form.longest_label} {form.unit}."
    if _is_strange(each.label, form):
        yield f"The label of {each.name} has letters that {form.name} does not hold."
    for code, meaning in {**each.meanings, **each.reason_meanings}.items():
        if length(meaning) > form.longest_meaning:
            yield f"The meaning of {code} in {each.name} is longer than {form.longest_meaning} {form.unit}."
    complaint = next(filter(None, (_of_a_cell(cell, each.kind, form) for cell in dict.fromkeys(each.cells))), None)
    if complaint:
        yield f"{each.name} holds {complaint}."


def _of_a_name(name: str, form: Format) -> Iterator[str]:
    if not form.names.fullmatch(name):
        yield f"{name!r} is not a name in {form.name}."
    if LENGTHS[form.unit](name) > form.longest_name:
        yield f"The name {name} is longer than {form.longest_name} {form.unit}."
    if name.upper() in form.reserved or (form is DTA and re.fullmatch(r"str\d+", name, re.IGNORECASE)):
        yield f"{name} is a word of {form.name} itself."


def _of_a_cell(cell: Cell, kind: FieldKind, form: Format) -> str:
    """What is wrong with a cell, as the end of a sentence; nothing if all is well."""
    if cell is None:
        return ""
    if kind in (FieldKind.TEXT, FieldKind.CODE):
        return _of_a_text(cell, form)
    if kind is FieldKind.FLAG:
        return "" if isinstance(cell, bool) else "something that is neither true nor false"
    if kind in (FieldKind.DATE, FieldKind.TIME):
        return _of_a_time(cell, kind, form)
    return _of_a_number(cell, kind, form)


def _of_a_text(cell: Cell, form: Format) -> str:
    if not isinstance(cell, str):
        return "something that is not a text"
    if _is_strange(cell, form):
        return f"a text with a letter that {form.name} does not hold"
    is_long = (_bytes(cell) if form.unit is CountedIn.BYTES or form is DTA else _sixteens(cell)) > form.longest_text
    return f"a text of more than {form.longest_text} bytes" if is_long else ""


def _of_a_time(cell: Cell, kind: FieldKind, form: Format) -> str:
    if not isinstance(cell, date) or isinstance(cell, datetime) is not (kind is FieldKind.TIME):
        return f"something that is not a {kind}"
    if isinstance(cell, datetime):
        if cell.tzinfo is not None:
            return "a time with a zone, which would be dropped"
        cell = cell.date()
    return f"a date before {form.first_day}" if cell < form.first_day else ""


def _of_a_number(cell: Cell, kind: FieldKind, form: Format) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | Decimal):
        return "something that is not a number"
    if kind is FieldKind.WHOLE and not isinstance(cell, int):
        return "a number that is not whole"
    if isinstance(cell, Decimal) and not cell.is_finite():
        return "a number that is not finite"
    number = Decimal(cell)
    if abs(number) > form.largest_number:
        return f"{cell}, beyond the largest number of {form.name}"
    if 0 < abs(number) < form.smallest_number:
        return f"{cell}, nearer to nothing than any number of {form.name}"
    is_beyond = abs(number) > LARGEST_WHOLE and number == int(number)
    return f"the whole number {cell}, beyond 2^53" if is_beyond else ""


def _is_strange(text: str, form: Format) -> bool:
    return bool(UNPRINTED.search(text)) or (form.is_ascii and not text.isascii())


def _sixteens(text: str) -> int:
    """The length of a text as Excel counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
