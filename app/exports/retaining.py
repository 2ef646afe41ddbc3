"""How long exports are kept: every one of the last 14 nights, then the last of each month, and whatever was taken away.

What somebody downloaded may have been analysed, and what a study was locked on is its record, also after the lock was
ended: neither goes. Of an export that goes its manifest stays, under `put_away/`, so that its hashes and the head of
the audit trail can be shown.
"""

import shutil
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app.core.database import db
from app.exports.folders import settle, write
from app.exports.manifest import MANIFEST
from app.exports.models import Download, Snapshot
from app.exports.places import folder_of
from app.exports.signing import SIGNATURE
from app.responses.final_words import lock_signatures
from app.studies.models import Study
from app.studies.states import StudyState

NIGHTS = 14
PUT_AWAY = "put_away"
FOR_GOOD = (StudyState.LOCKED, StudyState.ARCHIVED)
"""Of a study in these states every export stays as it is."""

NEVER = datetime.max.replace(tzinfo=UTC)


class Signed(NamedTuple):
    """From when to when somebody's signature stood under a lock; to no end, if it still does."""

    at: datetime
    until: datetime | None


def superseded(nights: Collection[date], needed: Collection[date]) -> list[date]:
    """The nights that may go, the oldest first (pure)."""
    in_order = sorted(nights)
    last_of_months = {(night.year, night.month): night for night in in_order}.values()
    stay = {*in_order[-NIGHTS:], *last_of_months, *needed}
    return [night for night in in_order if night not in stay]


def locked_on(nights: Mapping[date, datetime], signed: Collection[Signed]) -> set[date]:
    """The nights, each as of an instant, that are the record of a lock, be it ended: those made while two signatures
    stood, and the last one before (pure)."""
    needed = set()
    for first, second in combinations(signed, 2):
        begun, ended = max(first.at, second.at), min(first.until or NEVER, second.until or NEVER)
        if begun < ended:
            before = [night for night in sorted(nights) if nights[night] <= begun]
            needed |= {*before[-1:], *(night for night, as_of in nights.items() if begun < as_of < ended)}
    return needed


def put_away(study: Study) -> int:
    """Clear away the exports of the study that may go; returns how many. For the holder of the export's lock."""
    if study.state in FOR_GOOD:
        return 0
    rows = db.session.scalars(select(Snapshot).filter_by(study_id=study.id).order_by(Snapshot.day)).all()
    taken = set(db.session.scalars(select(Download.snapshot_id).distinct().order_by(Download.snapshot_id)))
    there = {row.day: row for row in rows if folder_of(row).is_dir()}
    needed = [row.day for row in there.values() if row.id in taken]
    signed = [Signed(each.signed_at, each.ended_at) for each in lock_signatures(study, ended=True)]
    needed += locked_on({day: row.as_of for day, row in there.items()}, signed)
    going = superseded(list(there), needed)
    for day in going:
        _clear_away(folder_of(there[day]))
    return len(going)


def manifest_of(folder: Path) -> Path:
    """Where the manifest of an export lies that was put away."""
    return folder.parent / PUT_AWAY / folder.name / MANIFEST


def _clear_away(folder: Path) -> None:
    """First the manifest is kept; a machine that stops in between leaves a half that is cleared as any other."""
    kept = manifest_of(folder)
    if not kept.exists() and (folder / MANIFEST).is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        write(kept, (folder / MANIFEST).read_bytes())
        if (folder / SIGNATURE).is_file():
            write(kept.with_name(SIGNATURE), (folder / SIGNATURE).read_bytes())
        settle(kept.parent)
    going = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(going, ignore_errors=True)
    folder.rename(going)
    shutil.rmtree(going)
