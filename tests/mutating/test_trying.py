"""A planted mistake reaches the tests that import the module, and their verdict comes back."""

import subprocess
import sys

import pytest

from tests.mutating.trying import ROOT, TOO_LONG, forked

ONE = """
import ast
from tests.mutating.trying import Planted, path_of, try_mutant

tree = ast.parse(path_of("app.schedule.calendar").read_text("utf-8").replace({sound!r}, {wrong!r}, 1))
print("status", try_mutant(Planted("app.schedule.calendar", tree), ["tests/schedule/test_calendar.py"], "none", 60))
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
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"status {status}\n"


def test_a_mistake_that_never_ends_is_ended() -> None:
    def work() -> int:
        while True:
            pass

    assert forked(work, 0.2) == TOO_LONG
