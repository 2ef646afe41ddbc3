"""Who stands on an export that was replaced: by a download, an analysis, a lock; for her it stays."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.exports import blind_runs
from app.exports.downloading import note_download
from app.exports.models import Download, Snapshot
from app.exports.nightly import export_snapshot, prune
from app.exports.places import exports_folder, folder_of
from app.exports.replaced import aside_of, asides, standing, taken_before
from app.participants.models import Participant
from app.responses.final_words import LOCKS
from app.responses.models import LockSignature
from app.studies.models import Study
from app.studies.states import StudyState
from tests.exports.conftest import NOW
from tests.exports.nights import read_folder
from tests.exports.nights import tables_alone as tables_alone
from tests.exports.replacing import HOUR, MUCH_LATER, exported_anew
from tests.exports.replacing import first as first
from tests.factories import user

pytestmark = pytest.mark.usefixtures("tables_only", "tables_alone")


def downloaded(study: Study, first: Snapshot, session: Session) -> None:
    note_download(standing(first), "answers.csv", "user:1", NOW)


def downloaded_from_the_version_before(study: Study, first: Snapshot, session: Session) -> None:
    session.execute(
        Download.__table__.insert().values(  # type: ignore[attr-defined]
            snapshot_id=first.id, file="answers.csv", downloaded_by="user:1", downloaded_at=NOW
        )
    )


def analysed(study: Study, first: Snapshot, session: Session) -> None:
    (folder_of(first) / "report.html").write_text("a report", "utf-8")


def analysed_blind(study: Study, first: Snapshot, session: Session) -> None:
    part = exports_folder() / "backtobasic" / ".blind.part"
    blind_runs._keep(part, exports_folder() / "backtobasic" / "blind", blind_runs.BlindRun(first.manifest_sha256))


def signed(study: Study, role: Role, at: datetime) -> LockSignature:
    return LockSignature(
        study=study, role=role, signed_by_id=user(study, role).id, signer_name="N", meaning="m", signed_at=at,
        contents_sha256="0" * 64, sha256="0" * 64, ended_at=NOW + HOUR, end_reason="An answer is put right.",
    )  # fmt: skip


def locked(study: Study, first: Snapshot, session: Session) -> None:
    session.add_all([signed(study, role, NOW + HOUR / 2) for role in LOCKS])


def locked_now(study: Study, first: Snapshot, session: Session) -> None:
    session.execute(update(Study).values(state=StudyState.LOCKED))


def nothing(study: Study, first: Snapshot, session: Session) -> None:
    """Nobody needs it."""


@pytest.mark.parametrize(
    ("needed_by", "stays"),
    [
        (downloaded, True), (downloaded_from_the_version_before, True), (analysed, True), (analysed_blind, True),
        (locked, True), (nothing, False),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)  # fmt: skip
def test_what_was_replaced_stays_for_whoever_stands_on_it(
    needed_by: Callable[[Study, Snapshot, Session], None], stays: bool, study: Study, first: Snapshot, session: Session
) -> None:
    aside = aside_of(folder_of(first), first.manifest_sha256)
    needed_by(study, first, session)
    session.commit()
    before = read_folder(folder_of(first))
    exported_anew(session)
    assert prune(NOW + 2 * HOUR - timedelta(seconds=1)) == 0
    assert read_folder(aside) == before, "for an hour somebody may be at it"
    assert prune(MUCH_LATER) == (not stays)
    assert asides(folder_of(first)) == [aside] * stays
    assert prune(MUCH_LATER) == 0
    assert not stays or read_folder(aside) == before


def test_of_a_locked_study_everything_stays(study: Study, first: Snapshot, session: Session) -> None:
    exported_anew(session)
    locked_now(study, first, session)
    session.commit()
    assert prune(MUCH_LATER) == 0
    assert len(asides(folder_of(first))) == 1


def test_a_night_with_a_report_stays_beyond_the_fourteen(study: Study, first: Snapshot, session: Session) -> None:
    (folder_of(first) / "report.html").write_text("a report", "utf-8")
    there = folder_of(first)
    for number in range(1, 21):
        shutil.copytree(there, there.with_name((first.day + timedelta(days=number)).isoformat()))
        day = first.day + timedelta(days=number)
        row = Snapshot(study=study, day=day, as_of=NOW, path=f"backtobasic/{day}", manifest_sha256="0" * 64)
        session.add(row)
        (folder_of(row) / "report.html").unlink()
    session.commit()
    assert prune(NOW) == 6
    assert there.is_dir()


def test_each_of_several_on_one_day_stays_for_whoever_took_it(study: Study, first: Snapshot, session: Session) -> None:
    digests, people = [], ("01-010", "01-002", "01-003")
    for number, code in enumerate(people):
        newest = session.scalars(select(Snapshot)).one()
        if number != 1:
            note_download(standing(newest), "answers.csv", "user:1", NOW)
            digests.append(newest.manifest_sha256)
        session.scalars(select(Participant).filter_by(code=code)).one().language = "en"
        session.commit()
        export_snapshot(session.scalars(select(Study)).one(), NOW + (number + 1) * HOUR)
        session.commit()
    prune(MUCH_LATER)
    newest = session.scalars(select(Snapshot)).one()
    assert [export.manifest_sha256 for export in taken_before([newest])[newest.id]] == digests
