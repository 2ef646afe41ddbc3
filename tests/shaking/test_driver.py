"""What the driver makes of names and of what pytest says; the suite itself is not run here."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from tests.shaking import __main__ as driver
from tests.shaking.perturbations import ROUNDS, SUITE, TELLING, WITHOUT_DATABASE, Perturbation, perturbations

TODAY = date(2026, 11, 26)
HERE = ".".join(map(str, sys.version_info[:2]))
ELSEWHERE = Perturbation("python2.7", python="2.7")
"""A Python for which no suite of ours was ever written."""
Shake = Callable[..., tuple[int, list[list[str]]]]


@pytest.fixture
def shake(monkeypatch: pytest.MonkeyPatch) -> Shake:
    """Call the driver, where pytest ends with `status`; the driver's own status, and how it called pytest."""

    def shaking(*arguments: str, status: int = 0) -> tuple[int, list[list[str]]]:
        commands: list[list[str]] = []

        def run(command: list[str], **_: object) -> object:
            commands.append(command)
            return SimpleNamespace(returncode=status)

        monkeypatch.setattr(driver, "installed", lambda _: None)
        monkeypatch.setattr(subprocess, "run", run)
        monkeypatch.setattr(sys, "argv", ["shaking", *arguments])
        return driver.main(), commands

    return shaking


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["jit"], 0, 0),
        (["jit"], 1, 1),
        (["jit"], 2, 1),
        (["jit"], 5, 1),  # no test was run
        (["jit"], -9, 1),
        (["jit", "order"], 0, 0),
        ([], 0, 0),  # the rounds: other Pythons are not installed
        ([], 1, 1),
        (["today"], 0, 0),
        (["today"], 1, 1),
        ([f"python{HERE}"], 0, 0),
    ],
)
def test_the_status_says_whether_all_were_green(arguments: list[str], status: int, expected: int, shake: Shake) -> None:
    assert shake(*arguments, status=status)[0] == expected


def test_one_red_among_green_is_red(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"jit": "green in 1 s", "order": "RED in 2 s", "zone": "green in 3 s"}
    monkeypatch.setattr(driver, "shaken", lambda perturbation, *_: said[perturbation.name])
    monkeypatch.setattr(sys, "argv", ["shaking", *said])
    assert driver.main() == 1
    assert [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()] == [
        list(item) for item in said.items()
    ]


@pytest.mark.parametrize("which", [["jti"], ["jit", "jti"], ["JIT"], ["today", "jit"], [""]])
def test_a_name_that_is_no_perturbation_is_refused(which: list[str], shake: Shake) -> None:
    with pytest.raises(SystemExit, match=r"^Not a perturbation: .*They are: nested, .*order, hashjoin"):
        shake(*which)


def test_a_python_that_was_named_has_to_be_there(shake: Shake) -> None:
    other = next(each for each in perturbations(TODAY) if each.python and each.python != HERE)
    assert shake(other.name) == (1, [])


@pytest.mark.parametrize(("status", "begins"), [(0, "green in 0 s"), (1, "RED in 0 s"), (5, "RED in 0 s")])
def test_what_came_of_the_tests_is_said_in_a_line(status: int, begins: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=status))
    assert driver.shaken(Perturbation("jit"), ["tests"]) == begins
    monkeypatch.setattr(driver, "installed", lambda _: None)
    assert driver.shaken(ELSEWHERE, ["tests"]) == "not installed here: Python 2.7"


def test_pytest_is_called_with_the_perturbation_and_the_tests(shake: Shake) -> None:
    _, (command,) = shake("summer", "--tests", "tests/exports")
    assert command == [
        sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadfile", "-p", "tests.shaking.clock", "tests/exports"
    ]  # fmt: skip
    _, (command,) = shake("summer")
    assert command[-5:] == ["-m", "not slow", "--ignore", "tests/house", *SUITE]


def test_of_the_whole_suite_what_a_planner_cannot_reach_is_left_out(shake: Shake) -> None:
    left_out = [f"--ignore={path}" for path in WITHOUT_DATABASE]
    _, (command,) = shake("hashjoin")
    assert command[-len(left_out) - 3 :] == ["--ignore", "tests/house", *left_out, *SUITE]
    _, (command,) = shake("hashjoin", "--tests", "tests/analysis")
    assert command[-2:] == ["loadfile", "tests/analysis"]


def test_all_are_shaken_in_the_rounds(shake: Shake) -> None:
    status, commands = shake()
    assert (status, len(commands)) == (0, len(ROUNDS))
    assert {command[0] for command in commands} == {sys.executable}, "what is not installed is passed over"


@pytest.mark.parametrize("name", ROUNDS)
def test_the_round_of_the_day_is_run_where_it_tells_the_most(
    name: str, shake: Shake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "of_the_day", lambda *_: name)
    _, (command,) = shake("today")
    assert command[-len(TELLING) - 4 :] == ["-m", "not slow", "--ignore", "tests/house", *TELLING]
    _, (command,) = shake("today", "--tests", "tests/exports")
    assert command[-1:] == ["tests/exports"]


@pytest.mark.parametrize(
    ("perturbation", "expected"),
    [
        (Perturbation("indexed", python="2.7"), "green in 0 s, not installed here: Python 2.7"),
        (Perturbation("indexed"), "green in 0 s"),
        (ELSEWHERE, "not installed here: Python 2.7"),
    ],
    ids=["round", "round of this Python", "alone"],
)
def test_a_round_is_run_without_the_python_that_is_not_there(
    perturbation: Perturbation, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "installed", lambda _: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    assert driver.shaken(perturbation, ["tests"]) == expected


def test_no_day_makes_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """On each day of a month, with every Python there is on the host."""
    ran: list[str] = []
    monkeypatch.setattr(driver, "installed", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(driver, "uv", lambda *_: pytest.fail("an environment is made"))

    def run(command: list[str], **_: object) -> SimpleNamespace:
        ran.append(command[0])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["shaking", "today"])
    for days in range(30):
        monkeypatch.setattr(driver, "datetime", SimpleNamespace(now=lambda _, days=days: Later(days)))
        assert driver.main() == 0
    assert len(ran) == 30


class Later:
    """An instant some days from now, of which only the date is asked."""

    def __init__(self, days: int) -> None:
        self.days = days

    def date(self) -> date:
        return TODAY + timedelta(days=self.days)
