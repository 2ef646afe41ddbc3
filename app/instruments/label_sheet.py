"""Labels and texts from an .xlsx sheet, such as EuroQol hands out for each language."""

import warnings
import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO

from app.instruments.problems import BadWording

LABEL_HEADS = ("place", "label", "labels", "key", "code", "id", "name")
TEXT_HEADS = ("text", "translation", "wording", "label text", "translated text")
LARGEST_UNPACKED = 50_000_000  # bytes
MOST_ROWS = 5000
UNREADABLE = "the file is not an .xlsx sheet that can be read"

Row = Sequence[object]


def read_sheet(subject: str, content: bytes, language: str) -> list[tuple[str, str]]:
    """The label and text of each row below the header of the first sheet that has one."""
    for rows in _sheets(subject, content):
        for position, row in enumerate(rows):
            if columns := _columns(row, language):
                return [_pair(row, columns) for row in rows[position + 1 :] if any(_pair(row, columns))]
    heads = f"a label column ({', '.join(LABEL_HEADS)}) and a text column ({language}, {', '.join(TEXT_HEADS)})"
    raise BadWording(subject, [f"no sheet has a header row with {heads}"])


def _sheets(subject: str, content: bytes) -> list[list[Row]]:
    from openpyxl import load_workbook

    if _unpacked_size(subject, content) > LARGEST_UNPACKED:
        raise BadWording(subject, ["the sheet is far larger than a wording can be"])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which do not concern us
            book = load_workbook(BytesIO(content), read_only=True, data_only=True)
            return [[*sheet.iter_rows(max_row=MOST_ROWS, values_only=True)] for sheet in book.worksheets]
    except Exception as error:  # a broken file may raise whatever the libraries below have
        raise BadWording(subject, [UNREADABLE]) from error


def _unpacked_size(subject: str, content: bytes) -> int:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            return sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise BadWording(subject, [UNREADABLE]) from error


def _columns(row: Row, language: str) -> tuple[int, int] | None:
    heads = [str(cell or "").strip().casefold() for cell in row]
    label = _first(heads, LABEL_HEADS)
    text = _first(heads, (language.casefold(), *TEXT_HEADS))
    return None if label is None or text is None else (label, text)


def _first(heads: list[str], wanted: Iterable[str]) -> int | None:
    return next((heads.index(name) for name in wanted if name in heads), None)


def _pair(row: Row, columns: tuple[int, int]) -> tuple[str, str]:
    label, text = (row[column] if column < len(row) else None for column in columns)
    return _cell(label), _cell(text)


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()
