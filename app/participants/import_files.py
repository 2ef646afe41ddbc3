"""Lists of people as spreadsheets write them: CSV or XLSX, read as rows of texts (pure).

A file may be anything: what cannot be read is refused in a sentence, and nothing grows beyond its limits.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zipfile import ZipFile

from app.core.problems import BadInput

LIST_COLUMNS = (
    "site", "phone", "consent", "enrolled_on", "code", "name", "language", "zone", "abroad", "shared_phone",
    "sms_answers", "pin", "birth_year", "email", "channel",
)  # fmt: skip
NEEDED_LIST_COLUMNS = LIST_COLUMNS[:4]
LONGEST_LIST = 5000
LARGEST_UNPACKED = 20_000_000
"""Bytes of an XLSX once it is unpacked: a small file may hold a thousand times its size."""
MOST_CELLS = 40
"""Of one row: more than there are columns, so that those are seen which are none of ours."""
LAST_ROW = 1_048_576
"""As far as a sheet of a spreadsheet goes."""
FIRST_ROW = 2
"""That of the first person, as a spreadsheet counts: the names of the columns are row 1."""
ZIP = b"PK\x03\x04"
Row = Mapping[str, str]


def place(number: int, column: str = "") -> str:
    """Where something is wrong, as errors name it."""
    return f"row {number}, {column}" if column else f"row {number}"


def parts_of(written: str) -> tuple[str, str]:
    """Row and column of such a place; nothing where it names none."""
    row, _, column = written.removeprefix("row ").partition(", ")
    return (row, column) if written.startswith("row ") else ("", written)


def read_list(content: bytes, name: str, longest: int = LONGEST_LIST) -> list[Row]:
    """The rows of a list, by the names in its first row; one that is empty stands as an empty row, so that all count.

    BadInput says what cannot be read, by row and column.
    """
    table = _xlsx(content) if name.lower().endswith(".xlsx") or content.startswith(ZIP) else _csv(content)
    lines = [[cell.strip() for cell in line] if any(line) else [] for line in table]
    if not lines or not any(lines[0]):
        raise BadInput(
            f"{name} is empty. Its first row names the columns: {', '.join(NEEDED_LIST_COLUMNS)}, and perhaps others."
        )
    head = [cell.lower().replace(" ", "_") for cell in lines[0]]
    while head and not head[-1]:
        head.pop()
    _check_head(head)
    rows: list[Row] = [
        dict(zip(head, [*line, *[""] * len(head)], strict=False)) if any(line) else {} for line in lines[1:]
    ]
    while rows and not rows[-1]:
        rows.pop()
    people = sum(map(bool, rows))
    if people > longest:
        raise BadInput(f"{name} has {people} rows. Import at most {longest} at a time.")
    if not people:
        raise BadInput(f"{name} names its columns, but nobody stands below them.")
    _check_widths(lines, len(head))
    return rows


def _check_head(head: Sequence[str]) -> None:
    strange = [column or "(no name)" for column in head if column not in LIST_COLUMNS]
    twice = sorted({column for column in head if column in LIST_COLUMNS and head.count(column) > 1})
    lacking = [column for column in NEEDED_LIST_COLUMNS if column not in head]
    errors = dict.fromkeys(strange, "The list has no such column.")
    errors |= dict.fromkeys(twice, "This column stands twice.") | dict.fromkeys(lacking, "This column is missing.")
    if errors:
        said = {place(1, column[:40]): sentence for column, sentence in errors.items()}
        raise BadInput(f"The first row names the columns; there are {', '.join(LIST_COLUMNS)}.", errors=said)


def _check_widths(lines: Sequence[Sequence[str]], columns: int) -> None:
    """A comma within a name makes two cells of it: then something stands below no name."""
    wider = [number for number, line in enumerate(lines[1:], FIRST_ROW) if any(line[columns:])]
    if wider:
        sentence = "This row has more cells than the first row has names. Put what has a comma in it in quotes."
        raise BadInput(
            "Some rows have more cells than the first row has names.", errors={place(row): sentence for row in wider}
        )


def _csv(content: bytes) -> Iterator[list[str]]:
    """With commas, semicolons or tabs, as spreadsheets of different countries write it."""
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The file is not UTF-8. Save it as “CSV UTF-8”, or as XLSX.") from None
    if "\0" in text:
        raise BadInput("The file is no list that can be read. Save it as “CSV UTF-8”, or as XLSX.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")  # older ones of Macs end each line with \r alone
    first = lines.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(lines), delimiter=delimiter)
    except csv.Error:  # a quote that is never closed, before a long file
        raise BadInput("The file is no list that can be read. Save it as “CSV UTF-8”, or as XLSX.") from None


def _xlsx(content: bytes) -> list[list[str]]:
    from openpyxl import load_workbook

    try:
        unpacked = sum(part.file_size for part in ZipFile(io.BytesIO(content)).infolist())
        if unpacked > LARGEST_UNPACKED:
            raise BadInput("The sheet holds far more than a list of people. Copy the list into a new one.")
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        lines = sheet.iter_rows(max_col=MOST_CELLS, max_row=LAST_ROW, values_only=True)
        return [list(map(_cell, line)) if any(cell is not None for cell in line) else [] for line in lines]
    except BadInput:
        raise
    except Exception:
        raise BadInput("The file is no XLSX that can be read. Save it anew, or as “CSV UTF-8”.") from None


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
