"""A workbook of XLSForm as rows of text, by the heads of their columns."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from app.instruments.columns import standing_twice
from app.instruments.problems import BadFolder

Row = dict[str, str]
MOST_ROWS_OF_SHEET = 5000


def sheets_of(content: bytes) -> dict[str, list[Row]]:
    """The rows of each sheet by its name, in small letters; BadFolder where the file is no workbook."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, ValueError, KeyError, OSError) as error:
        raise BadFolder("the workbook", ["it is no .xlsx workbook; save it as one"]) from error
    except Exception as error:
        raise BadFolder("the workbook", [f"it cannot be read: {error}"]) from error
    return {sheet.title.strip().lower(): list(_rows(sheet)) for sheet in book.worksheets}


def _rows(sheet: Any) -> Iterator[Row]:
    lines = sheet.iter_rows(values_only=True, max_row=MOST_ROWS_OF_SHEET)
    head = [str(cell or "").strip() for cell in next(lines, ())]
    if twice := standing_twice(head):
        raise BadFolder(f"the sheet {sheet.title}", twice)
    for line in lines:
        row = {name: _cell(cell) for name, cell in zip(head, line, strict=False) if name}
        if any(row.values()):
            yield row


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
