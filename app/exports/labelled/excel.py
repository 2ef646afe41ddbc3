"""The workbook of Excel: the rows, and beside them codebook, codes and the names in other formats, as sheets."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from app.exports.labelled.parts import Parts, in_parts
from app.exports.labelled.rules import XLSX, check, check_size
from app.exports.labelled.sas import short_names
from app.exports.labelled.sheets import Sheet, with_reasons
from app.exports.tables import Cell, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MADE_AT = datetime(2000, 1, 1, tzinfo=UTC)
DAY_FORMAT, TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
OPTIONS = {"constant_memory": True, "nan_inf_to_errors": False}
WIDTH, EXPLAINING = 14, 28
"""How wide a column is: one of data, and one that explains."""
BLOCK = 1 << 20


class Lines(NamedTuple):
    """How many rows a sheet has, and its columns in parts."""

    number: int
    parts: Iterable[Sequence[Sequence[Cell]]]


def xlsx_blocks(parts: Parts, beside: Iterable[Table] = (), within: Path | None = None) -> Iterator[bytes]:
    """The whole workbook, put together on the disk: the rows first, what explains them after them.

    It is put together in the folder `within`: the machine's temporary files may lie in memory.
    """
    import xlsxwriter

    check_size(parts.widest.name, parts.rows, XLSX)
    ready = check(parts.widest, XLSX)
    for part in parts.read():  # before the library has files open, which it leaves so if it is stopped
        check(part, XLSX)
    with TemporaryDirectory(dir=within, prefix=".workbook-") as folder:
        place = Path(folder) / "file.xlsx"
        workbook = xlsxwriter.Workbook(place, {**OPTIONS, "tmpdir": folder})
        workbook.set_properties({"title": ready.label, "created": MADE_AT})
        rows = Lines(parts.rows, ([each.cells for each in part.fields] for part in parts.read()))
        _add(workbook, ready.name, ready.names, rows, [each.label for each in ready.fields])
        for table in beside:
            about = [row for row in table.rows if row[table.shape.names.index("table")] == ready.name]
            _add(workbook, table.name, table.shape.names, Lines(len(about), [list(zip(*about, strict=True))]))
        short = short_names(with_reasons(ready).names)
        names = Lines(len(short), [[list(short), list(short.values())]])
        _add(workbook, "names", ("name", "name in SAS 5"), names)
        workbook.close()
        with place.open("rb") as file:
            yield from iter(partial(file.read, BLOCK), b"")


def xlsx(sheet: Sheet, beside: Iterable[Table] = ()) -> bytes:
    """The same of a sheet that is held."""
    return b"".join(xlsx_blocks(in_parts(lambda: iter([sheet])), beside))


def _add(workbook: "Workbook", name: str, names: Sequence[str], rows: Lines, labels: Sequence[str] = ()) -> None:
    """A sheet whose first line stands still while one scrolls; a name shows its label when it is chosen."""
    from app.exports.labelled.excel_rows import Rows

    page = workbook.add_worksheet(name, worksheet_class=Rows)
    looks = ({"bold": True}, {"num_format": DAY_FORMAT}, {"num_format": TIME})
    heading, *moments = [workbook.add_format(look) for look in looks]
    page.freeze_panes(1, 0)
    page.set_column(0, len(names) - 1, WIDTH if labels else EXPLAINING)
    for place, title in enumerate(names):
        page.write_string(0, place, title, heading)
    for place, label in enumerate(labels):
        page.data_validation(0, place, 0, place, {"validate": "any", "input_message": label})
    day, time = (look._get_xf_index() for look in moments)
    page.take(rows.number, rows.parts, (day, time))
