"""What is handed out of an export, if it still is what was exported; and who took it: on the record, like a contact."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy import func, or_, select

from app.config import current_settings
from app.core.database import db
from app.core.problems import Altered, NotFound
from app.exports.manifest import MANIFEST, Manifest
from app.exports.models import Download, Snapshot
from app.exports.places import folder_of
from app.exports.replaced import Export
from app.exports.signing import SIGNATURE, complaint
from app.exports.spilling import spilled

BLOCK = 1 << 20
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that the same export is the same archive."""


class ExportedFile(NamedTuple):
    """A file of an export, by its name in the folder (`labelled/scores.sav`)."""

    name: str
    bytes: int


def files(snapshot: Snapshot) -> list[ExportedFile]:
    """The export's files, by name; none if its folder was put away. What only points elsewhere is not one of them."""
    folder = folder_of(snapshot)
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.rglob("*") if _is_own_file(path))
    return [ExportedFile(path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths]


def recorded(export: Export) -> Manifest:
    """The export's manifest. Altered unless it is the one that the database recorded; NotFound if it is away."""
    with opened(export, MANIFEST, export.manifest_sha256) as file:
        kept: Manifest = json.load(file)
    return kept


def hashes(export: Export) -> dict[str, str]:
    """The SHA-256 of each file of the export, the manifest's too, as recorded; of its signature, if it fits."""
    described = recorded(export)["files"]
    every = {**{name: described[name]["sha256"] for name in sorted(described)}, MANIFEST: export.manifest_sha256}
    keys, folder = current_settings().signing_keys, export.folder
    if keys is not None and folder and (folder / SIGNATURE).is_file() and not complaint(folder, keys.public):
        every[SIGNATURE] = sha256((folder / SIGNATURE).read_bytes()).hexdigest()
    return every


def opened(export: Export, name: str, digest: str) -> IO[bytes]:
    """A copy of a file of the export. Altered unless its SHA-256 is this: what is hashed is what is handed out. It is
    looked for aside, too: another export may take the day's place at any moment."""
    there = [folder / name for folder in export.folders if _is_own_file(folder / name)]
    for path in there:
        copy = _copied(path, digest)
        if copy is not None:
            return copy
    day = export.snapshot.day
    if not there:
        raise NotFound(f"{name} of the export of {day} is no longer on this machine.")
    raise Altered(
        f"{name} of the export of {day} was altered since it was exported, so it is not handed out."
        " Tell whoever runs the service: flask export verify."
    )


def _is_own_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _copied(path: Path, digest: str) -> IO[bytes] | None:
    """A copy of the file, if its SHA-256 is this."""
    hasher = sha256()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with open(handle, "rb") as file, spilled() as copy:
        while block := file.read(BLOCK):
            hasher.update(block)
            copy.write(block)
    if hasher.hexdigest() == digest:
        return copy
    copy.close()
    return None


def archive_name(export: Export) -> str:
    """What an export is called as one file."""
    return f"{_called(export)}.zip"


def packed_together(export: Export) -> IO[bytes]:
    """All files of an export in one archive; the same export is the same archive, byte by byte."""
    with spilled() as packed, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as together:
        for name, digest in sorted(hashes(export).items()):
            entry = zipfile.ZipInfo(f"{_called(export)}/{name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with opened(export, name, digest) as content, together.open(entry, "w", force_zip64=True) as file:
                shutil.copyfileobj(content, file, BLOCK)
    return packed


def _called(export: Export) -> str:
    return f"{export.snapshot.study.code}-{export.snapshot.day}"


def note_download(export: Export, file: str, by: str, now: datetime) -> Download:
    """`by` (an actor such as `user:12`) downloaded `file` of the export."""
    row = Download(
        snapshot=export.snapshot, manifest_sha256=export.manifest_sha256, file=file, downloaded_by=by, downloaded_at=now
    )
    db.session.add(row)
    return row


def downloads(snapshots: Iterable[Snapshot]) -> dict[int, tuple[int, datetime]]:
    """How often files of each export that stands were downloaded, and when last, by the snapshot's id."""
    ids = [snapshot.id for snapshot in snapshots]
    query = select(Download.snapshot_id, func.count(), func.max(Download.downloaded_at)).join(Download.snapshot)
    of_this = or_(Download.manifest_sha256 == Snapshot.manifest_sha256, Download.manifest_sha256.is_(None))
    rows = db.session.execute(query.where(Download.snapshot_id.in_(ids), of_this).group_by(Download.snapshot_id))
    return {snapshot_id: (count, last) for snapshot_id, count, last in rows}
