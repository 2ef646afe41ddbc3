"""A site's own command after each export: it gets the folder, no key of ours, and can spoil nothing."""

import shlex
import sys
import time
import tracemalloc
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.exports.handing_on import hand_on
from app.exports.nightly import NotExported
from app.messages.gateways.sandbox import SandboxGateway
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.factories import command

pytestmark = pytest.mark.usefixtures("tables_only")


def python(script: str) -> str:
    """The command line that runs this."""
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}"


def output_of(where: Path) -> str:
    return python(
        f"import os, sys; open({str(where)!r}, 'a').write(sys.argv[-1] + ' ' + str(dict(os.environ)) + chr(10))"
    )


def test_the_command_gets_the_folder_and_no_key_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-key")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "canary-token")
    monkeypatch.setenv("AFTER_EXPORT_BUCKET", "trial-exports")
    folder = tmp_path / "backtobasic" / "2026-04-07"
    assert hand_on([folder], output_of(tmp_path / "said")) == []
    said = (tmp_path / "said").read_text()
    assert said.startswith(f"{folder} ")
    assert "'AFTER_EXPORT_BUCKET': 'trial-exports'" in said
    assert f"'SVAR_EXPORT_FOLDER': '{folder}'" in said
    assert "canary" not in said


def test_each_folder_is_handed_on_in_its_order_and_without_a_command_none(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("b", "a")]
    assert hand_on(folders, "") == hand_on(folders, "  ") == []
    assert hand_on(folders, output_of(tmp_path / "said")) == []
    assert [line.split()[0] for line in (tmp_path / "said").read_text().splitlines()] == list(map(str, folders))


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (python("raise SystemExit(3)"), "ended with 3"),
        ("/nowhere/upload", "did not run"),
        (f"{shlex.quote(sys.executable)} -c 'import time; time.sleep(9)'", "did not run"),
    ],
)
def test_a_command_that_fails_is_told_of(
    run: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.exports.handing_on.LONGEST_SECONDS", 1)
    folder = tmp_path / "2026-04-07"
    assert hand_on([folder], run) == [folder]
    (alert,) = [record.getMessage() for record in caplog.records if record.name == "svar.alert"]
    assert said in alert
    assert str(folder) in alert


SLEEPER = f"{sys.executable!r}, '-c', 'import time; time.sleep(30)'"


def test_a_command_that_says_much_is_heard_to_its_end_and_not_held(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    much = "[os.write(line, b'x' * 65536) for _ in range(1600) for line in (1, 2)]"
    script = f"import os; {much}; os.write(2, b'no room'); os._exit(4)"
    tracemalloc.start()
    try:
        assert hand_on([tmp_path], python(script)) == [tmp_path]
        assert tracemalloc.get_traced_memory()[1] < 2_000_000, "of 105 MB on each line"
    finally:
        tracemalloc.stop()
    (said,) = [record.getMessage() for record in caplog.records if record.name == "svar.exports"]
    assert said.startswith("SVAR_AFTER_EXPORT said: xxx")
    assert said.endswith("xno room")
    assert len(said) < 2100


def test_a_command_that_leaves_something_running_is_over_when_it_ends(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert hand_on([tmp_path], python(f"import subprocess; subprocess.Popen([{SLEEPER}])")) == []
    assert time.monotonic() - begun < 20


def test_what_a_command_began_is_ended_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.exports.handing_on.LONGEST_SECONDS", 1)
    where = tmp_path / "pid"
    begin = f"import subprocess; p = subprocess.Popen([{SLEEPER}])"
    script = f"{begin}; open({str(where)!r}, 'w').write(str(p.pid)); p.wait()"
    assert hand_on([tmp_path], python(script)) == [tmp_path]
    pid, state = int(where.read_text()), "R"
    while state not in "ZX":
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            break
        time.sleep(0.01)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    assert (
        hand_on([tmp_path / "$(touch x); rm"], output_of(tmp_path / "said") + " ';' touch " + str(tmp_path / "x")) == []
    )
    assert not (tmp_path / "x").exists()


@pytest.fixture
def with_command(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    said = tmp_path / "said"
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], after_export=output_of(said)))
    return said


def test_the_clock_hands_on_what_it_exported_once(
    study: Study, session: Session, app: Flask, with_command: Path
) -> None:
    session.commit()
    clock.export(SandboxGateway(app.extensions["settings"]), NOW)
    clock.export(SandboxGateway(app.extensions["settings"]), NOW)
    (line,) = with_command.read_text().splitlines()
    assert line.split()[0].endswith("backtobasic/2026-04-07")


def test_a_study_that_fails_keeps_no_other_ones_export_from_being_handed_on(
    study: Study, session: Session, app: Flask, with_command: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.commit()

    def another_is_due(_: datetime) -> None:
        raise NotExported("another")

    monkeypatch.setattr("app.exports.nightly.check_none_due", another_is_due)
    with pytest.raises(NotExported):
        clock.export(SandboxGateway(app.extensions["settings"]), NOW)
    assert with_command.read_text().split()[0].endswith("backtobasic/2026-04-07")


def test_the_command_line_says_where_handing_on_failed(
    study: Study, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = replace(app.extensions["settings"], after_export=python("raise SystemExit(1)"))
    monkeypatch.setitem(app.extensions, "settings", failing)
    done = command(app, "export", "run", "backtobasic")
    assert done.exit_code == 1
    assert "Exported, and SVAR_AFTER_EXPORT failed for" in done.output
