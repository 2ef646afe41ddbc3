"""The file of Stata (format 118, of Stata 14 and later): absent numbers are .a to .z, with a labelled companion."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from string import ascii_lowercase
from struct import pack, pack_into, unpack_from
from typing import TYPE_CHECKING, Any

from app.exports.labelled import absence
from app.exports.labelled.libraries import LARGEST_IN_FOUR_BYTES, coded, formats, labels, plain, written
from app.exports.labelled.packing import Packed, PackedColumn, number, packed_rows, padded
from app.exports.labelled.parts import SEAM, Parts, pieces, rows_at_once
from app.exports.labelled.rules import DTA, Unwritable, check, check_size, shortened
from app.exports.labelled.sheets import YES_NO_LABELS, Field, FieldKind, Sheet, with_reasons
from app.exports.labelled.stamps import without_stata_stamp
from app.exports.tables import Cell

if TYPE_CHECKING:
    import pandas as pd

STATA_MISSING = 0x7FE0000000000000
"""Stata's `.` as the bits of a double; `.a` to `.z` are the next ones, 1 to 26 in the third byte."""
MAP, TYPES_AT, DATA_AT = "<14Q", 2, 9
"""Where each part of the file begins; which of these places are those of the columns' types and of the rows."""
LONG, STATA_DOUBLE = 65528, 65526
"""The two types of numbers that the library gives our columns."""
ABSENT_LONG = LARGEST_IN_FOUR_BYTES + 1
MILLISECOND = timedelta(milliseconds=1)
STATA_WIDTHS = {32768: 8, 65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1}
"""The bytes of a cell by its column's type; a type that is not here is a text of so many bytes."""
RELEASE_118 = 14
"""What pyreadstat calls the format 118: the version of Stata that brought it."""


def dta_blocks(parts: Parts) -> Iterator[bytes]:
    """The whole file, part by part: rows are of one width, and the map at its head says where what follows them is."""
    if (only := parts.only) is not None:
        yield dta(only)
        return
    once = dta(parts.widest)
    places = unpack_from(MAP, once, once.index(b"<map>") + len(b"<map>"))
    begin, end = places[DATA_AT] + len(b"<data>"), places[DATA_AT + 1] - len(b"</data>")
    width = (end - begin) // len(parts.widest)
    check_size(parts.widest.name, parts.rows, DTA, width)
    yield _head(once[:begin], places, parts.rows, (parts.rows - len(parts.widest)) * width)
    types = _types(once, places, len(with_reasons(parts.widest).fields))
    refusal = SEAM.format(name=parts.widest.name, ending=DTA.ending)
    for sheet in parts.read():
        for piece in pieces(sheet, rows_at_once(width)):
            checked = check(fitted(with_reasons(piece)), DTA)
            columns = zip(checked.fields, types, strict=True)
            yield packed_rows(PackedColumn(each, _packing(each, of, refusal)) for each, of in columns)
    yield once[end:]


def _types(content: bytes, places: tuple[int, ...], columns: int) -> tuple[int, ...]:
    """The type of each column, as the library chose it."""
    return unpack_from(f"<{columns}H", content, places[TYPES_AT] + len(b"<variable_types>"))


def _packing(each: Field, of_type: int, refusal: str) -> Packed:
    """How a cell stands in a column of this type. Unwritable where the type does not hold it."""
    if of_type == STATA_DOUBLE:
        letters = _bits(each)
        return lambda cell, why: (
            pack("<Q", letters.get(str(why), STATA_MISSING)) if cell is None else pack("<d", number(cell, MILLISECOND))
        )
    if of_type == LONG:
        codes: dict[Cell, int] = {code: place for place, code in enumerate(each.meanings, 1)}
        return lambda cell, _: _whole(codes.get(cell, cell) if each.kind is FieldKind.CODE else cell, refusal)
    return lambda cell, _: padded("" if cell is None else str(cell), of_type, b"\0", refusal)


def _whole(cell: Cell, refusal: str) -> bytes:
    if cell is None:
        return pack("<l", ABSENT_LONG)
    value = int(number(cell, MILLISECOND))
    if abs(value) > LARGEST_IN_FOUR_BYTES:
        raise Unwritable(refusal)
    return pack("<l", value)


def _head(head: bytes, places: tuple[int, ...], rows: int, longer: int) -> bytes:
    """What stands before the rows, with their number, and with the places of what follows so much further on."""
    whole, number, at = bytearray(head), head.index(b"<N>") + len(b"<N>"), head.index(b"<map>") + len(b"<map>")
    whole[number : number + 8] = rows.to_bytes(8, "little")
    moved = (place + longer if nth > DATA_AT else place for nth, place in enumerate(places))
    pack_into(MAP, whole, at, *moved)
    return bytes(whole)


def dta(sheet: Sheet) -> bytes:
    """The whole file, as bytes."""
    import pyreadstat

    ready = check(fitted(with_reasons(sheet)), DTA)
    content = written(
        pyreadstat.write_dta,
        {each.name: _cells(each) for each in ready.fields},
        version=RELEASE_118,
        file_label=shortened(ready.label, DTA, 80),
        column_labels=labels(ready),
        variable_value_labels={each.name: _value_labels(each) for each in ready.fields if _value_labels(each)},
        variable_format=formats(ready, {FieldKind.DATE: "%td", FieldKind.TIME: "%tc"}),
    )
    return without_stata_stamp(_with_letters(content, ready))


def fitted(sheet: Sheet) -> Sheet:
    """With labels of the length that the format has."""
    fields = (replace(each, label=shortened(each.label, DTA, DTA.longest_label)) for each in sheet.fields)
    return replace(sheet, fields=tuple(fields))


def _cells(each: Field) -> "pd.Series[Any]":
    return coded(each) if each.kind is FieldKind.CODE else plain(each)


def _with_letters(content: bytes, sheet: Sheet) -> bytes:
    """The file with the letter of each absent number in its place, which is known from the file's own map.

    The library takes letters among numbers, and guesses by the first cells of a column what it holds.
    """
    import numpy as np

    places, whole = unpack_from(MAP, content, content.index(b"<map>") + len(b"<map>")), bytearray(content)
    kinds = _types(content, places, len(sheet.fields))
    *offsets, width = accumulate((STATA_WIDTHS.get(kind, kind) for kind in kinds), initial=0)
    for each, offset in zip(sheet.fields, offsets, strict=True):
        letters = _bits(each)
        absent = [(row, letters[str(why)]) for row, why in enumerate(each.reasons) if why is not None]
        if absent:
            column = np.dtype({"names": ["it"], "formats": ["<u8"], "offsets": [offset], "itemsize": width})
            rows, tagged = zip(*absent, strict=True)
            of_file = np.frombuffer(whole, column, len(sheet), places[DATA_AT] + len(b"<data>"))
            of_file["it"][list(rows)] = np.array(tagged, "<u8")
    return bytes(whole)


def _bits(each: Field) -> dict[str, int]:
    """The bits of a number that is absent for each reason."""
    return {why: STATA_MISSING | (ascii_lowercase.index(letter) + 1) << 40 for why, letter in _letters(each).items()}


def _letters(each: Field) -> dict[str, str]:
    """The letter of each reason in the order of their meanings; the companion tells apart what shares the last one."""
    last = len(ascii_lowercase) - 1
    return {reason: ascii_lowercase[min(place, last)] for place, reason in enumerate(each.reason_meanings)}


def _value_labels(each: Field) -> dict[int, str]:
    if each.kind is FieldKind.FLAG:
        return YES_NO_LABELS
    return absence.labels(each.meanings) if each.kind is FieldKind.CODE else {}
