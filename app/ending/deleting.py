"""A study is deleted by two people: one asks and says why, another does it. What remains is a certificate.

The exports on this machine's disk go after the rows, and a command that was broken off in between is given again.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.core.audit import declaration
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict
from app.ending.erasing import delete_study, may_end
from app.ending.models import Erasure, ErasureKind
from app.exports.models import Snapshot
from app.exports.places import exports_folder, folder_of, name_of
from app.exports.replaced import asides
from app.exports.retaining import manifest_of
from app.studies.models import Study
from app.studies.states import Act, refusal

STANDS = timedelta(days=14)
"""So long the first person's word holds."""


def ask(study: Study, reason: str, now: datetime) -> Erasure:
    """Note that somebody wants the study deleted, and why. Conflict where its state does not allow it, or somebody
    else has asked already."""
    if not reason.strip():
        raise BadInput("Say why the study is deleted.", errors={"reason": "Say why."})
    if not may_end(db.session.connection(), study.id, study.state, Act.DELETE):
        raise Conflict(refusal(study.code, study.state, Act.DELETE))
    lock(f"delete:{study.id}")
    request, actor = open_request(study.code), declaration()["actor"]
    if request is not None and request.asked_by != actor and now - request.asked_at < STANDS:
        raise Conflict(
            f"{request.asked_by} has asked for that on {request.asked_at:%Y-%m-%d}. Confirm it with --confirm."
        )
    request = request or Erasure(kind=ErasureKind.STUDY, study=study.code, counts={}, entries=0)
    request.title, request.reason, request.asked_by, request.asked_at = study.title, reason.strip(), actor, now
    db.session.add(request)
    db.session.flush()
    return request


def confirm(study: Study, owner_url: str, now: datetime) -> int:
    """Delete it, as the second person; returns the certificate's id. Conflict where nobody else has asked."""
    request, actor = open_request(study.code), declaration()["actor"]
    if request is None or now - request.asked_at >= STANDS:
        raise Conflict(
            f"Nobody has asked in the last {STANDS.days} days that {study.code} be deleted. First: --reason."
        )
    if request.asked_by == actor:
        raise Conflict(f"You have asked for this yourself. Somebody else confirms that {study.code} is deleted.")
    files = files_of(study)
    done = delete_study(study, request, owner_url, now)
    clear(files)
    return done


def open_request(code: str) -> Erasure | None:
    """What was asked and is not done yet."""
    return db.session.scalar(select(Erasure).filter_by(kind=ErasureKind.STUDY, study=code, done_at=None))


def certificates(code: str | None = None) -> Sequence[Erasure]:
    """What is done, the newest last."""
    query = select(Erasure).where(Erasure.done_at.is_not(None))
    return db.session.scalars((query.where(Erasure.study == code) if code else query).order_by(Erasure.id)).all()


def files_of(study: Study) -> list[Path]:
    """Where this machine has exports of the study: its folder, or its days in a folder that it shares."""
    rows = db.session.scalars(select(Snapshot).filter_by(study_id=study.id).order_by(Snapshot.day)).all()
    others = db.session.scalars(select(Snapshot).where(Snapshot.study_id != study.id).order_by(Snapshot.id))
    shared = {folder_of(other).parent for other in others}
    own = {exports_folder() / name_of(study), *(folder_of(row).parent for row in rows)} - shared
    days = [folder_of(row) for row in rows if folder_of(row).parent in shared]
    beside = [place for day in days for place in (manifest_of(day).parent, *asides(day))]
    return [*sorted(own), *days, *beside]


def left_files(code: str) -> list[Path]:
    """What a deletion that was broken off has left on the disk."""
    there = db.session.scalar(select(Study.id).filter_by(code=code)) is not None
    folder = exports_folder() / code
    return [folder] if not there and certificates(code) and folder.is_dir() else []


def clear(files: Sequence[Path]) -> None:
    """Take these folders off the disk."""
    for folder in files:
        if folder.is_dir():
            shutil.rmtree(folder)
