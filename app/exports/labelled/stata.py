"""The file of Stata (format 118, of Stata 14 and later): absent numbers are .a to .z, with a labelled companion."""

from dataclasses import replace
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from app.exports.labelled import absence
from app.exports.labelled.libraries import coded, formats, labels, plain, written
from app.exports.labelled.rules import DTA, check, shortened
from app.exports.labelled.sheets import Field, FieldKind, Sheet, with_reasons
from app.exports.labelled.stamps import without_stata_stamp

if TYPE_CHECKING:
    import pandas as pd

YES_NO = {1: "Yes", 0: "No"}
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
    return without_stata_stamp(content)


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
    return pd.Series([value if why is None else letters[str(why)] for value, why in pairs], dtype="object")


def _letters(each: Field) -> dict[str, str]:
    """The letter of each reason in the order of their meanings; the companion tells apart what shares the last one."""
    last = len(ascii_lowercase) - 1
    return {reason: ascii_lowercase[min(place, last)] for place, reason in enumerate(each.reason_meanings)}


def _value_labels(each: Field) -> dict[int, str]:
    if each.kind is FieldKind.FLAG:
        return YES_NO
    return absence.labels(each.meanings) if each.kind is FieldKind.CODE else {}
