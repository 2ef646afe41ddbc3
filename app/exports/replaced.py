"""An export of a day, and those of the same day whose place it took: they stay where somebody has them.

What is replaced lies in `replaced/DAY-HASH/` beside the days, by the hash of its manifest. Every one is put there
first: whoever is being given its files has them to the end. Those that nobody took are cleared away later
(`retaining`).
"""

import os
import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app.core.database import db
from app.core.problems import BadInput, NotFound
from app.exports.folders import PRIVATE, settle
from app.exports.manifest import MANIFEST, manifest
from app.exports.models import Download, Snapshot
from app.exports.places import folder_of
from app.studies.models import Study

REPLACED = "replaced"


class Export(NamedTuple):
    """What was exported as a day's at one time; the hash of its manifest is its name for good."""

    snapshot: Snapshot
    manifest_sha256: str
    as_of: datetime

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where it may lie on this machine, the likelier place first: another may take its place at any time."""
        day = folder_of(self.snapshot)
        aside = aside_of(day, self.manifest_sha256)
        return (day, aside) if self.snapshot.manifest_sha256 == self.manifest_sha256 else (aside, day)

    @property
    def is_on_this_machine(self) -> bool:
        """Whether any of its folders is there, sound or not."""
        return any(folder.is_dir() for folder in self.folders)

    @property
    def folder(self) -> Path | None:
        """Where it lies with the manifest that was recorded."""
        return next((place for place in self.folders if digest_of(place) == self.manifest_sha256), None)


def snapshot_of(study: Study, day: date) -> Snapshot | None:
    """What stands for the study's day, if it was exported."""
    return db.session.scalar(select(Snapshot).filter_by(study_id=study.id, day=day))


def newest_first(study: Study, most: int | None = None) -> Sequence[Snapshot]:
    """Every day's, or so many, the newest first."""
    query = select(Snapshot).filter_by(study_id=study.id).order_by(Snapshot.day.desc()).limit(most)
    return db.session.scalars(query).all()


def standing(snapshot: Snapshot) -> Export:
    """The one that is the day's."""
    return Export(snapshot, snapshot.manifest_sha256, snapshot.as_of)


def taken_before(snapshots: Collection[Snapshot]) -> dict[int, list[Export]]:
    """What somebody took of each day's, by its id, before another took its place; the oldest first."""
    by_id = {snapshot.id: snapshot for snapshot in snapshots}
    query = select(Download.snapshot_id, Download.manifest_sha256).where(
        Download.snapshot_id.in_(by_id), Download.manifest_sha256.is_not(None)
    )
    taken: dict[int, list[Export]] = {}
    for day, said in db.session.execute(query.distinct().order_by(Download.snapshot_id, Download.manifest_sha256)):
        digest = str(said)
        aside = aside_of(folder_of(by_id[day]), digest)
        if digest != by_id[day].manifest_sha256 and digest_of(aside) == digest:
            taken.setdefault(day, []).append(Export(by_id[day], digest, made_at(aside)))
    return {day: sorted(exports, key=lambda each: (each.as_of, each.manifest_sha256)) for day, exports in taken.items()}


def chosen(snapshot: Snapshot, manifest_sha256: str | None) -> Export:
    """The day's export, or the one of this manifest, which somebody downloaded; NotFound where there is none."""
    every = [standing(snapshot), *taken_before([snapshot]).get(snapshot.id, [])]
    for export in every if manifest_sha256 else every[:1]:
        if manifest_sha256 in (None, export.manifest_sha256):
            return export
    raise NotFound(f"No export of {snapshot.day} with this manifest was downloaded, or it is not on this machine.")


def aside_of(folder: Path, manifest_sha256: str) -> Path:
    """Where the export of this manifest lies, once another has taken the place of it in the day's folder."""
    return folder.parent / REPLACED / f"{folder.name}-{manifest_sha256}"


def asides(folder: Path) -> list[Path]:
    """Those of the day that lie aside."""
    return sorted(place for place in (folder.parent / REPLACED).glob(f"{folder.name}-*") if not place.suffix)


def digest_in(aside: Path) -> str:
    """The hash of the manifest that a folder aside is called after."""
    return aside.name.rpartition("-")[2]


def digest_of(folder: Path) -> str | None:
    """The hash of the manifest that lies in a folder."""
    try:
        return sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return None


def made_at(folder: Path) -> datetime:
    """As of when the export in a folder was, as its manifest says."""
    try:
        return datetime.fromisoformat(manifest(folder)["as_of"])
    except (KeyError, ValueError, BadInput):
        return datetime.min.replace(tzinfo=UTC)


def place_aside(folder: Path, now: datetime) -> Path | None:
    """Where what lies in the day's folder goes at `now`, when another takes its place; None where it is no export, or
    lies aside already."""
    digest = digest_of(folder)
    if digest is None or aside_of(folder, digest).exists():
        return None
    aside = aside_of(folder, digest)
    aside.parent.mkdir(mode=PRIVATE, exist_ok=True)
    os.utime(folder, (now.timestamp(), now.timestamp()))
    return aside


def set_aside_at(aside: Path) -> datetime:
    """When another took its place."""
    return datetime.fromtimestamp(aside.stat().st_mtime, UTC)


def put_back(folder: Path, manifest_sha256: str) -> None:
    """Let the recorded export stand again, where one took its place that was never recorded: a machine stopped, or
    the database took nothing more. For the holder of the export's lock."""
    aside = aside_of(folder, manifest_sha256)
    if digest_of(aside) == manifest_sha256 != digest_of(folder):
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        settle(folder.parent)


def clear(aside: Path) -> None:
    """Clear one away; a machine that stops in between leaves a half, which the next call takes away."""
    going = aside.with_name(f"{aside.name}.part")
    shutil.rmtree(going, ignore_errors=True)
    aside.rename(going)
    shutil.rmtree(going)


def halves(place: Path) -> list[Path]:
    """What is left of such clearing in the folder of a study."""
    return sorted((place / REPLACED).glob("*.part"))
