"""Exports are found by whatever name a machine knows the folder of exports, and nowhere else."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.config import settings_of
from app.exports.downloading import files, hashes, opened
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of, place
from app.exports.replaced import standing
from app.exports.reports import report_of
from app.studies.models import Study
from app.studies.states import StudyState
from tests.exports.conftest import NOW

pytestmark = pytest.mark.usefixtures("tables_only")


@pytest.fixture
def elsewhere(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From here on this machine is another one, which has the folder of exports by another name."""
    known_as = tmp_path / "mnt" / "exports"
    known_as.parent.mkdir()
    settings_of(app).exports.mkdir(parents=True, exist_ok=True)
    known_as.symlink_to(settings_of(app).exports)
    monkeypatch.setitem(app.extensions, "settings", replace(settings_of(app), exports=known_as))
    return known_as


@pytest.mark.parametrize(
    ("recorded", "folder"),
    [
        ("backtobasic/2026-04-07", "backtobasic/2026-04-07"),
        ("/var/lib/svar/exports/backtobasic/2026-04-07", "backtobasic/2026-04-07"),  # of the version before
        ("/var/lib/svar/exports/backtobasic/2026-04-07/", "backtobasic/2026-04-07"),
        ("/exports/a/2026-04-07", "a/2026-04-07"),
        ("/nowhere", "nowhere"),
        ("", "."),
    ],
)
def test_an_export_lies_in_this_machines_folder_whatever_its_row_says(
    session: Session, app: Flask, recorded: str, folder: str
) -> None:
    assert folder_of(Snapshot(path=recorded)) == settings_of(app).exports / folder


def test_an_export_is_recorded_by_study_and_day_alone(study: Study, app: Flask) -> None:
    snapshot = export_snapshot(study, NOW)
    assert snapshot.path == place(study, snapshot.day)
    assert folder_of(snapshot) == settings_of(app).exports / snapshot.path


@pytest.mark.parametrize(
    ("state", "folder"),
    [(state, "a/2026-04-08") for state in StudyState if state is not StudyState.SETUP]
    + [(StudyState.SETUP, "a-practice/2026-04-08")],
)
def test_the_exports_of_a_practice_lie_apart(state: StudyState, folder: str) -> None:
    assert place(Study(code="a", state=state), date(2026, 4, 8)) == folder


def test_a_machine_with_another_mount_point_hands_out_what_was_exported(
    session: Session, study: Study, app: Flask, request: pytest.FixtureRequest
) -> None:
    snapshot = export_snapshot(study, NOW)
    session.commit()
    made = settings_of(app).exports / snapshot.path
    known_as = request.getfixturevalue("elsewhere")
    assert known_as != settings_of(app).exports.resolve()
    assert [file.name for file in files(snapshot)] == sorted(
        path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()
    )
    name, digest = next(iter(hashes(standing(snapshot)).items()))
    with opened(standing(snapshot), name, digest) as content:
        assert content.read() == (made / name).read_bytes()
    (made / "report.html").write_text("a report", "utf-8")
    assert report_of(study, known_as) == known_as / snapshot.path / "report.html"


def test_the_same_night_is_not_exported_again_by_a_clock_with_another_mount_point(
    session: Session, study: Study, app: Flask, request: pytest.FixtureRequest
) -> None:
    before = export_snapshot(study, NOW)
    session.commit()
    recorded = before.id, before.path, before.as_of
    request.getfixturevalue("elsewhere")
    again = export_snapshot(study, NOW)
    assert (again.id, again.path, again.as_of) == recorded
