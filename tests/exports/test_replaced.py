"""An export that somebody has stays as it was, whatever is exported on that day later; what nobody has goes."""

import io
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.problems import BadInput
from app.exports import blind_runs
from app.exports.downloading import note_download
from app.exports.models import Download, Snapshot
from app.exports.nightly import export_snapshot, prune
from app.exports.past_nights import as_of
from app.exports.places import exports_folder, folder_of
from app.exports.replaced import aside_of, asides, digest_of, standing, taken_before
from app.participants.models import Participant
from app.responses.final_words import LOCKS
from app.responses.models import LockSignature
from app.studies.models import Study
from app.studies.states import StudyState
from tests.api.conftest import Programs
from tests.api.conftest import program as program
from tests.exports.conftest import NOW
from tests.exports.test_commands import call
from tests.exports.test_nightly import answer_one_more, read_folder
from tests.exports.test_nightly import tables_alone as tables_alone
from tests.factories import Browser, command, user

pytestmark = pytest.mark.usefixtures("tables_only", "tables_alone")
HOUR = timedelta(hours=1)
MUCH_LATER = NOW + timedelta(hours=9)
S = "/studies/backtobasic/snapshots"


@pytest.fixture
def first(study: Study, session: Session) -> Snapshot:
    made = export_snapshot(study, NOW)
    session.commit()
    return made


def exported_anew(session: Session, at: datetime = NOW + HOUR) -> Snapshot:
    """The export of a day on which an answer more came in since the last."""
    answer_one_more(session)
    made = export_snapshot(session.scalars(select(Study)).one(), at)
    session.commit()
    return made


def by_program(programs: Programs, app: Flask, study: Study, path: str) -> bytes:
    answer = programs(Role.STATISTICIAN).get(f"{S}/{path}")
    assert answer.status_code == 200
    return bytes(answer.data)


def by_desk(programs: Programs, app: Flask, study: Study, path: str) -> bytes:
    someone = user(study, Role.STATISTICIAN, email="desk@example.org")
    with Browser(app, someone).get(f"/desk/backtobasic/exports/{path}") as answer:
        assert answer.status_code == 200
        return bytes(answer.data)


@pytest.mark.parametrize("take", [by_program, by_desk], ids=lambda way: way.__name__)
@pytest.mark.parametrize("path", ["2026-04-07/answers.csv", "2026-04-07/answers.csv?form=norwegian", "2026-04-07.zip"])
def test_what_was_downloaded_is_given_again_to_the_byte(
    take: Callable[[Programs, Flask, Study, str], bytes], path: str,
    program: Programs, app: Flask, study: Study, first: Snapshot, session: Session,
) -> None:  # fmt: skip
    digest = first.manifest_sha256
    before = take(program, app, study, path)
    session.commit()
    exported_anew(session)
    assert prune(MUCH_LATER) == 0
    of_this = f"{path}{'&' if '?' in path else '?'}manifest={digest}"
    assert by_program(program, app, study, of_this) == before
    assert by_program(program, app, study, path) != before, "the day's name gives the newest"


def test_the_programs_of_the_one_who_has_it_find_all_of_it_again(
    program: Programs, first: Snapshot, session: Session
) -> None:
    statistician, digest = program(Role.STATISTICIAN), first.manifest_sha256
    manifest = statistician.get(f"{S}/latest").json
    tag = statistician.get(f"{S}/2026-04-07/scores.csv", Range="bytes=0-9").headers["ETag"]
    exported_anew(session)
    listed = (statistician.get(S).json or {})["items"]
    assert [(item["day"], [each["manifest_sha256"] for each in item["replaced"]]) for item in listed] == [
        ("2026-04-07", [digest])
    ]
    (replaced,) = listed[0]["replaced"]
    assert replaced["as_of"] == "2026-04-07T09:00:00Z"
    assert statistician.get(replaced["href"].removeprefix("/api/v1")).json == manifest
    of_this = f"{S}/2026-04-07/scores.csv?manifest={digest}"
    rest = statistician.get(of_this, Range="bytes=10-", **{"If-Range": tag})
    assert (rest.status_code, rest.headers["ETag"]) == (206, tag), "a download that broke off goes on"
    assert statistician.get(of_this, **{"If-None-Match": tag}).status_code == 304
    with zipfile.ZipFile(io.BytesIO(statistician.get(f"{S}/latest.zip?manifest={digest}").data)) as archive:
        assert "backtobasic-2026-04-07/scores.csv" in archive.namelist()


