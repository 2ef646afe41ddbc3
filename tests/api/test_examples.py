"""The first steps of docs/api.md are run as they stand there, against a service on this machine."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app.accounts.roles import Permission, Role
from app.core.time import moved_clock
from app.responses.models import Score
from tests.api.conftest import Programs
from tests.exports.conftest import NOW

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
ADDRESS = "https://svar.example.org"
EXAMPLES = dict(re.findall(r"^```(sh|python|r)\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))
RUN_BY = {"sh": ["/bin/sh", "-c"], "python": [sys.executable, "-c"], "r": ["/usr/bin/Rscript", "-e"]}


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with moved_clock(lambda: NOW):
        yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def has_httr2() -> bool:
    """Whether R is here, with what the example loads."""
    if not Path(RUN_BY["r"][0]).exists():
        return False
    asked_r = [*RUN_BY["r"], "quit(status = !requireNamespace('httr2', quietly = TRUE))"]
    return subprocess.run(asked_r, capture_output=True, check=False).returncode == 0


def output(language: str, address: str, token: str) -> str:
    script = EXAMPLES[language].replace(ADDRESS, address)
    assert ADDRESS not in script
    assert address in script
    environment = {"PATH": "/usr/bin:/bin", "SVAR_TOKEN": token, "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        [*RUN_BY[language], script], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_line_of_curl(program: Programs, address: str) -> None:
    holder = program(Role.STATISTICIAN, Permission.VIEW_COMPLIANCE)
    assert output("sh", address, holder.token).startswith('{"as_of":"2026-04-07T09:00:00Z"')


def test_the_script_of_python(program: Programs, address: str, session: Session) -> None:
    holder = program(Role.STATISTICIAN)
    current = session.scalars(select(Score.id).where(Score.superseded_at.is_(None)).order_by(Score.id)).all()
    assert output("python", address, holder.token) == f"{len(current)} scores\n"


def test_the_script_of_r(program: Programs, address: str) -> None:
    if not has_httr2():
        pytest.skip("R's httr2 is not installed here")
    assert "d28" in output("r", address, program(Role.STATISTICIAN).token)
