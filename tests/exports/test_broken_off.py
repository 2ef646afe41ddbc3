"""A night that breaks off, by a full disk, a fault or a stop between two renames, leaves the old export whole."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.exports import folders
from app.exports.models import Snapshot
from app.exports.nightly import export_due, export_snapshot, prune
from app.exports.places import folder_of
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.exports.nights import FILES, answer_one_more, read, read_folder
from tests.exports.nights import tables_alone as tables_alone


class Disk:
    """A disk that is full from its n-th file on."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = folders.HashedFile.write

    def write(self, file: folders.HashedFile, block: bytes) -> int:
        if file.tell() == 0:
            if self.room == 0:
                self._write(file, block[: len(block) // 2])
                raise OSError(28, "No space left on device")
            self.room -= 1
        return self._write(file, block)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    full = Disk(0)
    monkeypatch.setattr(folders.HashedFile, "write", lambda file, block: full.write(file, block))
    return full


@pytest.mark.usefixtures("tables_alone")
def test_f24_the_old_export_survives_a_full_disk_at_any_file(study: Study, session: Session, disk: Disk) -> None:
    disk.room = len(FILES)
    first = export_snapshot(study, NOW)
    before = read(first)
    session.commit()
    answer_one_more(session)
    many = len(before)  # written once to see whether they still hold, and once as they are now
    for room in (*range(0, many, 8), many - 1, many, many + 7, 2 * many - 1):
        disk.room = room
        with pytest.raises(OSError, match="No space left"):
            export_snapshot(study, NOW + timedelta(hours=1))
        session.rollback()
        assert read(session.scalars(select(Snapshot)).one()) == before
        assert sorted(path.name for path in folder_of(first).parent.iterdir()) == ["2026-04-07"]
    disk.room = 2 * many
    assert read(export_snapshot(study, NOW + timedelta(hours=2))) != before


@pytest.mark.usefixtures("tables_alone")
def test_f25_a_first_export_that_fails_leaves_nothing(study: Study, session: Session, disk: Disk) -> None:
    disk.room = 3
    assert export_due(NOW) == []
    assert session.scalar(select(func.count(Snapshot.id))) == 0
    disk.room = len(FILES)
    assert [snapshot.day for snapshot in export_due(NOW)] == [date(2026, 4, 7)]


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_f25_the_old_folder_returns_when_the_exchange_breaks_off(
    study: Study, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = export_snapshot(study, NOW)
    before, folder = read(first), folder_of(first)
    session.commit()
    answer_one_more(session)
    rename = Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(OSError, match="Input/output"):
        export_snapshot(study, NOW + timedelta(hours=1))
    assert read_folder(folder) == before


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_f25_a_machine_that_stopped_between_two_renames_finds_its_old_export(study: Study, session: Session) -> None:
    first = export_snapshot(study, NOW)
    before, folder = read(first), folder_of(first)
    session.commit()
    folder.rename(folder.with_name("2026-04-07.old"))
    assert read(export_snapshot(study, NOW + timedelta(hours=1))) == before
    assert sorted(path.name for path in folder.parent.iterdir()) == ["2026-04-07"]


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_f25_what_broken_off_exports_left_is_cleared_away_and_no_old_export_is_lost(
    study: Study, session: Session
) -> None:
    first = export_snapshot(study, NOW)
    before, folder = read(first), folder_of(first)
    for name in ("2026-03-01", "2026-03-02.part", "2026-03-03.old"):
        shutil.copytree(folder, folder.with_name(name))
    shutil.copytree(folder, folder.with_name("2026-03-01.old"))
    (folder.parent / "blind.part").mkdir()
    assert prune(NOW) == 3
    assert prune(NOW) == 0
    left = ["2026-03-01", "2026-03-03", folder.name, "blind.part"]
    assert sorted(path.name for path in folder.parent.iterdir()) == left
    assert read_folder(folder.with_name("2026-03-03")) == before
