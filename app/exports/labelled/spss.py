"""The file of SPSS (and PSPP, and R's haven): absent numbers are user-missing, with the reason as value label."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from struct import pack
from typing import TYPE_CHECKING, Any

from app.exports.labelled import absence
from app.exports.labelled.libraries import coded, decimals, labels, numbers, plain, written
from app.exports.labelled.parts import ROWS_AT_ONCE, SEAM, Parts, beside, pieces, repeated
from app.exports.labelled.rules import SAV, Unwritable, check, check_size, shortened
from app.exports.labelled.sheets import YES_NO_LABELS, Field, FieldKind, Sheet
from app.exports.labelled.stamps import without_spss_stamp

if TYPE_CHECKING:
    import pandas as pd

MOST_DECIMALS = 15
SPSS_MEASURES = {FieldKind.NUMBER: "scale", FieldKind.WHOLE: "scale", FieldKind.TIME: "scale", FieldKind.DATE: "scale"}


ROWS, ROWS_AGAIN = slice(80, 84), pack("<4iq", 7, 16, 8, 2, 1)
"""Where the number of rows stands, in four bytes; behind what it stands again, in eight."""
END_OF_ROWS = b"\xfc" + bytes(7)
"""What says after the last row that it was the last."""


def sav_blocks(parts: Parts) -> Iterator[bytes]:
    """The whole file, part by part. Its rows are packed one by one, so that they stand beneath each other as they are;
    what ends them is cut off with the widest rows, and stands once at the end."""
    if (only := parts.only) is not None:
        yield sav(only)
        return
    check_size(parts.widest.name, parts.rows, SAV)
    once, twice = sav(parts.widest), sav(repeated(parts.widest, 2))
    of_widest = len(twice) - len(once)
    head = _head(once[: len(once) - of_widest], parts.rows)
    yield head
    for sheet in parts.read():
        for piece in pieces(sheet, ROWS_AT_ONCE):
            content = sav(beside(piece, parts.widest))
            if _head(content[: len(head)], parts.rows) != head:
                raise Unwritable(SEAM.format(name=parts.widest.name, ending=SAV.ending))
            yield content[len(head) : len(content) - of_widest]
    yield END_OF_ROWS


def _head(head: bytes, rows: int) -> bytes:
    """What stands before the rows, with their number."""
    whole, again = bytearray(head), head.index(ROWS_AGAIN) + len(ROWS_AGAIN)
    whole[ROWS], whole[again : again + 8] = rows.to_bytes(4, "little"), rows.to_bytes(8, "little")
    return bytes(whole)


def sav(sheet: Sheet) -> bytes:
    """The whole file, as bytes."""
    import pyreadstat

    ready = check(fitted(sheet), SAV)
    _refuse_taken_numbers(ready)
    content = written(
        pyreadstat.write_sav,
        {each.name: _cells(each) for each in ready.fields},
        file_label=shortened(ready.label, SAV, 64),
        column_labels=labels(ready),
        variable_value_labels={each.name: _value_labels(each) for each in ready.fields if _value_labels(each)},
        missing_ranges={
            each.name: [{"lo": absence.LOWEST, "hi": absence.HIGHEST}] for each in ready.fields if each.reasons
        },
        variable_format={each.name: _format(each) for each in ready.fields if _format(each)},
        variable_measure={each.name: SPSS_MEASURES.get(each.kind, "nominal") for each in ready.fields},
        row_compress=True,
    )
    return without_spss_stamp(content)


def fitted(sheet: Sheet) -> Sheet:
    """With labels and meanings of the length that the format has."""

    def fit(each: Field) -> Field:
        return replace(
            each,
            label=shortened(each.label, SAV, SAV.longest_label),
            meanings=_short(each.meanings),
            reason_meanings=_short(each.reason_meanings),
        )

    return replace(sheet, fields=tuple(map(fit, sheet.fields)))


def _short(meanings: Mapping[str, str]) -> dict[str, str]:
    room = SAV.longest_meaning
    return {code: shortened(meaning, SAV, room - len(f"{code}: ".encode())) for code, meaning in meanings.items()}


def _cells(each: Field) -> "pd.Series[Any]":
    if each.kind is FieldKind.CODE:
        return coded(each)
    if not each.reasons:
        return plain(each)
    codes = absence.numbers(each.reason_meanings)
    pairs = zip(plain(each), each.reasons, strict=True)
    return numbers(value if why is None else codes[str(why)] for value, why in pairs)


def _value_labels(each: Field) -> dict[int, str]:
    if each.kind is FieldKind.FLAG:
        return YES_NO_LABELS
    if each.kind is FieldKind.CODE:
        return absence.labels(each.meanings)
    codes = absence.numbers(each.reason_meanings)
    return {codes[code]: absence.said(code, meaning) for code, meaning in each.reason_meanings.items()}


def _format(each: Field) -> str:
    """So that every decimal is shown, and a day in one way: year first."""
    if each.kind is FieldKind.NUMBER:
        fine = min(decimals(each.cells), MOST_DECIMALS)
        return f"F{max(8, fine + 6)}.{fine}"
    formats = {FieldKind.WHOLE: "F8.0", FieldKind.CODE: "F4.0", FieldKind.FLAG: "F1.0", FieldKind.DATE: "SDATE10"}
    formats[FieldKind.TIME] = "DATETIME20"
    return formats.get(each.kind, "")


def _refuse_taken_numbers(sheet: Sheet) -> None:
    for each in sheet.fields:
        if each.reasons and any(cell is not None and absence.is_reserved(float(str(cell))) for cell in each.cells):
            raise Unwritable(
                f"{sheet.name}.sav cannot be written: {each.name} holds a number from {absence.LOWEST} to"
                f" {absence.HIGHEST}, which SPSS would take for missing."
            )
