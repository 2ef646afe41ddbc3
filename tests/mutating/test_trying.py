"""A planted mistake reaches the tests that import the module, and their verdict comes back."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from tests.mutating.__main__ import KILLED, SURVIVED
from tests.mutating.trying import CRASHED, INTERRUPTED, ROOT, TOO_LONG, UNREACHABLE, Watching, forked, is_no_answer

ONE = """
import ast
from tests.mutating.trying import Planted, path_of, try_modules

tree = ast.parse(path_of("app.schedule.calendar").read_text("utf-8").replace({sound!r}, {wrong!r}, 1))
print("status", try_modules([Planted("app.schedule.calendar", tree)], ["tests/schedule/test_calendar.py"], "none", 60))
"""


@pytest.mark.parametrize(
    ("sound", "wrong", "status"),
    [
        ("", "", 0),
        ("timedelta(days=1)", "timedelta(days=2)", 1),
        ("import UTC, ", "import UTD, ", 2),  # the module cannot be imported
    ],
)
def test_the_tests_judge_the_module_that_was_planted(sound: str, wrong: str, status: int) -> None:
    program = ONE.format(sound=sound, wrong=wrong)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"status {status}\n"


def test_a_mistake_that_never_ends_is_ended() -> None:
    def work() -> int:
        while True:
            pass

    assert forked(work, 0.2) == TOO_LONG


def raises() -> int:
    raise ValueError("not the tests' doing")


def is_shot() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def hangs_up() -> int:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs us may have told us not to hear it
    os.kill(os.getpid(), signal.SIGHUP)
    return 0


@pytest.mark.parametrize(("work", "status"), [(raises, CRASHED), (is_shot, -9), (hangs_up, -1)])
def test_a_fork_that_breaks_down_says_nothing_of_the_mistake(work: Callable[[], int], status: int) -> None:
    assert forked(work, 60) == status
    assert status not in (SURVIVED, *KILLED)


def refused() -> psycopg.OperationalError:
    """What psycopg says of a port where nobody listens."""
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
    return caught.value


def behind(error: Exception) -> Exception:
    """As SQLAlchemy hands on what psycopg raised."""
    try:
        raise OperationalError("SELECT 1", {}, error) from error
    except OperationalError as wrapped:
        return wrapped


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(), True),
        (behind(refused()), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.CannotConnectNow(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.errors.QueryCanceled(), False),  # a statement that a mistake makes slow
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.DeadlockDetected(), False),
        (behind(psycopg.errors.QueryCanceled()), False),
        (psycopg.errors.UniqueViolation(), False),
        (AssertionError(), False),
        (None, False),
    ],
)
def test_a_database_that_does_not_answer_is_known_from_one_that_refuses(
    error: BaseException | None, expected: bool
) -> None:
    assert is_no_answer(error) is expected


@pytest.mark.parametrize(
    ("status", "uncollected", "unreachable", "expected"),
    [
        (0, False, False, 0),
        (1, False, False, 1),
        (1, False, True, UNREACHABLE),
        (2, True, False, 2),
        (2, False, False, INTERRUPTED),
        (2, True, True, UNREACHABLE),
        (3, False, False, 3),
        (4, False, False, 4),
        (5, False, False, 5),
    ],
)
def test_what_pytests_status_leaves_open_is_told_apart(
    status: int, uncollected: bool, unreachable: bool, expected: int
) -> None:
    watching = Watching()
    watching.uncollected, watching.unreachable = uncollected, unreachable
    assert watching.told_apart(status) == expected


WITHOUT_DATABASE = """
import sys
from pathlib import Path
from tests.mutating.trying import run_tests

Path(sys.argv[1], "test_reaching.py").write_text('''
import psycopg
def test_reaching():
    psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
''')
print("status", run_tests([sys.argv[1], "--rootdir", sys.argv[1], "-c", "/dev/null"], "none", sys.stderr))
"""


def test_tests_without_their_database_kill_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_DATABASE, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"status {UNREACHABLE}\n", done.stderr