@pytest.mark.parametrize(
    ("manifest", "status"),
    [("0" * 64, 404), ("..%2F..", 400), ("", 400), ("A" * 64, 400), ("0" * 63, 400), ("0" * 64 + "%0A", 400)],
)
def test_what_nobody_took_has_no_other_name(
    program: Programs, first: Snapshot, session: Session, manifest: str, status: int
) -> None:
    statistician, untaken = program(Role.STATISTICIAN), first.manifest_sha256
    exported_anew(session)
    assert statistician.get(f"{S}/2026-04-07?manifest={untaken}").status_code == 404
    for path in ("2026-04-07", "2026-04-07.zip", "2026-04-07/scores.csv"):
        assert statistician.get(f"{S}/{path}?manifest={manifest}").status_code == status, path


def test_the_desk_names_it_beside_the_day(app: Flask, study: Study, first: Snapshot, session: Session) -> None:
    note_download(standing(first), "answers.csv", "user:1", NOW)
    someone, digest = user(study, Role.STATISTICIAN), first.manifest_sha256
    exported_anew(session)
    page = Browser(app, someone).get("/desk/backtobasic/exports/").text
    assert f"2026-04-07.zip?manifest={digest}" in page
    assert "downloaded once" not in page, "the newest was not"
    other = Browser(app, someone).get(f"/desk/backtobasic/exports/2026-04-07.zip?manifest={'0' * 64}")
    assert (other.status_code, "There is no such file in this export." in other.text) == (404, True)


def test_it_is_listed_and_checked_by_command(app: Flask, first: Snapshot, session: Session) -> None:
    note_download(standing(first), "answers.csv", "user:1", NOW)
    aside = aside_of(folder_of(first), first.manifest_sha256)
    exported_anew(session)
    assert [line.split("as of ")[1][:16] for line in call(app, "list").output.splitlines()] == [
        "2026-04-07 09:00", "2026-04-07 10:00",
    ]  # fmt: skip
    assert f"{aside}: as exported" in call(app, "verify").output
    (aside / "answers.csv").write_text("mine", "utf-8")
    done = command(app, "export", "verify")
    assert (done.exit_code, f"{aside}: answers.csv was altered" in done.output) == (1, True)


def test_a_day_that_was_exported_anew_says_which_is_meant(
    app: Flask, study: Study, first: Snapshot, session: Session, tmp_path: Path
) -> None:
    note_download(standing(first), "answers.csv", "user:1", NOW)
    digest, files = first.manifest_sha256, read_folder(folder_of(first))
    newest = exported_anew(session)
    said = rf"Say which with --manifest: {digest} .as of 09:00 UTC., {newest.manifest_sha256}"
    with pytest.raises(BadInput, match=said):
        as_of(study, date(2026, 4, 7), tmp_path / "again")
    words = ("run", "backtobasic", "--as-of", "2026-04-07", "--into", str(tmp_path / "again"), "--manifest")
    call(app, *words, digest)
    for name in (name for name in files if name.endswith(".csv")):
        assert (tmp_path / "again" / name).read_bytes() == files[name]
    shutil.rmtree(tmp_path / "again")
    call(app, *words, newest.manifest_sha256)
    assert (tmp_path / "again" / "answers.csv").read_bytes() != files["answers.csv"]


def test_a_day_of_which_nobody_took_another_means_its_newest(
    study: Study, session: Session, first: Snapshot, tmp_path: Path
) -> None:
    newest = exported_anew(session)
    as_of(study, newest.day, tmp_path / "again")
    assert (tmp_path / "again" / "answers.csv").read_bytes() == (folder_of(newest) / "answers.csv").read_bytes()


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


def test_f25_an_export_that_was_not_recorded_gives_its_place_back(
    study: Study, first: Snapshot, session: Session
) -> None:
    before, folder = read_folder(folder_of(first)), folder_of(first)
    recorded = first.manifest_sha256
    answer_one_more(session)
    export_snapshot(session.scalars(select(Study)).one(), NOW + HOUR)
    session.rollback()  # the machine stopped, or the database took nothing more
    assert digest_of(folder) != recorded
    export = standing(session.scalars(select(Snapshot)).one())
    assert export.folder == aside_of(folder, recorded), "whoever asks meanwhile gets what was recorded"
    prune(MUCH_LATER)
    assert (read_folder(folder), asides(folder)) == (before, [])


def test_f25_a_machine_that_stopped_between_two_renames_finds_the_recorded_export(
    study: Study, first: Snapshot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, folder = read_folder(folder_of(first)), folder_of(first)
    folder.parent.joinpath("replaced").mkdir()
    folder.rename(aside_of(folder, first.manifest_sha256))
    prune(NOW.astimezone(UTC))
    assert read_folder(folder) == before


def test_a_machine_that_stops_while_it_clears_one_away_leaves_no_half(
    study: Study, first: Snapshot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported_anew(session)

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("app.exports.replaced.shutil.rmtree", stopped)
        with pytest.raises(KeyboardInterrupt):
            prune(MUCH_LATER)
    session.rollback()
    assert prune(MUCH_LATER) == 1
    assert list((folder_of(first).parent / "replaced").iterdir()) == []
