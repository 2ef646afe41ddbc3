"""The labelled files of a long night by another process: the same files, and what becomes of a fault on either side."""

import logging
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

import pytest

from app.config import ROOT
from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.labelled.apart import LONG_NIGHT, Beside, EndedApart, LabelledNight, _received, beside, pays
from app.exports.labelled.night import labelled_files
from app.exports.manifest import FileFacts
from app.exports.shapes import SCORES
from app.exports.tables import table
from tests.exports.builders import parquet_of
from tests.exports.labelled.test_night import answers, row
from tests.exports.test_codebook import asking

FACTS = FileFacts(sha256="0", rows=1, bytes=1)


def test_another_process_writes_the_same_files_and_its_log_is_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refused = table(SCORES, [row(SCORES, participant="01-001", value=Decimal(-950))])
    data = replace(asking("rmdq"), tables=(answers(), refused))
    for each in data.tables:
        (tmp_path / f"{each.name}.parquet").write_bytes(parquet_of(each))
    book, meanings, shapes = codebook(data), codes(data), tuple(each.shape for each in data.tables)
    (tmp_path / "beside").mkdir()
    with caplog.at_level(logging.ERROR, "svar.alert"):
        expected = dict(labelled_files(data, (book, meanings), tmp_path / "beside"))
        said = [record.getMessage() for record in caplog.records]
        caplog.clear()
        with beside() as other:
            other.begin()
            assert other.begin() is other.begin(), "once"
            files = other.files(LabelledNight(tmp_path, data.study, data.zone, (book, meanings), shapes))
            assert dict(files) == expected
    assert [record.getMessage() for record in caplog.records] == said != []
    assert "labelled/answers.sav" in expected


def test_what_a_process_that_was_ended_left_half_written_goes(tmp_path: Path) -> None:
    for name in ("labelled/scores.sav", "labelled/scores.dta", ".workbook-1/rows", "scores.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    ours, theirs = Pipe()
    theirs.send(("labelled/scores.sav", FACTS))
    theirs.close()
    files = _received(ours, tmp_path)
    assert next(files) == ("labelled/scores.sav", FACTS)
    with pytest.raises(EndedApart):
        next(files)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["labelled/scores.sav", "scores.csv"]


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), EndedApart("KeyError")])
def test_a_fault_of_the_other_process_is_ours(fault: Exception, tmp_path: Path) -> None:
    ours, theirs = Pipe()
    theirs.send(fault)
    with pytest.raises(type(fault)) as raised:
        next(_received(ours, tmp_path))
    assert str(raised.value) == str(fault)


@pytest.mark.parametrize(
    ("rows", "processors", "expected"),
    [
        ({"answers.csv": LONG_NIGHT}, 2, True),
        ({"answers.csv": LONG_NIGHT}, 1, False),
        ({"answers.csv": LONG_NIGHT - 1}, 2, False),
        ({"answers.csv": LONG_NIGHT - 2, "scores.csv": 1, "analysis.csv": 1}, 2, True),
        ({"messages.csv": LONG_NIGHT}, 2, False),
        ({}, 2, False),
    ],
)
def test_a_process_is_begun_where_the_night_is_long_and_there_is_a_second_processor(
    rows: dict[str, int], processors: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    assert pays({name: FileFacts(sha256="", rows=count, bytes=0) for name, count in rows.items()}) is expected


def test_a_fault_on_this_side_ends_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun_processes: list[Any] = []
    real = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> Any:
        begun_processes.append(real(*arguments, **options))
        return begun_processes[-1]

    monkeypatch.setattr("app.exports.labelled.apart.subprocess.Popen", noted)

    def broken_off() -> None:
        with beside() as other:
            other.begin()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [process.returncode for process in begun_processes] == [-9]


def test_a_process_that_was_ended_before_it_was_told_is_told_of_as_any(tmp_path: Path) -> None:
    with beside() as other:
        other.begin()
        assert other._process is not None
        other._process.kill()
        other._process.wait()
        with pytest.raises(EndedApart):
            next(other.files(LabelledNight(tmp_path, "trial", "UTC", (answers(), answers()), ())))


def test_the_process_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[dict[str, str]]()

    def begins(*_: object, env: dict[str, str], **__: object) -> None:
        begun.append(env)

    monkeypatch.setenv("FIELD_KEYS", "1:made-up")
    monkeypatch.setenv("A_TOKEN_OF_OTHERS", "made up")
    monkeypatch.setattr("app.exports.labelled.apart.subprocess.Popen", begins)
    Beside().begin()
    assert [("PATH" in env, "made up" in " ".join(env.values()), "FIELD_KEYS" in env) for env in begun] == [
        (True, False, False)
    ]


def test_nothing_is_begun_for_nobody() -> None:
    with beside() as other:
        pass
    assert other._process is None


def test_the_process_loads_nothing_of_what_we_know_of_a_trial() -> None:
    names = "[name for name in sys.modules if name.startswith(('sqlalchemy', 'flask', 'app.messages'))]"
    command = [sys.executable, "-c", f"import sys, app.exports.labelled.apart; assert {names} == [], {names}"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
