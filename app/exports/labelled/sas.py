"""The transport files of SAS: version 5, which authorities ask for, and version 8, which holds every text and name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from struct import unpack_from

from app.exports.labelled.libraries import formats, labels, plain, written
from app.exports.labelled.packing import Packed, PackedColumn, number, of_mainframe, packed_rows, padded
from app.exports.labelled.parts import SEAM, Parts, pieces, repeated, rows_at_once
from app.exports.labelled.rules import XPT5, XPT8, Format, check, check_size, is_held_by_sas_5, shortened
from app.exports.labelled.sheets import Field, FieldKind, Sheet, with_reasons
from app.exports.labelled.stamps import without_sas_stamps
from app.exports.tables import each_once

ELSEWHERE = "[text: see the v8 file]"
"""What stands in a version 5 file for a text that it cannot hold."""
VOWELS = frozenset("AEIOU")


CARD, COUNT = 80, 32
"""A file is filled up to a multiple of so many bytes; and how many at the end of a card are for the rows' number."""
DESCRIPTIONS = {XPT5: b"HEADER RECORD*******NAMESTR", XPT8: b"HEADER RECORD*******NAMSTV8"}
"""Begins the card after which the columns are described."""
DESCRIPTION, LENGTH_AT = 140, 4
"""How long the description of a column is, and where in it the length of its cells stands."""
ABSENT = b".".ljust(8, b"\0")
SECOND = timedelta(seconds=1)


def xpt5_blocks(parts: Parts) -> Iterator[bytes]:
    """The whole file, part by part, in the names of `short_names`."""
    return xpt_blocks(parts, XPT5, _in_short_names)


def xpt8_blocks(parts: Parts) -> Iterator[bytes]:
    """The whole file, part by part, in the columns' own names."""
    return xpt_blocks(parts, XPT8, with_reasons)


def xpt_blocks(parts: Parts, form: Format, ready: Callable[[Sheet], Sheet]) -> Iterator[bytes]:
    """The whole file of sheets that `ready` gives the names of the format, part by part: rows are of one width."""
    if (only := parts.only) is not None:
        yield xpt(ready(only), form)
        return
    widest = ready(parts.widest)
    once, twice = xpt(repeated(widest, CARD), form), xpt(repeated(widest, 2 * CARD), form)
    width = (len(twice) - len(once)) // (CARD * len(widest))
    begin = len(once) - CARD * len(widest) * width
    check_size(parts.widest.name, parts.rows, form, width)
    yield _head(once[:begin], form, parts.rows)
    widths = _widths(once, form, len(widest.fields))
    refusal = SEAM.format(name=parts.widest.name, ending=form.ending)
    for sheet in parts.read():
        for piece in pieces(ready(sheet), rows_at_once(width)):
            checked = check(_labelled(piece, form), form)
            columns = zip(checked.fields, widths, strict=True)
            yield packed_rows(PackedColumn(each, _packing(each.kind, wide, refusal)) for each, wide in columns)
    yield b" " * (-parts.rows * width % CARD)


def _widths(content: bytes, form: Format, columns: int) -> list[int]:
    """How wide each column is, as the library laid it out."""
    begin = content.index(DESCRIPTIONS[form]) + CARD + LENGTH_AT
    return [unpack_from(">h", content, begin + DESCRIPTION * place)[0] for place in range(columns)]


def _packing(kind: FieldKind, width: int, refusal: str) -> Packed:
    if kind in (FieldKind.TEXT, FieldKind.CODE):
        return lambda cell, _: padded("" if cell is None else str(cell), width, b" ", refusal)
    return lambda cell, _: ABSENT if cell is None else of_mainframe(number(cell, SECOND))


def _head(head: bytes, form: Format, rows: int) -> bytes:
    """What stands before the rows; version 8 says in its last card how many they are."""
    return head if form is XPT5 else head[:-COUNT] + f"{rows:15}".ljust(COUNT).encode()


def xpt5(sheet: Sheet) -> bytes:
    """The whole file, in the names of `short_names`. A free text that it cannot hold says where it is."""
    return xpt(_in_short_names(sheet), XPT5)


def _in_short_names(sheet: Sheet) -> Sheet:
    plainer = with_reasons(sheet)
    named = short_names(plainer.names)
    fields = tuple(replace(referred(each, sheet.key), name=named[each.name]) for each in plainer.fields)
    return replace(plainer, fields=fields, key=tuple(named[name] for name in sheet.key))


def xpt8(sheet: Sheet) -> bytes:
    """The whole file, in the columns' own names."""
    return xpt(with_reasons(sheet), XPT8)


def xpt(sheet: Sheet, form: Format) -> bytes:
    """The whole file of a sheet whose names the format has."""
    import pyreadstat

    ready = check(_labelled(sheet, form), form)
    content = written(
        pyreadstat.write_xport,
        {each.name: plain(each) for each in ready.fields},
        file_format_version=5 if form is XPT5 else 8,
        table_name=_member(ready.name, form),
        file_label=shortened(ready.label, form, 40),
        column_labels=labels(ready),
        variable_format=formats(ready, {FieldKind.DATE: "DATE", FieldKind.TIME: "DATETIME"}),
    )
    return without_sas_stamps(content)


def _labelled(sheet: Sheet, form: Format) -> Sheet:
    """With labels of the length that the format has."""
    fields = (replace(each, label=shortened(each.label, form, form.longest_label)) for each in sheet.fields)
    return replace(sheet, fields=tuple(fields))


def short_names(names: Iterable[str]) -> dict[str, str]:
    """A name of at most eight letters for each, the same each time, unlike those before it."""
    short: dict[str, str] = {}
    for name in names:
        wanted = _abbreviated(name.upper())
        taken, place = set(short.values()), 2
        candidate = wanted
        while candidate in taken or candidate in XPT5.reserved:
            ending = str(place)
            candidate, place = f"{wanted[: XPT5.longest_name - len(ending)]}{ending}", place + 1
        short[name] = candidate
    return short


def _abbreviated(name: str) -> str:
    """Whole where it fits; else without joints, then without vowels, then the beginnings of its words."""
    longest = XPT5.longest_name
    words = name.split("_")
    bare = ["".join(letter for place, letter in enumerate(word) if not place or letter not in VOWELS) for word in words]
    for candidate in (name, "".join(words), "".join(bare)):
        if len(candidate) <= longest:
            return candidate
    share = max(1, longest // len(words))
    first = longest - share * (len(words) - 1)
    pieces = [word[: first if place == 0 else share] for place, word in enumerate(bare)]
    return "".join(pieces)[:longest]


def _member(name: str, form: Format) -> str:
    return _abbreviated(name.upper()) if form is XPT5 else name.upper()


def referred(each: Field, key: tuple[str, ...], elsewhere: str = ELSEWHERE) -> Field:
    """With a word in the place of each free text that version 5 cannot hold; a key is never touched."""
    if each.kind is not FieldKind.TEXT or each.name in key:
        return each
    return replace(each, cells=tuple(each_once(lambda cell: cell if is_held_by_sas_5(cell) else elsewhere, each.cells)))
