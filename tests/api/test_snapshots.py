"""What programs download: an export to the byte, for a Norwegian Excel, in one archive, from where it broke off."""

import io
import json
import zipfile
from hashlib import sha256

import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import GRANTS, Permission, Role
from app.core.time import moved_clock
from app.exports.models import Download, Snapshot
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.participants.models import Participant
from app.studies.models import Study, StudyState
from tests.api.asking import S
from tests.api.conftest import Programs
from tests.exports.conftest import NOW
from tests.some import some


@pytest.fixture
def snapshot(study: Study, session: Session, tables_only: None) -> Snapshot:
    made = export_snapshot(study, NOW)
    session.commit()
    return made


def test_an_export_is_found_and_downloaded_to_the_byte(program: Programs, snapshot: Snapshot) -> None:
    statistician = program(Role.STATISTICIAN)
    listed = statistician.get(f"{S}/snapshots").json
    assert listed is not None
    (item,) = listed["items"]
    assert (item["day"], item["manifest_sha256"]) == ("2026-04-07", snapshot.manifest_sha256)
    manifest = statistician.get(item["href"].removeprefix("/api/v1")).json
    assert manifest is not None
    for name, described in manifest["files"].items():
        answer = statistician.get(f"{S}/snapshots/2026-04-07/{name}")
        assert sha256(answer.data).hexdigest() == described["sha256"] == answer.headers["ETag"].strip('"')
    frame = pd.read_parquet(io.BytesIO(statistician.get(f"{S}/snapshots/2026-04-07/scores.parquet").data))
    assert len(frame) == manifest["files"]["scores.parquet"]["rows"]
    kept = statistician.get(f"{S}/snapshots/2026-04-07/manifest.json")
    assert sha256(kept.data).hexdigest() == snapshot.manifest_sha256
    assert json.loads(kept.data) == manifest


def test_a_table_is_downloaded_as_a_norwegian_excel_reads_it(program: Programs, snapshot: Snapshot) -> None:
    statistician, path = program(Role.STATISTICIAN), f"{S}/snapshots/2026-04-07/scores.csv"
    answer, plain = statistician.get(f"{path}?form=norwegian"), statistician.get(path)
    assert answer.data.startswith(b"\xef\xbb\xbfstudy;participant;site;")
    assert answer.data.count(b"\r\n") == plain.data.count(b"\n")
    assert answer.headers["ETag"] != plain.headers["ETag"]
    again = statistician.get(f"{path}?form=norwegian", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert statistician.get(f"{path}?form=swedish").status_code == 400
    assert statistician.get(f"{S}/snapshots/2026-04-07/scores.parquet?form=norwegian").status_code == 404


@pytest.mark.usefixtures("tables_only")
def test_an_export_is_made_when_it_is_asked_for_once_a_day(program: Programs, study: Study, session: Session) -> None:
    statistician = program(Role.STATISTICIAN)
    assert statistician.get(f"{S}/snapshots/latest").status_code == 404
    first = statistician.post(f"{S}/snapshots", {})
    assert (first.status_code, first.get_json()["day"]) == (201, "2026-04-07")
    assert statistician.post(f"{S}/snapshots", {}).get_json() == first.get_json()
    latest = statistician.get(f"{S}/snapshots/latest")
    assert latest.get_json() == statistician.get(f"{S}/snapshots/2026-04-07").get_json()
    rows = statistician.get(f"{S}/snapshots/latest/participants.csv").text.splitlines()
    assert len(rows) == 1 + len(session.scalars(select(Participant)).all())
    study.state = StudyState.ARCHIVED
    session.commit()
    assert statistician.post(f"{S}/snapshots", {}).status_code == 409


@pytest.mark.parametrize("role", Role)
def test_who_may_take_an_export_may_have_it_made(program: Programs, study: Study, role: Role) -> None:
    may = Permission.DOWNLOAD_EXPORT in GRANTS[role]
    assert program(role, at_site="01").post(f"{S}/snapshots", {}).status_code == 403
    assert may == (program(role).post(f"{S}/snapshots", {"day": "2026-04-07"}).status_code == 400)


def test_an_export_comes_in_one_archive_too(program: Programs, snapshot: Snapshot, session: Session) -> None:
    statistician = program(Role.STATISTICIAN)
    with statistician.get(f"{S}/snapshots/latest.zip") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "application/zip")
        assert answer.headers["Content-Disposition"] == "attachment; filename=backtobasic-2026-04-07.zip"
        packed = answer.data
    manifest = statistician.get(f"{S}/snapshots/2026-04-07").get_json()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert set(archive.namelist()) == {
            f"backtobasic-2026-04-07/{name}" for name in [*manifest["files"], "manifest.json"]
        }
        for name, described in manifest["files"].items():
            assert sha256(archive.read(f"backtobasic-2026-04-07/{name}")).hexdigest() == described["sha256"]
    with statistician.get(f"{S}/snapshots/2026-04-07.zip") as again:
        assert again.data == packed
    assert session.scalars(select(Download.file).order_by(Download.id)).first() == "backtobasic-2026-04-07.zip"
    (folder_of(snapshot) / "scores.csv").write_bytes(b"altered")
    assert statistician.get(f"{S}/snapshots/latest.zip").status_code == 500


