"""Files that people hand over beside an export: read as spreadsheets write them, or refused with the remedy."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.snapshot import SnapshotError, need_columns, read_table


def read_handed(source: Path, columns: Sequence[str]) -> pd.DataFrame:
    """The table as text, without spaces around it; SnapshotError unless it has each of the columns once."""
    separator, encoding = _form(source)
    if separator == ";":
        raise SnapshotError(f"{source.name} is separated by semicolons. Save it with commas: {','.join(columns)}")
    table = _trimmed(read_table(source, separator, encoding))
    need_columns(table, columns, source.name)
    if twice := [name for name in columns if f"{name}.1" in table.columns]:  # so pandas calls the second one
        raise SnapshotError(f"{source.name} has more than one column {listed(twice)}; keep the one that holds")
    return table


def _form(source: Path) -> tuple[str, str]:
    """Separator and encoding: what spreadsheets write as text is separated by tabs, and may be UTF-16."""
    start = source.read_bytes()[:4096] if source.is_file() else b""
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    first, *_ = start[: len(start) & ~1].decode(encoding, errors="replace").splitlines() or [""]
    return next((sign for sign in ("\t", ";") if sign in first and "," not in first), ","), encoding


def _trimmed(table: pd.DataFrame) -> pd.DataFrame:
    """Without the spaces around names and values, which nobody sees in a message."""
    trimmed: pd.DataFrame = table.apply(lambda column: column.str.strip().replace("", pd.NA))
    return trimmed.rename(columns=str.strip)


def lost_zeros(unknown: pd.Series, participants: pd.Series, name: str) -> str:
    """What to do where names have lost their leading zeros in a spreadsheet; else nothing."""
    bare = {_without_zeros(code): code for code in participants}
    lost = {code: bare[_without_zeros(code)] for code in unknown if _without_zeros(code) in bare}
    if not lost:
        return ""
    code, meant = next(iter(lost.items()))
    return (
        f". They seem to have lost their leading zeros ({meant} became {code}): make {name} again with the column "
        "participant as text"
    )


def made_dates(unknown: pd.Series) -> str:
    """What to do where names look like the dates or numbers that a spreadsheet makes of them; else nothing."""
    if unknown.str.contains(r"(?i)[a-z]{3}|[./:]|\be\+", regex=True).all():
        return (
            ". A spreadsheet may have made dates or numbers of them: make the file again with the column participant "
            "as text"
        )
    return ""


def _without_zeros(code: str) -> str:
    """01-017 as 1-17, 0101 as 101 and 101.0 as 101."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"\.0+$", "", code))
