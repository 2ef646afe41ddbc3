"""The workbook of Excel: the rows, and beside them codebook, codes and the names in other formats, as sheets."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from app.exports.labelled.rules import XLSX, check
from app.exports.labelled.sas import short_names
from app.exports.labelled.sheets import Sheet, with_reasons
from app.exports.tables import Cell, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MADE_AT = datetime(2000, 1, 1, tzinfo=UTC)
DAY, TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
OPTIONS = {"constant_memory": True, "nan_inf_to_errors": False}
WIDTH, EXPLAINING = 14, 28
"""How wide a column is: one of data, and one that explains."""


def xlsx(sheet: Sheet, beside: Iterable[Table] = ()) -> bytes:
    """The whole workbook: `sheet` first, what explains it after it."""
    import xlsxwriter

    ready, content = check(sheet, XLSX), BytesIO()
    workbook = xlsxwriter.Workbook(content, OPTIONS)
    workbook.set_properties({"title": ready.label, "created": MADE_AT})
    labels = [each.label for each in ready.fields]
    _add(workbook, ready.name, ready.names, [each.cells for each in ready.fields], labels)
    for table in beside:
        about = [row for row in table.rows if row[table.shape.names.index("table")] == ready.name]
        _add(workbook, table.name, table.shape.names, list(zip(*about, strict=True)))
    short = short_names(with_reasons(ready).names)
    _add(workbook, "names", ("name", "name in SAS 5"), [list(short), list(short.values())])
    workbook.close()
    return content.getvalue()


def _add(
    workbook: "Workbook",
    name: str,
    names: Sequence[str],
    columns: Sequence[Sequence[Cell]],
    labels: Sequence[str] = (),
) -> None:
    """A sheet whose first line stands still while one scrolls; a name shows its label when it is chosen."""
    from app.exports.labelled.excel_rows import Rows

    page = workbook.add_worksheet(name, worksheet_class=Rows)
    looks = ({"bold": True}, {"num_format": DAY}, {"num_format": TIME})
    heading, *moments = [workbook.add_format(look) for look in looks]
    page.freeze_panes(1, 0)
    page.set_column(0, len(names) - 1, WIDTH if labels else EXPLAINING)
    for place, title in enumerate(names):
        page.write_string(0, place, title, heading)
    for place, label in enumerate(labels):
        page.data_validation(0, place, 0, place, {"validate": "any", "input_message": label})
    day, time = (look._get_xf_index() for look in moments)
    page.take(columns, (day, time))
