"""An earlier night's CSV files, to the byte: from its folder while that is kept, else made anew from the audit trail.

Nothing is promised that cannot be shown: each file is held against the SHA-256 in the manifest of that night, which
outlives its folder. Where one differs, nothing is given, and a sentence says what differs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from app.core.database import db
from app.core.problems import BadInput, NotFound
from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.copying import copy
from app.exports.csv_files import csv
from app.exports.dataset import IN_UTC, source_of
from app.exports.folders import HashedFile
from app.exports.manifest import Manifest, manifest
from app.exports.models import Snapshot
from app.exports.past_tables import put_back
from app.exports.places import folder_of
from app.exports.replaced import Export, chosen, digest_of, snapshot_of, standing, taken_before
from app.exports.retaining import manifest_of
from app.exports.versions import code_version
from app.studies.models import Study


def as_of(study: Study, day: date, target: Path, manifest_sha256: str | None = None) -> list[str]:
    """Write the CSV files of the study's night into `target`, which is made; returns their names.

    NotFound where that day has no export; BadInput, and nothing is written, where a file would not be that night's, or
    where the day alone does not say which of several exports is meant.
    """
    snapshot = snapshot_of(study, day)
    if snapshot is None:
        raise NotFound(f"{study.code} was not exported on {day}. flask export list {study.code} names the days.")
    if target.exists():
        raise BadInput(f"{target} is there already. Name a folder that is not.")
    export = _meant(snapshot, manifest_sha256)
    described = _manifest_of(export)
    names = sorted(name for name in described["files"] if name.endswith(".csv"))
    with TemporaryDirectory(dir=_nearest(target)) as place:
        part = Path(place) / "night"
        part.mkdir()
        if not _is_kept(export, described, names, part):
            _made_anew(study, export, described, part)
            _refuse_others(described, names, part)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.rename(target)
    return names


def _meant(snapshot: Snapshot, manifest_sha256: str | None) -> Export:
    """The export of this manifest, else the day's. Where somebody has another of that day, the day alone says nothing:
    it must go on to mean what it meant to her."""
    taken = taken_before([snapshot]).get(snapshot.id, [])
    if manifest_sha256 is None and taken:
        exports = (*taken, standing(snapshot))
        every = ", ".join(f"{each.manifest_sha256} (as of {each.as_of:%H:%M} UTC)" for each in exports)
        raise BadInput(f"{snapshot.day} was exported anew after somebody took it. Say which with --manifest: {every}.")
    return chosen(snapshot, manifest_sha256)


def _manifest_of(export: Export) -> Manifest:
    for place in (*export.folders, manifest_of(folder_of(export.snapshot)).parent):
        if digest_of(place) == export.manifest_sha256:
            return manifest(place)
    raise NotFound(
        f"The manifest of {export.snapshot.day} is not on this machine as it was recorded, so nothing can be held"
        " against it."
    )


def _is_kept(export: Export, described: Manifest, names: list[str], part: Path) -> bool:
    """Take the files from the night's folder, if all of them are there as they were."""
    folder = export.folder or folder_of(export.snapshot)
    for name in names:
        content = (folder / name).read_bytes() if (folder / name).is_file() else b""
        if sha256(content).hexdigest() != described["files"][name]["sha256"]:
            return False
        (part / name).write_bytes(content)
    return True


def _made_anew(study: Study, export: Export, described: Manifest, part: Path) -> None:
    """Write the files again from the tables as they were."""
    for left in part.iterdir():
        left.unlink()
    entry = described["audit"]["entry"]
    with _as_it_was(entry or 0, export.as_of) as session:
        source = source_of(session, study, export.as_of)
        for table in (codebook(source.data), codes(source.data)):
            (part / f"{table.name}.csv").write_bytes(csv(table))
        for shape, question in source.statements:
            with HashedFile(part / f"{shape.name}.csv") as file:
                copy(source.connection, shape, question, file)


@contextmanager
def _as_it_was(entry: int, at: datetime) -> Iterator[Session]:
    """A session that sees the tables as they were, in a transaction of its own that ends with it."""
    with db.engine.connect() as connection, Session(bind=connection) as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(IN_UTC)
        put_back(session.connection(), entry, at)
        yield session


def _refuse_others(described: Manifest, names: list[str], part: Path) -> None:
    there = {path.name: sha256(path.read_bytes()).hexdigest() for path in part.iterdir()}
    other = [name for name in names if there.get(name) != described["files"][name]["sha256"]]
    if other:
        wrote, writes = described["code_version"], code_version()
        version = f" Version {wrote} wrote it, and this is {writes}: try that one." if wrote != writes else ""
        raise BadInput(
            f"{', '.join(other)} of that night cannot be made again to the byte, so nothing is given.{version}"
        )


def _nearest(target: Path) -> Path:
    """The nearest folder above the target that is there: what is written there is renamed, not copied."""
    return next(place for place in target.absolute().parents if place.is_dir())
