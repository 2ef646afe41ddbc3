"""What a machine is without stands in the log of continuous integration, one line for each."""

import subprocess
import sys

import pytest

from tests.absent import PROGRAMS, absent
from tests.web.serving import ROOT


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_is_not_here_is_named_with_what_is_not_tried(program: str) -> None:
    assert list(absent(lambda name: name != program, True, True)) == [f"No {program} here, so {PROGRAMS[program]}."]


@pytest.mark.parametrize(
    ("faketime", "namespaces", "named"),
    [
        (True, True, []),
        (False, True, ["libfaketime"]),
        (True, False, ["netns"]),
        (False, False, ["libfaketime", "netns"]),
    ],
)
def test_what_is_no_program_is_named_too(faketime: bool, namespaces: bool, named: list[str]) -> None:
    lines = list(absent(lambda _: True, faketime, namespaces))
    assert len(lines) == len(named)
    assert all(name in line for name, line in zip(named, lines, strict=True))


def test_continuous_integration_says_it_before_it_tries_anything() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    said = next(number for number, line in enumerate(lines) if "-m tests.absent" in line)
    assert said < lines.index("make test")


def test_it_is_said_in_full_sentences() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.absent"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert all(line.startswith(("No ", "Nothing ")) and line.endswith(".") for line in said.stdout.splitlines())
    assert said.stdout
