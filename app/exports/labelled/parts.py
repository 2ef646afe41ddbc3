"""A sheet that comes in parts, so that a file of any length is written while some thousand of its rows are held.

What a library decides of a column (its type, its width, its format) it decides by the cells that it is given. So each
part is given the same few rows at its end, those of the widest cells of each column, which are cut off again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import repeat
from operator import itemgetter

from app.exports.labelled.rules import is_held_by_sas_5
from app.exports.labelled.sheets import Field, FieldKind, Sheet
from app.exports.tables import Cell

Pair = tuple[Cell, Cell]
"""A cell, and why it is absent."""
Ranked = tuple[int, Pair]
BYTES_AT_ONCE, ROWS_AT_ONCE = 1 << 24, 1 << 13
SHEETS_HELD = 16
"""A table of so few parts is made into sheets once for all its files; of a longer one they are made anew for each."""
SEAM = "{name}{ending} cannot be written: a part of it would not be like the others."
"""Said where a library decides otherwise of a column than in the part before; nobody has seen it."""
TEXT_FIELDS = (FieldKind.TEXT, FieldKind.CODE)


@dataclass(frozen=True)
class Parts:
    """How many rows there are, how their sheets are read, and a few rows that are as wide as any of them."""

    rows: int
    read: Callable[[], Iterator[Sheet]]
    widest: Sheet
    count: int = 1

    @property
    def only(self) -> Sheet | None:
        """The whole sheet, if it is so short that it may be written as it is."""
        return next(self.read()) if not self.rows or (self.count == 1 and self.rows <= ROWS_AT_ONCE) else None


def in_parts(read: Callable[[], Iterator[Sheet]]) -> Parts:
    """The sheets that `read` gives, at least one, each time the same; they are looked through once."""
    rows, count, held, kept = 0, 0, list[Sheet](), dict[str, dict[str, Ranked]]()
    for part in read():
        rows, count = rows + len(part), count + 1
        held = [*held, part] if count <= SHEETS_HELD else held[:1]
        for each in part.fields:
            _keep(kept.setdefault(each.name, {}), each)
    most = max(map(len, kept.values()))
    fields = tuple(_of_pairs(each, [pair for _, pair in kept[each.name].values()], most) for each in held[0].fields)
    again = partial(iter, held) if count <= SHEETS_HELD else read
    return Parts(rows, again, replace(held[0], fields=fields), count)


def rows_at_once(width: int) -> int:
    """How many rows of this width are held at once."""
    return max(1, min(ROWS_AT_ONCE, BYTES_AT_ONCE // width))


def beside(part: Sheet, last: Sheet) -> Sheet:
    """The rows of a part, and under them those of `last`."""
    pairs = zip(part.fields, last.fields, strict=True)
    return replace(part, fields=tuple(_and(each, under) for each, under in pairs))


def repeated(sheet: Sheet, times: int) -> Sheet:
    """The rows of a sheet so many times."""
    return replace(sheet, fields=tuple(_chosen(each, lambda cells: list(cells) * times) for each in sheet.fields))


def pieces(part: Sheet, most: int) -> Iterator[Sheet]:
    """The sheet in pieces of at most so many rows."""
    for begin in range(0, len(part), most):
        of_piece = slice(begin, begin + most)
        yield replace(part, fields=tuple(_chosen(each, itemgetter(of_piece)) for each in part.fields))


def _keep(kept: dict[str, Ranked], each: Field) -> None:
    """Keep the widest of each sort of cell; of those that are alike, whichever."""
    for pair in set(zip(each.cells, each.reasons or repeat(None))):  # noqa: B905 - without reasons there is no end
        sort, rank = _ranked(each.kind, pair)
        if sort not in kept or kept[sort][0] < rank:
            kept[sort] = rank, pair


def _ranked(kind: FieldKind, pair: Pair) -> tuple[str, int]:
    """Of which sort a cell is, and how wide among those."""
    cell, why = pair
    if cell is None:
        return "absent", len(str(why or ""))
    if kind in TEXT_FIELDS:
        return "held" if is_held_by_sas_5(cell) else "referred", len(
            str(cell).rstrip(" ").encode("utf-8", "surrogatepass")
        )
    if isinstance(cell, Decimal):
        exponent = cell.as_tuple().exponent
        return "there", -exponent if isinstance(exponent, int) else 0
    return "there", abs(cell) if isinstance(cell, int) else 0


def _of_pairs(each: Field, pairs: Sequence[Pair], most: int) -> Field:
    """The field with these cells, the first again where others have more."""
    filled = [*pairs, *list(pairs[:1]) * (most - len(pairs))]
    cells, reasons = zip(*filled, strict=True) if filled else ((), ())
    return replace(each, cells=cells, reasons=reasons if each.reasons else ())


def _and(each: Field, under: Field) -> Field:
    reasons = (*each.reasons, *under.reasons)
    return replace(each, cells=(*each.cells, *under.cells), reasons=reasons)


def _chosen(each: Field, choose: Callable[[Sequence[Cell]], Sequence[Cell]]) -> Field:
    return replace(each, cells=choose(each.cells), reasons=choose(each.reasons))
