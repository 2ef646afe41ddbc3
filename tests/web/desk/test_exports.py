"""Downloads and the report: only what is there, only for whom it is, and nothing of it can act."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app import config
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.database import db
from app.exports.models import Download, Snapshot
from app.studies.models import Study
from tests.factories import NOW, Browser, backtobasic, user

EXPORTS = "/desk/backtobasic/exports/"
REPORT = "/desk/backtobasic/report/"
DAY = date(2026, 3, 2)


def snapshot(study: Study, folder: Path, day: date = DAY, inner: Mapping[str, bytes] | None = None) -> Path:
    """An export as the nightly run leaves it, with these files in folders of it too."""
    folder.mkdir(parents=True)
    files = {"participants.csv": b"study,participant\nbacktobasic,01-001\n", **(inner or {})}
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    described = {name: {"sha256": sha256(content).hexdigest()} for name, content in files.items()}
    (folder / "manifest.json").write_text(json.dumps({"files": described}), "utf-8")
    kept = sha256((folder / "manifest.json").read_bytes()).hexdigest()
    db.session.add(Snapshot(study=study, day=day, as_of=NOW, path=str(folder), manifest_sha256=kept))
    db.session.commit()
    return folder


@pytest.fixture
def study(session: Session) -> Study:
    return backtobasic().study


@pytest.fixture
def statistician(app: Flask, study: Study, session: Session) -> Browser:
    someone = user(study, Role.STATISTICIAN)
    session.commit()
    return Browser(app, someone)


@pytest.fixture
def folder(study: Study, settings: config.Settings) -> Path:
    return snapshot(study, settings.exports / study.code / DAY.isoformat())


def fetched(client: Browser, address: str) -> bytes:
    """What is handed out there, and its copy closed, as a server does."""
    with client.get(address) as answer:
        content: bytes = answer.data
    return content


def test_before_the_first_night_there_is_nothing_and_it_says_so(statistician: Browser) -> None:
    assert "None yet" in statistician.get(EXPORTS).text
    assert statistician.get(f"{EXPORTS}2026-03-02.zip").status_code == 404


def test_files_are_listed_and_come_as_they_are(statistician: Browser, folder: Path) -> None:
    assert "participants.csv" in statistician.get(EXPORTS).text
    with statistician.get(f"{EXPORTS}2026-03-02/participants.csv") as answer:
        assert answer.data == (folder / "participants.csv").read_bytes()
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_table_comes_for_a_norwegian_excel_and_what_is_none_does_not(
    statistician: Browser, study: Study, settings: config.Settings
) -> None:
    content = b"study,participant,site\nt,01-001,01\n"
    inner = {"participants.csv": content, "labelled/scores.sav": b"$FL2"}
    snapshot(study, settings.exports / study.code / DAY.isoformat(), inner=inner)
    link = f"{EXPORTS}2026-03-02/participants.csv?form=norwegian"
    assert f'href="{link}"' in statistician.get(EXPORTS).text
    assert "scores.sav?form" not in statistician.get(EXPORTS).text
    with statistician.get(link) as answer:
        assert answer.data.decode() == "\ufeffstudy;participant;site\r\nt;01-001;01\r\n"
    refused = statistician.get(f"{EXPORTS}2026-03-02/labelled/scores.sav?form=norwegian")
    assert (refused.status_code, "has no Norwegian form" in refused.text) == (404, True)


def test_a_file_in_a_folder_of_the_night_is_listed_and_comes_under_its_own_name(
    statistician: Browser, study: Study, settings: config.Settings
) -> None:
    place = snapshot(study, settings.exports / study.code / DAY.isoformat(), inner={"labelled/scores.sav": b"$FL2"})
    assert "labelled/scores.sav" in statistician.get(EXPORTS).text
    with statistician.get(f"{EXPORTS}2026-03-02/labelled/scores.sav") as answer:
        assert answer.data == (place / "labelled" / "scores.sav").read_bytes()
        assert answer.headers["Content-Disposition"] == "attachment; filename=scores.sav"
    with zipfile.ZipFile(io.BytesIO(fetched(statistician, f"{EXPORTS}2026-03-02.zip"))) as packed:
        assert packed.namelist()[0] == "backtobasic-2026-03-02/labelled/scores.sav"


def test_an_archive_holds_every_file_and_is_the_same_twice(statistician: Browser, folder: Path) -> None:
    first, second = (fetched(statistician, f"{EXPORTS}2026-03-02.zip") for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert packed.namelist() == ["backtobasic-2026-03-02/manifest.json", "backtobasic-2026-03-02/participants.csv"]
        assert packed.read(packed.namelist()[1]) == (folder / "participants.csv").read_bytes()


def test_every_download_is_on_the_record(statistician: Browser, folder: Path, session: Session) -> None:
    assert "downloaded" not in statistician.get(EXPORTS).text
    for name in ("2026-03-02/participants.csv", "2026-03-02.zip", "2026-03-02/nothing.csv"):
        statistician.get(EXPORTS + name).close()
    kept = list(session.scalars(select(Download).order_by(Download.id)))
    assert [row.file for row in kept] == ["participants.csv", "backtobasic-2026-03-02.zip"]
    (who,) = {row.downloaded_by for row in kept}
    trail = session.scalars(select(AuditEntry).filter_by(table_name="public.downloads")).all()
    assert [entry.actor for entry in trail] == [who, who]
    assert "downloaded 2 times, last" in statistician.get(EXPORTS).text
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(delete(Download))


@pytest.mark.parametrize(
    "path",
    [
        "2026-03-02/../../secret.txt",
        "2026-03-02/..%2f..%2fsecret.txt",
        "2026-03-02/%2e%2e%2fsecret.txt",
        "2026-03-02/..\\secret.txt",
        "2026-03-02/nothing.csv",
        "2026-03-02/link.csv",
        "2026-03-02/inner",
        "2026-03-02/inner%2fdeep.csv",
        "2026-03-01/participants.csv",
        "nonsense/participants.csv",
        "..%2f..%2f/secret.txt",
        "nonsense.zip",
        "2026-03-01.zip",
    ],
)
def test_no_name_leads_out_of_the_folder(statistician: Browser, folder: Path, path: str) -> None:
    for place in (folder.parent, folder.parent.parent):
        (place / "secret.txt").write_text("secret", "utf-8")
    (folder / "link.csv").symlink_to(folder.parent / "secret.txt")
    (folder / "inner").mkdir()
    (folder / "inner" / "deep.csv").write_text("deep", "utf-8")
    answer = statistician.get(EXPORTS + path)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.txt", "")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("participants.csv", "study,participant\nbacktobasic,01-002\n"),
        ("participants.csv", "study,participant\nbacktobasic,01-001"),
        ("participants.csv", ""),
        ("manifest.json", "{}"),
        ("manifest.json", '{"files": {"participants.csv": {"sha256": "of another"}}}'),
    ],
)
def test_an_export_that_was_altered_on_disk_is_refused_and_not_noted_as_taken(
    statistician: Browser, folder: Path, session: Session, file: str, content: str
) -> None:
    (folder / file).write_text(content, "utf-8")
    for name in ("2026-03-02/participants.csv", "2026-03-02.zip"):
        answer = statistician.get(EXPORTS + name)
        assert answer.status_code == 500
        assert f"{file} of the export of 2026-03-02 was altered" in answer.text
        assert "01-00" not in answer.text
    assert session.scalars(select(Download)).all() == []


def test_what_was_laid_beside_an_export_or_in_its_place_is_not_served(statistician: Browser, folder: Path) -> None:
    (folder / "extra.csv").write_text("of a stranger", "utf-8")
    assert statistician.get(f"{EXPORTS}2026-03-02/extra.csv").status_code == 404
    moved = (folder / "participants.csv").rename(folder.parent / "moved.csv")
    (folder / "participants.csv").symlink_to(moved)
    assert statistician.get(f"{EXPORTS}2026-03-02/participants.csv").status_code == 404


def test_another_studys_export_is_not_served(statistician: Browser, session: Session, tmp_path: Path) -> None:
    snapshot(backtobasic(code="other").study, tmp_path / "other")
    assert statistician.get(f"{EXPORTS}2026-03-02/participants.csv").status_code == 404
    assert statistician.get("/desk/other/exports/2026-03-02.zip").status_code == 404


def test_an_export_whose_folder_was_put_away_is_listed_as_such(statistician: Browser, folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert "not here any more" in statistician.get(EXPORTS).text
    assert statistician.get(f"{EXPORTS}2026-03-02.zip").status_code == 404


def test_without_a_report_the_page_says_how_it_comes_about(statistician: Browser) -> None:
    assert "no report of this study yet" in statistician.get(REPORT).text
    assert statistician.get(f"{REPORT}report.html").status_code == 404


def test_the_report_is_shown_without_any_power(statistician: Browser, folder: Path) -> None:
    (folder / "report.html").write_text("<!doctype html><style>p{}</style><p>Difference</p>", "utf-8")
    answer = statistician.get(f"{REPORT}report.html")
    assert answer.data == (folder / "report.html").read_bytes()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "script" not in policy.replace("sandbox", "")
    assert "sandbox" in policy
    assert "allow" not in policy


def test_the_newest_report_is_the_one(statistician: Browser, study: Study, folder: Path) -> None:
    (folder / "report.html").write_text("old", "utf-8")
    (folder.parent / "report.html").write_text("of the study", "utf-8")
    later = snapshot(study, folder.parent / "2026-03-03", date(2026, 3, 3))
    assert statistician.get(f"{REPORT}report.html").text == "of the study"
    (later / "report.html").write_text("new", "utf-8")
    assert statistician.get(f"{REPORT}report.html").text == "new"


def test_one_sites_statistician_gets_nothing_that_holds_all_sites(
    app: Flask, study: Study, session: Session, folder: Path
) -> None:
    statistician = user(study, Role.STATISTICIAN, at_site="01")
    session.commit()
    browser = Browser(app, statistician)
    (folder / "report.html").write_text("all sites", "utf-8")
    for path in (EXPORTS, f"{EXPORTS}{DAY}.zip", f"{EXPORTS}{DAY}/participants.csv", f"{REPORT}report.html"):
        assert browser.get(path).status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.STATISTICIAN])
def test_the_report_is_for_statisticians_alone(app: Flask, study: Study, folder: Path, role: Role) -> None:
    (folder / "report.html").write_text("pooled", "utf-8")
    someone = user(study, role)
    db.session.commit()
    answer = Browser(app, someone).get(f"{REPORT}report.html")
    assert answer.status_code == 403
    assert "pooled" not in answer.text
