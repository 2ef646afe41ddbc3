"""Copies for whoever asked: beside the exports, gone when they are closed, refused in words where there is no room."""

import logging
import os
from errno import EACCES, EDQUOT, ENOSPC
from pathlib import Path

import pytest

from app.core.problems import Unavailable
from app.exports import spilling
from app.exports.spilling import SPARE, clear_spares, spare_folder, spilled


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the exports lie; what is kept in memory is short."""
    monkeypatch.setattr(spilling, "exports_folder", lambda: tmp_path / "exports")
    monkeypatch.setattr(spilling, "IN_MEMORY", 3)
    return tmp_path / "exports"


def test_a_large_copy_lies_beside_the_exports_without_a_name(folder: Path) -> None:
    with spilled() as copy:
        copy.write(b"much more than three bytes")
    place = os.readlink(f"/proc/self/fd/{copy.fileno()}")
    assert (place.startswith(f"{folder}/"), list(folder.iterdir())) == (True, [])
    assert copy.read() == b"much more than three bytes"
    copy.close()


@pytest.mark.parametrize("code", [ENOSPC, EDQUOT])
def test_a_full_disk_is_told_to_whoever_asked_and_to_whoever_looks_after_it(
    code: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "svar.alert"), pytest.raises(Unavailable, match="no room"), spilled() as copy:
        raise OSError(code, "full")
    assert copy.closed
    assert [record.getMessage() for record in caplog.records] == [
        "the disk of the exports is full: a download was refused"
    ]


@pytest.mark.parametrize("fault", [OSError(EACCES, "not yours"), KeyError("ours")])
def test_another_fault_stays_what_it_is_and_leaves_nothing_open(fault: Exception) -> None:
    with pytest.raises(type(fault)), spilled() as copy:
        raise fault
    assert copy.closed


def test_a_folder_whose_maker_was_killed_goes_and_that_of_one_at_work_stays(folder: Path) -> None:
    with spare_folder() as at_work:
        (folder / f"{SPARE}left").mkdir()
        (folder / f"{SPARE}left" / "answers.csv").touch()
        (folder / "backtobasic").mkdir()
        assert clear_spares() == 1
        assert sorted(path.name for path in folder.iterdir()) == sorted([at_work.name, "backtobasic"])
    assert [path.name for path in folder.iterdir()] == ["backtobasic"]


def test_where_the_exports_may_only_be_read_the_installations_own_folder_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On another machine's disk, say."""
    monkeypatch.setattr("app.exports.spilling.os.access", lambda *_: False)
    monkeypatch.setattr(spilling, "current_settings", lambda: type("Own", (), {"instance": tmp_path}))
    with spilled() as copy:
        copy.write(b"much more than three bytes")
    assert Path(os.readlink(f"/proc/self/fd/{copy.fileno()}")).parent == tmp_path
    copy.close()
