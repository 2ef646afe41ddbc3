"""`flask clock` in a process of its own, on a machine whose time a test sets while it runs."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from tests.clock.moved import LIBRARIES
from tests.settings import KEY

ROOT = Path(__file__).parents[2]
FAKETIME = next((library for library in LIBRARIES if Path(library).exists()), None)


@dataclass(frozen=True)
class Running:
    """A clock, and the file that says by how many seconds its machine's time is set."""

    process: subprocess.Popen[str]
    file: Path

    def set_time(self, seconds: int) -> None:
        """Set the machine's time, so far from the true one."""
        part = self.file.with_suffix(".part")
        part.write_text(f"{seconds:+d}", "utf-8")
        part.replace(self.file)


@contextmanager
def clock(settings: Settings, file: Path, seconds: int = 0, **environment: str) -> Iterator[Running]:
    """A clock on the test's database; its time is set by libfaketime where Debian's is installed, else by Python."""
    command, moved = _moved(file)
    settings_given = {
        "SVAR_ENV": "development",
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "SVAR_INSTANCE": str(settings.instance),
        "SVAR_EXPORTS": str(settings.exports),
        "FIELD_KEYS": KEY,
    }
    file.write_text(f"{seconds:+d}", "utf-8")
    process = subprocess.Popen(
        [sys.executable, *command, "clock"], cwd=ROOT, env=_outside() | settings_given | moved | environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
    try:
        yield Running(process, file)
    finally:
        process.terminate()
        said = process.communicate(timeout=40)[0]
        print(said)  # pytest shows it where a test fails


def _moved(file: Path) -> tuple[list[str], dict[str, str]]:
    if FAKETIME is None:
        return ["-m", "tests.clock.moved", str(file)], {}
    settings = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    return ["-m", "flask"], settings | {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


def _outside() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "FLASK_RUN_FROM_CLI"}


def until(holds: Callable[[], bool], seconds: float = 150) -> None:
    """Wait until something holds, asking often."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.1)
