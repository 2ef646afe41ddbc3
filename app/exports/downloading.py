"""Who took which file of an export away: on the record, like every opening of a contact."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from app.core.database import db
from app.exports.models import Download, Snapshot


def files(snapshot: Snapshot) -> list[Path]:
    """The export's files, by name; none if its folder was put away. What only points elsewhere is not one of them."""
    folder = Path(snapshot.path)
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())


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
