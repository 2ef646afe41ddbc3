"""The export of a study and day: written once, the same again for the same data, made up for after a missed night."""

import logging
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.core import failures
from app.core.database import db, lock
from app.core.one_time import TOLERANCE
from app.core.problems import BadInput
from app.exports.folders import keep, part_of, recover, tidy
from app.exports.manifest import manifest
from app.exports.models import Snapshot
from app.exports.places import exports_folder, name_of, place
from app.exports.punctuality import due, is_of_its_day, zone
from app.exports.replaced import place_aside, put_back, snapshot_of
from app.exports.retaining import clear_replaced, put_away
from app.exports.spilling import clear_spares
from app.exports.verifying import verify
from app.schedule.calendar import local_day
from app.studies.guarding import allow
from app.studies.models import Study
from app.studies.states import Act

if TYPE_CHECKING:
    from app.exports.contents import Contents

log = logging.getLogger("svar.exports")
alert = logging.getLogger("svar.alert")


class NotExported(Exception):
    """Exports that are due were not made; names their studies."""


def export_snapshot(study: Study, now: datetime) -> Snapshot:
    """Export what is committed, as of `now`, into `<exports>/<study>/<local date>/`.

    A day has one export. If nothing but time has passed since it was made, it stays as it is, byte by byte (and is
    written again as it was, if its folder is damaged); else it is replaced, and lies aside for whoever took it away.
    """
    allow(study, Act.EXPORT)
    lock(f"export:{study.id}")
    day = local_day(now, zone(study))
    folder = exports_folder() / place(study, day)
    recover(folder)
    before = snapshot_of(study, day)
    if before is not None:
        put_back(folder, before.manifest_sha256)
    if before is not None and is_of_its_day(before) and _still_holds(before, folder):
        return before
    made = _contents(study, now, folder)
    keep(made.folder, folder, place_aside(folder, now))
    snapshot = before or Snapshot(study=study, day=day)
    snapshot.as_of, snapshot.path, snapshot.manifest_sha256 = now, place(study, day), made.sha256
    snapshot.hand_on_tries, snapshot.hand_on_from = 0, None
    db.session.add(snapshot)
    db.session.flush()
    return snapshot


def export_due(now: datetime) -> list[Snapshot]:
    """Export each study that has none of today and where it is past the hour; missed nights are not made up one by one.

    A study that fails, for whatever reason, does not hold up the others: it is logged, stays due (`check_none_due`) and
    is tried again at the next tick.
    """
    disown_the_future(now)
    made = []
    for study in due(now):
        try:
            with db.session.begin_nested():
                made.append(export_snapshot(study, now))
        except OperationalError:
            raise  # of the database, which no study can do without
        except Exception as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else failures.kind(error)
            log.error("export of %s failed: %s at %s", study.code, said, failures.place(error))
    return made


def has_work(now: datetime) -> bool:
    """Whether `export_due` would make or mend anything."""
    return bool(due(now) or _dated_after(now))


def check_none_due(now: datetime) -> None:
    """NotExported, if an export that should have been made was not."""
    left = due(now)
    if left:
        raise NotExported(", ".join(study.code for study in left))


def disown_the_future(now: datetime) -> int:
    """Say of each export that is dated after `now` that it holds what is known now, so that its day's is made anew.

    It was made while the time was wrong. Returns how many there were; somebody is told.
    """
    snapshots = _dated_after(now)
    for snapshot in snapshots:
        alert.error("the export of %s for %s was made while the time was wrong", snapshot.study.code, snapshot.day)
        snapshot.as_of = now
    db.session.flush()
    return len(snapshots)


def prune(now: datetime) -> int:
    """Clear away what exports that were broken off left behind, and nights that need not be kept; returns how many."""
    cleared = clear_spares()
    for study in db.session.scalars(select(Study).order_by(Study.id)):
        lock(f"export:{study.id}")
        cleared += tidy(exports_folder() / name_of(study)) + put_away(study) + clear_replaced(study, now)
    return cleared


def _dated_after(now: datetime) -> list[Snapshot]:
    future = select(Snapshot).where(Snapshot.as_of > now + TOLERANCE).order_by(Snapshot.id)
    return list(db.session.scalars(future))


def _contents(study: Study, as_of: datetime, folder: Path) -> "Contents":
    """Write the study's files beside its folder. The writers are loaded where a night is made, not at start."""
    from app.exports.contents import contents

    return contents(study, as_of, part_of(folder))


def _still_holds(before: Snapshot, folder: Path) -> bool:
    """Whether the day's export is what the data still give; a damaged folder is put right from them."""
    made = _contents(before.study, before.as_of, folder)
    try:
        if _is_intact(before, made, folder):
            return True
        if made.sha256 != before.manifest_sha256:
            return False
        keep(made.folder, folder)
        return True
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)


def _is_intact(before: Snapshot, made: "Contents", folder: Path) -> bool:
    try:
        return not verify(folder, before.manifest_sha256) and manifest(folder)["files"] == made.manifest["files"]
    except BadInput:
        log.warning("export folder %s is damaged or gone", folder.name)
        return False
