"""The file of Stata (format 118, of Stata 14 and later): absent numbers are .a to .z, with a labelled companion."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from operator import itemgetter
from string import ascii_lowercase
from struct import pack
from typing import TYPE_CHECKING, Any

from app.exports.labelled import absence
from app.exports.labelled.libraries import coded, formats, labels, plain, written
from app.exports.labelled.rules import DTA, check, shortened
from app.exports.labelled.sheets import Field, FieldKind, Sheet, with_reasons
from app.exports.labelled.stamps import without_stata_stamp

if TYPE_CHECKING:
    import pandas as pd

YES_NO = {1: "Yes", 0: "No"}
LOOKED_AT = 100
"""By the first so many cells of a mixed column the library decides what it holds."""
STAND_IN = -1.7976931348623157e292
"""A number that is no cell of ours, in the place of a letter that hides what the column holds."""
MISSING = 0x7FE0000000000000
"""Stata's `.` as the bits of a double; `.a` to `.z` are the next ones, 1 to 26 in the third byte."""
RELEASE_118 = 14
"""What pyreadstat calls the format 118: the version of Stata that brought it."""


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
        missing_user_values={each.name: sorted(set(_letters(each).values())) for each in ready.fields if each.reasons},
    )
    return without_stata_stamp(_letters_put_back(content, ready))


def fitted(sheet: Sheet) -> Sheet:
    """With labels of the length that the format has."""
    fields = (replace(each, label=shortened(each.label, DTA, DTA.longest_label)) for each in sheet.fields)
    return replace(sheet, fields=tuple(fields))


def _cells(each: Field) -> "pd.Series[Any]":
    import pandas as pd

    if each.kind is FieldKind.CODE:
        return coded(each)
    if not each.reasons:
        return plain(each)
    letters, pairs = _letters(each), zip(plain(each), each.reasons, strict=True)
    cells = [value if why is None else letters[str(why)] for value, why in pairs]
    if (place := _misleading(cells)) is not None:
        cells[place] = STAND_IN
    return pd.Series(cells, dtype="object")


def _misleading(cells: Sequence[object]) -> int | None:
    """The first letter of a column of numbers that the library takes for one of texts, as its first cells have none."""
    first = cells[:LOOKED_AT]
    if any(isinstance(cell, float) and not isnan(cell) for cell in first):
        return None
    return next((place for place, cell in enumerate(first) if isinstance(cell, str)), None)


def _letters_put_back(content: bytes, sheet: Sheet) -> bytes:
    """The file with the letters again for which a number stands in; those of one row stand there in its order."""
    replaced: list[tuple[int, int]] = []
    for each in sheet.fields:
        cells = list(_cells(each)) if each.reasons else []
        if STAND_IN in cells:
            place = cells.index(STAND_IN)
            replaced.append((place, ascii_lowercase.index(_letters(each)[str(each.reasons[place])]) + 1))
    for _, letter in sorted(replaced, key=itemgetter(0)):
        content = content.replace(pack("<d", STAND_IN), pack("<Q", MISSING | letter << 40), 1)
    return content


def _letters(each: Field) -> dict[str, str]:
    """The letter of each reason in the order of their meanings; the companion tells apart what shares the last one."""
    last = len(ascii_lowercase) - 1
    return {reason: ascii_lowercase[min(place, last)] for place, reason in enumerate(each.reason_meanings)}


def _value_labels(each: Field) -> dict[int, str]:
    if each.kind is FieldKind.FLAG:
        return YES_NO
    return absence.labels(each.meanings) if each.kind is FieldKind.CODE else {}
