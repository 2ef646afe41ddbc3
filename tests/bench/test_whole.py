"""`make bench` goes on after a part that fell short, and ends with 1 for it and for one that broke."""

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bench import __main__ as whole
from bench.promises import RESULTS, Bound, Promise, settle

MET = Promise("kept", 1.0, Bound.LEAST, 0.5, "times")
SHORT = Promise("short", 0.4, Bound.LEAST, 0.5, "times")
Part = Callable[[], int]


def leaves(promise: Promise) -> Part:
    def part() -> int:
        with pytest.raises(SystemExit) as ended:
            settle([promise])
        return int(str(ended.value.code))

    return part


def breaks() -> int:
    return 2


@pytest.mark.parametrize(
    ("parts", "code", "sentence"),
    [
        ([leaves(MET), leaves(MET)], 0, ""),
        ([leaves(SHORT), leaves(MET)], 1, "Falls short: short."),
        ([breaks, leaves(MET)], 1, "Did not run to its end: first."),
        ([leaves(MET), breaks], 1, "Did not run to its end: second."),
    ],
)
def test_it_ends_with_1_if_one_part_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], parts: list[Part], code: int, sentence: str
) -> None:
    names = ("first", "second")
    by_name = dict(zip(names, parts, strict=True))
    ran: list[str] = []

    def run(command: list[str], env: dict[str, str], check: bool) -> CompletedProcess[str]:
        assert command[:2] == [sys.executable, "-m"]
        assert Path(env[RESULTS]).parent.is_dir()
        monkeypatch.setenv(RESULTS, env[RESULTS])
        ran.append(command[2].removeprefix("bench."))
        return CompletedProcess(command, by_name[ran[-1]]())

    monkeypatch.setattr(whole, "PARTS", names)
    monkeypatch.setattr("subprocess.run", run)
    with pytest.raises(SystemExit) as ended:
        whole.main()
    assert (ended.value.code, tuple(ran)) == (code, names)
    assert sentence in capsys.readouterr().out


def test_every_part_is_there_to_run() -> None:
    folder = Path(whole.__file__).parent
    assert all((folder / f"{part}.py").is_file() for part in whole.PARTS)
