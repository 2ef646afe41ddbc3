"""Reads an exported folder: its CSV files, each checked against the manifest's SHA-256 first."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from app.analysis.errors import listed

Reader = Callable[[pd.Series], pd.Series]

NEEDED_COLUMNS = {
    "participants": "participant site enrolled_on randomised_on withdrawn_on withdrawal_reason",
    "assessments": "participant site visit day state reason",
    "scores": "participant visit day instrument score value value_set baseline after_baseline_end submitted_at",
    "answers": "participant visit day instrument item value",
    "events": "participant kind state event_on",
}
"""The files that the analysis reads, each with the columns that it needs."""

FORMER_NAMES = {
    "participants": {"first_infusion_on": "anchor_on", "first_infusion_at": "anchor_at"},
    "assessments": {"after_first_dose": "after_baseline_end"},
    "scores": {"after_first_dose": "after_baseline_end"},
    "events": {"on": "event_on", "at": "event_at"},
}
"""What columns are called in the exports of earlier versions, and what they are called now."""


class SnapshotError(ValueError):
    """The exported folder or the allocation cannot be analysed; the text says why and what to do."""


@dataclass(frozen=True)
class Snapshot:
    """One export as data frames; numbers and dates parsed, everything else text, absent values null."""

    path: Path
    manifest: dict[str, Any]
    participants: pd.DataFrame
    assessments: pd.DataFrame
    scores: pd.DataFrame
    answers: pd.DataFrame
    events: pd.DataFrame

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file that was read."""
        return {f"{name}.csv": self.manifest["files"][f"{name}.csv"]["sha256"] for name in NEEDED_COLUMNS}


def read_snapshot(path: Path) -> Snapshot:
    """The export in that folder, or the latest day's if it holds the exports of a study.

    Raises SnapshotError if a file is missing, altered or without a needed column.
    """
    path = latest(path)
    manifest = _manifest(path)
    frames = {name: _parsed(_frame(path, name, columns, manifest), name) for name, columns in NEEDED_COLUMNS.items()}
    names = frames["participants"]["participant"]
    if names.duplicated().any():
        raise SnapshotError(f"participants.csv names a participant twice: {listed(names[names.duplicated()])}")
    for name, frame in frames.items():
        if strangers := sorted(set(frame["participant"].dropna()) - set(names)):
            raise SnapshotError(
                f"{name}.csv names participants that participants.csv does not have: {listed(strangers)}"
            )
    return Snapshot(path, manifest, **frames)


def latest(folder: Path) -> Path:
    """The folder itself, if it is an export or holds none; else the last day's export in it."""
    days = sorted(manifest.parent for manifest in folder.glob("[0-9]*-[0-9]*-[0-9]*/manifest.json"))
    return days[-1] if days and not (folder / "manifest.json").exists() else folder


def read_table(source: Path, separator: str = ",", encoding: str = "utf-8") -> pd.DataFrame:
    """A CSV file as text, empty fields as null; raises SnapshotError if it cannot be read."""
    try:
        frame = pd.read_csv(
            source, sep=separator, dtype="string", keep_default_na=False, na_values=[""], encoding=encoding
        )
    except FileNotFoundError as error:
        raise SnapshotError(f"there is no file {source.name} in {source.parent}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{source.name} is not a CSV file in UTF-8: {str(error).strip()}") from error
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what is too much in each row for the row's name
        raise SnapshotError(f"{source.name} has rows with more fields than its first line has names: {header(frame)}")
    return frame


def need_columns(frame: pd.DataFrame, columns: Iterable[str], name: str) -> None:
    """Raises SnapshotError if a column is missing."""
    if missing := [column for column in columns if column not in frame.columns]:
        raise SnapshotError(f"{name} lacks the column {listed(missing)}; it has {header(frame)}")


def header(frame: pd.DataFrame) -> str:
    """The names of the columns, for a message."""
    return listed(frame.columns, 12)


def _manifest(path: Path) -> dict[str, Any]:
    source = path / "manifest.json"
    if not path.is_dir() or not source.is_file():
        raise SnapshotError(f"{path} is not an exported folder: it has no manifest.json")
    try:
        manifest: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SnapshotError(f"{source} is not JSON: {error}") from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(isinstance(file, dict) and "sha256" in file for file in files.values()):
        raise SnapshotError(f"{source} names no files; export again")
    return manifest


def _frame(path: Path, name: str, columns: str, manifest: dict[str, Any]) -> pd.DataFrame:
    source = path / f"{name}.csv"
    exported = manifest["files"].get(source.name)
    if exported is None:
        raise SnapshotError(f"the manifest does not name {source.name}; export again")
    if source.is_file() and sha256(source.read_bytes()).hexdigest() != exported["sha256"]:
        raise SnapshotError(f"{source.name} is not the file that was exported: its SHA-256 differs from the manifest's")
    frame = _named_now(read_table(source), name)
    need_columns(frame, columns.split(), source.name)
    return frame


def _named_now(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table of an earlier version under the names of today; what has today's name already keeps it."""
    former = {old: new for old, new in FORMER_NAMES.get(name, {}).items() if new not in frame.columns}
    return frame.rename(columns=former)


def _parsed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Study days as whole numbers, flags as booleans, days and instants as such; raises SnapshotError for any other."""
    read = {column: _read(frame[column], f"{name}.csv") for column in frame.columns}
    if name == "scores":
        _read(frame["value"], "scores.csv", _number)  # which stays text: exact
    return pd.DataFrame(read, index=frame.index)


def _read(texts: pd.Series, source: str, reader: Reader | None = None) -> pd.Series:
    reader = reader or _reader(str(texts.name))
    if reader is None:
        return texts
    values = reader(texts)
    if wrong := texts.index[texts.notna() & values.isna()].tolist():
        shown = f'"{texts[wrong[0]]}" in {texts.name} in row {wrong[0] + 2}'
        raise SnapshotError(f"{source} has {shown}, which cannot be read there; export again")
    return values.fillna(False).astype(bool) if reader is _flag else values


def _reader(column: str) -> Reader | None:
    """What makes the values of a column out of their texts; None where they stay text."""
    if column == "day":
        return _whole
    if column in ("baseline", "after_baseline_end"):
        return _flag
    if column.endswith("_on"):
        return lambda texts: pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")
    if column.endswith("_at"):
        return lambda texts: pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    return None


def _flag(texts: pd.Series) -> pd.Series:
    return texts.map({"true": True, "false": False})


def _number(texts: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(texts, errors="coerce").astype("Float64")
    return numbers.where(numbers.abs() < float("inf"))


def _whole(texts: pd.Series) -> pd.Series:
    numbers = _number(texts)
    return numbers.where(numbers % 1 == 0).astype("Int64")
