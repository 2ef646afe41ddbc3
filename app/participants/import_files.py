"""Lists of people as spreadsheets write them: CSV or XLSX, read as rows of texts (pure)."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zipfile import BadZipFile

from app.core.problems import BadInput

COLUMNS = (
    "site", "phone", "consent", "enrolled_on", "code", "name", "language", "zone", "abroad", "shared_phone",
    "sms_answers", "pin", "birth_year", "email", "channel",
)  # fmt: skip
NEEDED = COLUMNS[:4]
LONGEST_LIST = 5000
Row = Mapping[str, str]


def read_list(content: bytes, name: str) -> list[Row]:
    """The rows of a list, by the names in its first row; BadInput says what cannot be read, and names the columns."""
    table = _xlsx(content) if name.lower().endswith(".xlsx") else _csv(content)
    lines = [[cell.strip() for cell in line] for line in table]
    if not lines or not any(lines[0]):
        raise BadInput(f"{name} is empty. Its first row names the columns: {', '.join(NEEDED)}, and perhaps others.")
    head = [cell.lower().replace(" ", "_") for cell in lines[0]]
    while head and not head[-1]:
        head.pop()
    _check_head(head)
    rows: list[Row] = [dict(zip(head, [*line, *[""] * len(head)], strict=False)) for line in lines[1:] if any(line)]
    if len(rows) > LONGEST_LIST:
        raise BadInput(f"{name} has {len(rows)} rows. Import at most {LONGEST_LIST} at a time.")
    return rows


def _check_head(head: Sequence[str]) -> None:
    strange = [column or "(no name)" for column in head if column not in COLUMNS]
    twice = sorted({column for column in head if head.count(column) > 1})
    lacking = [column for column in NEEDED if column not in head]
    errors = dict.fromkeys(strange, "is no column of this list")
    errors |= dict.fromkeys(twice, "stands twice") | dict.fromkeys(lacking, "is missing")
    if errors:
        raise BadInput(f"The first row names the columns; there are {', '.join(COLUMNS)}.", errors=errors)


def _csv(content: bytes) -> Iterator[list[str]]:
    """With commas, semicolons or tabs, as spreadsheets of different countries write it."""
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The file is not UTF-8. Save it as “CSV UTF-8”, or as XLSX.") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    yield from csv.reader(io.StringIO(text), delimiter=delimiter)


def _xlsx(content: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise BadInput("The file is no XLSX that can be read. Save it anew, or as “CSV UTF-8”.") from None
    sheet = book.worksheets[0]
    yield from ([_cell(value) for value in line] for line in sheet.iter_rows(values_only=True))


def _cell(value: object) -> str:
    """What a person sees: a day without its midnight, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
