"""The process that exports hangs before it sets itself a limit, or is deaf to it: whoever started it ends it."""

import os
import time
from pathlib import Path

import pytest

from app.cli import clock as running


@pytest.mark.parametrize("does", ["exec sleep 60", "trap '' ALRM TERM; while :; do sleep 0.05; done"])
def test_f47_a_process_that_hangs_is_ended_and_its_job_has_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str
) -> None:
    program, begun = tmp_path / "python", time.monotonic()
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{does}\n", "utf-8")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    monkeypatch.setattr(running, "LONGEST_SECONDS", 0.2)
    monkeypatch.setattr(running, "GRACE_SECONDS", 0.2)
    with pytest.raises(running.EndedBadly):
        running._run_apart("export")
    assert time.monotonic() - begun < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text("utf-8")), 0)
