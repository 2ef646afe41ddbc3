"""`flask export`: what a person at the terminal sees, for good and for ill."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.time import moved_clock
from app.exports.comparing import compare
from app.exports.models import Snapshot
from app.exports.places import folder_of
from app.participants.models import Participant
from app.studies.models import Study
from tests.exports.builders import answered, visit
from tests.exports.conftest import NOW

pytestmark = pytest.mark.usefixtures("tables_only")


@pytest.fixture
def folder(study: Study, app: Flask, session: Session) -> Path:
    """The export of the study, made by the command."""
    said = call(app, "run", "backtobasic")
    assert said.exit_code == 0, said.output
    session.rollback()
    return folder_of(session.scalars(select(Snapshot)).one())


def call(app: Flask, *words: object, days: int = 0) -> Result:
    with moved_clock(lambda: NOW + timedelta(days=days)):
        return app.test_cli_runner().invoke(args=["export", *map(str, words)])


def test_run_names_the_folder_and_again_does_the_due_ones_only(folder: Path, app: Flask) -> None:
    assert call(app, "run").output == "Nothing is due.\n"
    assert call(app, "run", days=1).output == f"{folder.with_name('2026-04-08')}\n"


def test_list_tells_day_size_and_place(folder: Path, app: Flask) -> None:
    said = call(app, "list").output
    assert said.startswith("backtobasic  2026-04-07  as of 2026-04-07 09:00 UTC  ")
    files = json.loads((folder / "manifest.json").read_bytes())["files"]
    assert f"rows in {len(files)} files  {folder}" in said


def test_verify_finds_each_fault_and_ends_with_one(folder: Path, app: Flask) -> None:
    assert (call(app, "verify").exit_code, call(app, "verify").output) == (0, f"{folder}: as exported\n")
    (folder / "events.csv").unlink()
    (folder / "notes.txt").write_text("mine", "utf-8")
    with (folder / "scores.parquet").open("ab") as file:
        file.write(b"x")
    said = call(app, "verify", folder)
    assert said.exit_code == 1
    for fault in ("events.csv is missing", "notes.txt was not exported", "scores.parquet was altered"):
        assert fault in said.output


def test_verify_knows_a_manifest_that_was_made_to_fit(folder: Path, app: Flask) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("backtobasic", "backtobasix"), "utf-8")
    assert "manifest.json is not the one that was recorded" in call(app, "verify").output


def test_diff_lists_what_changed_row_by_row(folder: Path, app: Flask, session: Session) -> None:
    someone = session.scalars(select(Participant).filter_by(code="01-010")).one()
    answered(visit(someone, "d35"), NOW, {"now": 1, "worst": 2, "usual": 3}, "nrs_lbp_week")
    session.commit()
    call(app, "run", days=1)
    said = call(app, "diff", folder, folder.with_name("2026-04-08")).output
    assert "answers added: 01-010 d35 nrs_lbp_week now\n" in said
    assert "scores added: 01-010 d35 nrs_lbp_week nrs_lbp_week\n" in said
    assert "assessments changed: 01-010 d35  state: open -> completed; reason: opened -> (empty);" in said
    assert said.endswith("from 2026-04-07T09:00:00Z to 2026-04-08T09:00:00Z.\n")
    assert compare(folder, folder) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run", "nothing"), "There is no study nothing; installed: backtobasic."),
        (("list", "nothing"), "There is no study nothing; installed: backtobasic."),
        (("verify", "/nowhere"), "/nowhere is not an exported folder"),
        (("diff", "/nowhere", "/nowhere"), "/nowhere is not an exported folder"),
    ],
)
def test_mistakes_get_a_sentence(words: tuple[str, ...], sentence: str, folder: Path, app: Flask) -> None:
    said = call(app, *words)
    assert said.exit_code == 1
    assert sentence in said.output
    assert "Traceback" not in said.output


def test_a_full_disk_gets_a_sentence(study: Study, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.exports.contents.write", full)
    said = call(app, "run", "backtobasic")
    assert (said.exit_code, "The disk said: No space left on device." in said.output) == (1, True)


@pytest.mark.parametrize(
    ("hours", "sentence"), [(48, "172800 seconds ahead of"), (-1, "3600 seconds behind")]
)  # fmt: skip
def test_f35_nothing_is_exported_by_a_machine_whose_time_is_not_the_databases(
    study: Study, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, hours: int, sentence: str
) -> None:
    monkeypatch.setattr("app.cli.export.now", lambda: datetime.now(UTC) + timedelta(hours=hours))
    for words in ([], ["backtobasic"]):
        said = app.test_cli_runner().invoke(args=["export", "run", *words])
        assert (said.exit_code, said.output) == (
            1, f"Error: This machine's time is {sentence} the database's. Set it right, then export.\n",
        )  # fmt: skip
    session.rollback()
    assert session.scalars(select(Snapshot)).all() == []
