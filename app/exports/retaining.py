"""How long exports are kept: every one of the last 14 nights, then the last of each month, and whatever was taken away.

What somebody downloaded may have been analysed, what has a report was, and what a study was locked on is its record,
also after the lock was ended: none of them goes, nor where another export of that day took its place. Of a night that
goes its manifest stays, under `put_away/`, so that its hashes and the head of the audit trail can be shown.
"""

import shutil
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import NamedTuple, TypeVar

from sqlalchemy import func, select

from app.core.database import db
from app.exports.blind_runs import outcome_of
from app.exports.folders import settle, write
from app.exports.manifest import MANIFEST
from app.exports.models import Download, Snapshot
from app.exports.places import exports_folder, folder_of, name_of
from app.exports.replaced import asides, clear, digest_in, digest_of, halves, made_at, put_back, set_aside_at
from app.exports.reports import REPORT_FILE as REPORT
from app.exports.signing import SIGNATURE
from app.responses.final_words import lock_signatures
from app.studies.models import Study
from app.studies.states import StudyState

NIGHTS = 14
PUT_AWAY = "put_away"
FOR_GOOD = (StudyState.LOCKED, StudyState.ARCHIVED)
"""Of a study in these states every export stays as it is."""

END_OF_TIME = datetime.max.replace(tzinfo=UTC)
AT_WORK = timedelta(hours=1)
"""So long after another took its place somebody may still be given an export's files."""
T = TypeVar("T")


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


def locked_on(exports: Mapping[T, datetime], signed: Collection[Signed]) -> set[T]:
    """Of the exports, each as of an instant, those that are the record of a lock, be it ended: made while two
    signatures stood, and the last one before (pure)."""
    needed = set[T]()
    in_order = sorted(exports, key=lambda export: exports[export])
    for first, second in combinations(signed, 2):
        begun, ended = max(first.at, second.at), min(first.until or END_OF_TIME, second.until or END_OF_TIME)
        if begun < ended:
            before = [export for export in in_order if exports[export] <= begun]
            needed |= {*before[-1:], *(export for export, as_of in exports.items() if begun < as_of < ended)}
    return needed


def put_away(study: Study) -> int:
    """Clear away the exports of the study that may go; returns how many. For the holder of the export's lock."""
    if study.state in FOR_GOOD:
        return 0
    there = {row.day: row for row in _rows(study) if folder_of(row).is_dir()}
    taken = set(db.session.scalars(select(Download.snapshot_id).distinct().order_by(Download.snapshot_id)))
    needed = {row.day for row in there.values() if row.id in taken or _was_analysed(folder_of(row), study)}
    locked = _locked_on(study, list(there.values()))
    needed |= {row.day for row in there.values() if folder_of(row) in locked}
    going = superseded(list(there), needed)
    for day in going:
        _clear_away(folder_of(there[day]))
    return len(going)


def clear_replaced(study: Study, now: datetime) -> int:
    """Clear away what another export of the same day took the place of, and nobody needs; returns how many. For the
    holder of the export's lock."""
    if study.state in FOR_GOOD:
        return 0
    half = halves(exports_folder() / name_of(study))
    for place in half:
        shutil.rmtree(place)
    rows, going = _rows(study), list[Path]()
    for row in rows:
        put_back(folder_of(row), row.manifest_sha256)
        going += [place for place in asides(folder_of(row)) if not _is_taken(row, place)]
    locked = _locked_on(study, [row for row in rows if folder_of(row).is_dir()])
    going = [
        place
        for place in going
        if place not in locked and not _was_analysed(place, study) and set_aside_at(place) + AT_WORK <= now
    ]
    for place in going:
        clear(place)
    return len(half) + len(going)


def _rows(study: Study) -> list[Snapshot]:
    return list(db.session.scalars(select(Snapshot).filter_by(study_id=study.id).order_by(Snapshot.day)))


def _locked_on(study: Study, rows: Collection[Snapshot]) -> set[Path]:
    """The folders of these days, and those that lie aside of them, that are the record of a lock."""
    signed = [Signed(each.signed_at, each.ended_at) for each in lock_signatures(study, ended=True)]
    exports = {folder_of(row): row.as_of for row in rows}
    if signed:
        exports |= {aside: made_at(aside) for row in rows for aside in asides(folder_of(row))}
    return locked_on(exports, signed)


def _was_analysed(folder: Path, study: Study) -> bool:
    """Whether somebody laid a report into it, or the last blind run read it."""
    blind = outcome_of(exports_folder() / study.code)
    return (folder / REPORT).is_file() or (blind is not None and blind.manifest == digest_of(folder))


def _is_taken(row: Snapshot, aside: Path) -> bool:
    """Whether somebody downloaded it; of a download that does not say of which export it is, any before may be it."""
    of_day = select(func.count(Download.id)).where(Download.snapshot_id == row.id)
    said = Download.manifest_sha256 == digest_in(aside)
    may_be = Download.manifest_sha256.is_(None) & (Download.downloaded_at >= made_at(aside))
    return bool(db.session.scalar(of_day.where(said | may_be)))


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