TYPES = {
    "labelled/scores.sav": "application/octet-stream",
    "labelled/scores.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "scores.csv": "text/csv; charset=utf-8",
    "scores.parquet": "application/vnd.apache.parquet",
    "manifest.json": "application/json",
}


def test_a_file_has_its_type_and_its_own_name(program: Programs, study: Study, session: Session) -> None:
    export_snapshot(study, NOW)
    session.commit()
    statistician = program(Role.STATISTICIAN)
    answers = {name: statistician.get(f"{S}/snapshots/2026-04-07/{name}") for name in TYPES}
    assert {name: answer.headers["Content-Type"] for name, answer in answers.items()} == TYPES
    assert [len(answer.headers.getlist("Content-Type")) for answer in answers.values()] == [1] * len(TYPES)
    assert {name: answer.headers["Content-Disposition"] for name, answer in answers.items()} == {
        name: f"attachment; filename={name.split('/')[-1]}" for name in TYPES
    }


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet", "manifest.json"])
def test_a_file_that_was_altered_on_disk_is_not_served_under_its_old_hash(
    program: Programs, snapshot: Snapshot, name: str
) -> None:
    with (folder_of(snapshot) / name).open("ab") as file:
        file.write(b" ")
    statistician, path = program(Role.STATISTICIAN), f"{S}/snapshots/2026-04-07/{name}"
    requests: list[dict[str, str]] = [{}, {"If-None-Match": f'"{snapshot.manifest_sha256}"'}, {"Range": "bytes=0-9"}]
    for headers in some(requests):
        answer = statistician.get(path, **headers)
        assert answer.status_code == 500
        assert f"{name} of the export of 2026-04-07 was altered" in answer.text


def test_a_file_that_is_known_is_not_sent_again(program: Programs, snapshot: Snapshot) -> None:
    statistician, path = program(Role.STATISTICIAN), f"{S}/snapshots/2026-04-07/scores.csv"
    tag = statistician.get(path).headers["ETag"]
    assert statistician.get(path, **{"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("name", ["2026-04-07/scores.csv", "2026-04-07/scores.csv?form=norwegian", "latest.zip"])
def test_a_download_that_broke_off_goes_on_where_it_was(program: Programs, snapshot: Snapshot, name: str) -> None:
    statistician, path = program(Role.STATISTICIAN), f"{S}/snapshots/{name}"
    whole = statistician.get(path)
    tag, size = whole.headers["ETag"], len(whole.data)
    assert (whole.headers["Accept-Ranges"], whole.content_length) == ("bytes", size)
    begin, rest = (statistician.get(path, Range=each, **{"If-Range": tag}) for each in ("bytes=0-99", "bytes=100-"))
    assert begin.data + rest.data == whole.data
    assert (begin.status_code, begin.headers["Content-Range"]) == (206, f"bytes 0-99/{size}")
    other = statistician.get(path, Range="bytes=100-", **{"If-Range": '"another"'})
    assert (other.status_code, other.data) == (200, whole.data), "of another file nothing is patched together"
    assert statistician.get(path, Range=f"bytes={size}-").status_code == 416
    assert statistician.get(path, **{"If-None-Match": tag}).status_code == 304


def test_what_a_program_downloads_is_on_the_record(program: Programs, snapshot: Snapshot, session: Session) -> None:
    statistician, path = program(Role.STATISTICIAN), f"{S}/snapshots/2026-04-07/scores.csv"
    etag = statistician.get(path).headers["ETag"]
    assert statistician.get(path, **{"If-None-Match": etag}).status_code == 304
    with moved_clock(lambda: NOW):
        assert statistician.client.head(f"/api/v1{path}", headers=statistician.headers).status_code == 200
    assert [row.file for row in session.scalars(select(Download))] == ["scores.csv"], "nothing else left"


def test_what_is_not_there_is_not_found(program: Programs, snapshot: Snapshot) -> None:
    statistician = program(Role.STATISTICIAN)
    for path in ("2026-04-06", "x", "2026-04-07/other.csv", "2026-04-07/..%2F..%2Fsecret", "2026-04-07/%00"):
        assert statistician.get(f"{S}/snapshots/{path}").status_code == 404, path


def test_an_export_that_was_put_away_says_so(program: Programs, snapshot: Snapshot, session: Session) -> None:
    snapshot.path = "/nowhere"
    session.commit()
    answer = program(Role.STATISTICIAN).get(f"{S}/snapshots/2026-04-07")
    assert answer.status_code == 404
    assert "no longer on this machine" in answer.text


def test_a_role_at_one_site_gets_no_export_of_all(program: Programs, snapshot: Snapshot) -> None:
    local = program(Role.STATISTICIAN, at_site="01")
    for path in ("", "/2026-04-07", "/2026-04-07/scores.csv"):
        assert local.get(f"{S}/snapshots{path}").status_code == 403
