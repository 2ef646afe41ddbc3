"""What is handed out of an export, if it still is what was exported; and who took it: on the record, like a contact."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import IO, NamedTuple

from sqlalchemy import func, select

from app.config import current_settings
from app.core.database import db
from app.core.problems import Altered, NotFound
from app.exports.manifest import MANIFEST, Manifest
from app.exports.models import Download, Snapshot
from app.exports.places import folder_of
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
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [ExportedFile(path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths]


def recorded(snapshot: Snapshot) -> Manifest:
    """The export's manifest. Altered unless it is the one that the database recorded; NotFound if it is away."""
    with opened(snapshot, MANIFEST, snapshot.manifest_sha256) as file:
        kept: Manifest = json.load(file)
    return kept


def hashes(snapshot: Snapshot) -> dict[str, str]:
    """The SHA-256 of each file of the export, the manifest's too, as recorded; of its signature, if it fits."""
    described = recorded(snapshot)["files"]
    every = {**{name: described[name]["sha256"] for name in sorted(described)}, MANIFEST: snapshot.manifest_sha256}
    keys, signature = current_settings().signing_keys, folder_of(snapshot) / SIGNATURE
    if keys is not None and signature.is_file() and not complaint(signature.parent, keys.public):
        every[SIGNATURE] = sha256(signature.read_bytes()).hexdigest()
    return every


def opened(snapshot: Snapshot, name: str, digest: str) -> IO[bytes]:
    """A copy of a file of the export. Altered unless its SHA-256 is this: what is hashed is what is handed out."""
    hasher = sha256()
    try:
        handle = os.open(folder_of(snapshot) / name, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        raise NotFound(f"{name} of the export of {snapshot.day} is no longer on this machine.") from None
    with open(handle, "rb") as file, spilled() as copy:
        while block := file.read(BLOCK):
            hasher.update(block)
            copy.write(block)
        if hasher.hexdigest() != digest:
            raise Altered(
                f"{name} of the export of {snapshot.day} was altered since it was exported, so it is not handed out."
                " Tell whoever runs the service: flask export verify."
            )
    return copy


def archive_name(snapshot: Snapshot) -> str:
    """What an export is called as one file."""
    return f"{snapshot.study.code}-{snapshot.day}.zip"


def packed_together(snapshot: Snapshot) -> IO[bytes]:
    """All files of an export in one archive; the same export is the same archive, byte by byte."""
    with spilled() as packed, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as together:
        for name, digest in sorted(hashes(snapshot).items()):
            entry = zipfile.ZipInfo(f"{snapshot.study.code}-{snapshot.day}/{name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with opened(snapshot, name, digest) as content, together.open(entry, "w", force_zip64=True) as file:
                shutil.copyfileobj(content, file, BLOCK)
    return packed


def note_download(snapshot: Snapshot, file: str, by: str, now: datetime) -> Download:
    """`by` (an actor such as `user:12`) downloaded `file` of the export."""
    row = Download(snapshot=snapshot, file=file, downloaded_by=by, downloaded_at=now)
    db.session.add(row)
    return row


def downloads(snapshots: Iterable[Snapshot]) -> dict[int, tuple[int, datetime]]:
    """How often files of each export were downloaded, and when last, by the snapshot's id."""
    ids = [snapshot.id for snapshot in snapshots]
    query = select(Download.snapshot_id, func.count(), func.max(Download.downloaded_at)).group_by(Download.snapshot_id)
    rows = db.session.execute(query.where(Download.snapshot_id.in_(ids)))
    return {snapshot_id: (count, last) for snapshot_id, count, last in rows}
