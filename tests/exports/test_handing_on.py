"""A site's own command after each export: it gets the folder, no key of ours, and can spoil nothing."""

import shlex
import shutil
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.accounts import tokens
from app.accounts.roles import Permission, Role
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import moved_clock
from app.exports.handing_on import HANDING_ON_LEASE, WAITS, hand_on_due, hand_on_every, run, wait_after
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.exports.replaced import digest_of
from app.messages.gateways.sandbox import SandboxGateway
from app.participants.models import Participant
from app.studies.models import Study
from tests.api.conftest import Program
from tests.exports.builders import answered, visit
from tests.exports.conftest import NOW
from tests.factories import command, user

pytestmark = pytest.mark.usefixtures("tables_only")


def python(script: str) -> str:
    """The command line that runs this."""
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}"


def output_of(where: Path) -> str:
    return python(
        f"import os, sys; open({str(where)!r}, 'a').write(sys.argv[-1] + ' ' + str(dict(os.environ)) + chr(10))"
    )


FAILS = python("raise SystemExit(1)")


def test_the_command_gets_the_folder_and_no_key_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-key")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "canary-token")
    monkeypatch.setenv("AFTER_EXPORT_BUCKET", "trial-exports")
    folder = tmp_path / "backtobasic" / "2026-04-07"
    assert run(output_of(tmp_path / "said"), folder)
    said = (tmp_path / "said").read_text("utf-8")
    assert said.startswith(f"{folder} ")
    assert "'AFTER_EXPORT_BUCKET': 'trial-exports'" in said
    assert f"'SVAR_EXPORT_FOLDER': '{folder}'" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (python("raise SystemExit(3)"), "ended with 3"),
        ("/nowhere/upload", "did not run"),
        (f"{shlex.quote(sys.executable)} -c 'import time; time.sleep(9)'", "did not run"),
    ],
)
def test_a_command_that_fails_is_told_of(
    fails: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.exports.handing_on.LONGEST_SECONDS", 1)
    folder = tmp_path / "2026-04-07"
    assert not run(fails, folder)
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
        assert not run(python(script), tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000, "of 105 MB on each line"
    finally:
        tracemalloc.stop()
    (said,) = [record.getMessage() for record in caplog.records if record.name == "svar.exports"]
    assert said.startswith("SVAR_AFTER_EXPORT said: xxx")
    assert said.endswith("xno room")
    assert len(said) < 2100


def test_a_command_that_leaves_something_running_is_over_when_it_ends(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert run(python(f"import subprocess; subprocess.Popen([{SLEEPER}])"), tmp_path)
    assert time.monotonic() - begun < 20


def test_what_a_command_began_is_ended_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.exports.handing_on.LONGEST_SECONDS", 1)
    where = tmp_path / "pid"
    begin = f"import subprocess; p = subprocess.Popen([{SLEEPER}])"
    script = f"{begin}; open({str(where)!r}, 'w').write(str(p.pid)); p.wait()"
    assert not run(python(script), tmp_path)
    pid, state = int(where.read_text("utf-8")), "R"
    while state not in "ZX":
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0]
        except OSError:
            break
        time.sleep(0.01)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    command_line = output_of(tmp_path / "said") + " ';' touch " + str(tmp_path / "x")
    assert run(command_line, tmp_path / "$(touch x); rm")
    assert not (tmp_path / "x").exists()


def given(app: Flask, monkeypatch: pytest.MonkeyPatch, run: str) -> SandboxGateway:
    """From here on this is the site's own command."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], after_export=run))
    return SandboxGateway(app.extensions["settings"])


def answer_one_more(session: Session) -> None:
    someone = session.scalars(select(Participant).filter_by(code="01-010")).one()
    answered(visit(someone, "d35"), NOW, {"now": 1, "worst": 2, "usual": 3}, "nrs_lbp_week")
    session.commit()


def by_clock(app: Flask, gateway: SandboxGateway, study: Study, session: Session) -> None:
    clock.export(gateway, NOW)


def by_program(app: Flask, gateway: SandboxGateway, study: Study, session: Session) -> None:
    someone = user(study, Role.STATISTICIAN)
    _, secret = tokens.issue(someone, [Permission.DOWNLOAD_EXPORT], NOW + timedelta(days=9), NOW)
    session.commit()
    assert Program(app, secret).post("/studies/backtobasic/snapshots", {}).status_code == 201


def by_hand(app: Flask, gateway: SandboxGateway, study: Study, session: Session) -> None:
    with moved_clock(lambda: NOW):
        assert command(app, "export", "run", "backtobasic").exit_code == 0


@pytest.mark.parametrize("export", [by_clock, by_program, by_hand], ids=lambda way: way.__name__)
def test_whoever_makes_an_export_it_is_handed_on_once_and_again_when_another_takes_its_place(
    export: Callable[[Flask, SandboxGateway, Study, Session], None],
    study: Study, session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    session.commit()
    said = tmp_path / "said"
    gateway = given(app, monkeypatch, output_of(said))
    export(app, gateway, study, session)
    for later in range(3):
        hand_on_every(gateway, NOW + timedelta(days=later))
    (line,) = said.read_text("utf-8").splitlines()
    assert line.split()[0].endswith("backtobasic/2026-04-07")
    answer_one_more(session)
    with acting("user:1"), transaction():
        export_snapshot(session.scalars(select(Study)).one(), NOW + timedelta(hours=1))
    for _ in range(2):
        hand_on_every(gateway, NOW + timedelta(hours=1))
    assert [line.split()[0] for line in said.read_text("utf-8").splitlines()] == [line.split()[0]] * 2


def test_what_fails_is_tried_again_later_each_time_until_it_goes_well(
    study: Study, session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    clock.export(given(app, monkeypatch, ""), NOW)
    tries, at = list[datetime](), NOW
    while at < NOW + timedelta(minutes=40):
        if hand_on_due(FAILS, at):
            tries.append(at)
        at += timedelta(minutes=1)
    minutes = [(at - NOW) // timedelta(minutes=1) for at in tries]
    assert minutes == [0, 1, 6, 36]
    assert len([record for record in caplog.records if record.name == "svar.alert"]) == 4
    much_later = NOW + timedelta(days=2)
    assert hand_on_due(output_of(tmp_path / "said"), much_later) == hand_on_due(FAILS, much_later) == []
    assert len((tmp_path / "said").read_text("utf-8").splitlines()) == 1


@pytest.mark.parametrize(("tries", "wait"), [(1, WAITS[0]), (2, WAITS[1]), (7, WAITS[-1]), (400, timedelta(days=1))])
def test_the_wait_grows_to_a_day(tries: int, wait: timedelta) -> None:
    assert wait_after(tries) == wait


def test_a_machine_that_stops_while_the_command_runs_hands_on_again(
    study: Study, session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.export(given(app, monkeypatch, ""), NOW)

    def stopped(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.exports.handing_on.run", stopped)
    with pytest.raises(KeyboardInterrupt):
        hand_on_due("upload", NOW)
    monkeypatch.undo()
    works = output_of(tmp_path / "said")
    assert hand_on_due(works, NOW + HANDING_ON_LEASE - timedelta(seconds=1)) == []
    assert not (tmp_path / "said").exists(), "another clock may be at it"
    assert hand_on_due(works, NOW + HANDING_ON_LEASE) == []
    assert (tmp_path / "said").exists()


def test_an_export_that_is_replaced_while_the_command_runs_has_its_own_turn(
    study: Study, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.export(given(app, monkeypatch, ""), NOW)
    handed_on = []

    def run_while_it_is_replaced(_: str, folder: Path) -> bool:
        handed_on.append(digest_of(folder))
        if len(handed_on) == 1:
            answer_one_more(session)
            with transaction():
                export_snapshot(session.scalars(select(Study)).one(), NOW + timedelta(minutes=1))
        return True

    monkeypatch.setattr("app.exports.handing_on.run", run_while_it_is_replaced)
    hand_on_due("upload", NOW + timedelta(minutes=1))
    newest = session.scalars(select(Snapshot.manifest_sha256)).one()
    assert handed_on[1:] == [newest] != handed_on[:1]


def test_without_a_command_nothing_waits_for_one_that_comes_later(
    study: Study, session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.export(given(app, monkeypatch, ""), NOW)
    assert hand_on_due("  ", NOW) == hand_on_due(output_of(tmp_path / "said"), NOW) == []
    assert not (tmp_path / "said").exists()


def test_what_is_not_here_any_more_keeps_nothing_else_waiting(
    study: Study, session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = given(app, monkeypatch, "")
    clock.export(gateway, NOW)
    shutil.rmtree(folder_of(session.scalars(select(Snapshot)).one()))
    clock.export(gateway, NOW + timedelta(days=1))
    assert hand_on_due(output_of(tmp_path / "said"), NOW + timedelta(days=1)) == []
    (line,) = (tmp_path / "said").read_text("utf-8").splitlines()
    assert line.split()[0].endswith("2026-04-08")


def test_the_command_line_says_where_handing_on_failed(
    study: Study, session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(app, monkeypatch, FAILS)
    done = command(app, "export", "run", "backtobasic")
    assert done.exit_code == 1
    assert "Exported, and SVAR_AFTER_EXPORT failed for" in done.output
