"""Every night the newest export of a study that has a plan is analysed blind, once, by a process of its own."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from app.exports.blind_runs import BLIND_FOLDER, analyse_due, outcome_of
from app.rehearsal.simulation_file import read_parameters
from tests.analysis.exported import Exported, write_export

EXAMPLE = Path(__file__).parents[2] / "examples" / "backtobasic"
DAY = "2026-03-02"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return write_export(tmp_path_factory.mktemp("trial"), read_parameters(EXAMPLE / "simulation.yaml"))


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """The shipped plan with its primary analysis alone."""
    content = yaml.safe_load((EXAMPLE / "analysis.yaml").read_text("utf-8"))
    content["analyses"] = content["analyses"][:2]
    del content["tipping_of"], content["tipping_deltas"]
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "backtobasic.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return folder


def test_the_newest_export_is_analysed_once_and_says_that_it_is_blind(
    plans: Path, exported: Exported, tmp_path: Path
) -> None:
    exports = tmp_path / "exports"
    shutil.copytree(exported.snapshot, exports / "backtobasic" / DAY)
    assert analyse_due(plans, exports) == ["backtobasic"]
    last = outcome_of(exports / "backtobasic")
    assert last is not None
    assert last.complaint == ""
    report = (exports / "backtobasic" / BLIND_FOLDER / "report.html").read_text("utf-8")
    assert "BLIND RUN" in report
    assert "Infliximab minus" not in report
    assert analyse_due(plans, exports) == []


def test_what_is_wrong_with_it_is_kept_for_the_report_page(plans: Path, tmp_path: Path) -> None:
    broken = tmp_path / "exports" / "backtobasic" / DAY
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text(json.dumps({"files": {}}), "utf-8")
    assert analyse_due(plans, tmp_path / "exports") == ["backtobasic"]
    last = outcome_of(tmp_path / "exports" / "backtobasic")
    assert last is not None
    assert last.complaint
    assert "Traceback" not in last.complaint
    assert not (tmp_path / "exports" / "backtobasic" / BLIND_FOLDER / "report.html").exists()
    assert analyse_due(plans, tmp_path / "exports") == [], "the same export is not tried again"


def test_a_study_without_an_export_waits(plans: Path, tmp_path: Path) -> None:
    assert analyse_due(plans, tmp_path / "exports") == []


def test_the_analysis_inherits_no_secret(plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "exports" / "backtobasic" / DAY
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}", "utf-8")
    secrets = ("SECRET_KEY", "FIELD_KEYS", "DATABASE_URL", "DATABASE_OWNER_URL", "TWILIO_AUTH_TOKEN",
               "DEAD_MAN_URL", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "SVAR_EXPORTS", "PYTHONSTARTUP")  # fmt: skip
    for name in secrets:
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    tell = tmp_path / "python"
    tell.write_text("#!/bin/sh\nenv >&2\nexit 1\n", "utf-8")
    tell.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(tell))
    analyse_due(plans, tmp_path / "exports")
    last = outcome_of(tmp_path / "exports" / "backtobasic")
    assert last is not None
    assert "LANG=C.UTF-8" in last.complaint
    assert "a secret" not in last.complaint
    assert not [name for name in secrets if name in last.complaint]
