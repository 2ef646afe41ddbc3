"""An export that somebody has stays as it was, whatever is exported on that day later; what nobody has goes."""

import io
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.problems import BadInput
from app.exports.downloading import note_download
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot, prune
from app.exports.past_nights import as_of
from app.exports.places import folder_of
from app.exports.replaced import aside_of, asides, digest_of, standing
from app.studies.models import Study
from tests.api.conftest import Programs
from tests.api.conftest import program as program
from tests.exports.conftest import NOW
from tests.exports.nights import answer_one_more, read_folder
from tests.exports.nights import tables_alone as tables_alone
from tests.exports.replacing import HOUR, MUCH_LATER, exported_anew
from tests.exports.replacing import first as first
from tests.exports.test_commands import call
from tests.factories import Browser, command, user

pytestmark = pytest.mark.usefixtures("tables_only", "tables_alone")
S = "/studies/backtobasic/snapshots"


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
