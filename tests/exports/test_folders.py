"""A folder is written whole or not at all, whatever stood there before."""

from hashlib import sha256
from pathlib import Path

import pytest

from app.exports.folders import HashedFile, keep, part_of, recover, tidy, write

DAY, PART, OLD = "2026-04-07", "2026-04-07.part", "2026-04-07.old"


def made(folder: Path, *names: str) -> Path:
    """A new folder of these files, written beside its place."""
    part = part_of(folder)
    part.mkdir(parents=True)
    for name in names:
        write(part / name, b"new")
    return part


def lay(place: Path, **folders: bytes) -> None:
    """Folders of one file each, by the ending of their name."""
    for ending, content in folders.items():
        folder = place / {"day": DAY, "part": PART, "old": OLD}[ending]
        folder.mkdir()
        (folder / "a.csv").write_bytes(content)


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


@pytest.mark.parametrize(
    "before",
    [
        {},
        {"day": b"1"},
        {"part": b"half"},
        {"day": b"1", "part": b"half"},
        {"old": b"1"},  # a machine stopped between the two renames
        {"day": b"1", "old": b"0"},  # or before the old one was cleared away
        {"day": b"1", "old": b"0", "part": b"half"},
    ],
)
def test_the_new_folder_takes_the_place_of_whatever_was_there(before: dict[str, bytes], tmp_path: Path) -> None:
    lay(tmp_path, **before)
    keep(made(tmp_path / DAY, "a.csv", "b.csv"), tmp_path / DAY)
    assert names(tmp_path) == [DAY]
    assert names(tmp_path / DAY) == ["a.csv", "b.csv"]
    assert (tmp_path / DAY / "a.csv").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("before", "left", "content"),
    [
        ({}, [], None),
        ({"day": b"1"}, [DAY], b"1"),
        ({"old": b"1"}, [DAY], b"1"),
        ({"day": b"1", "old": b"0"}, [DAY], b"1"),
        ({"day": b"1", "part": b"half"}, [DAY, PART], b"1"),
    ],
)
def test_recovering_brings_the_old_folder_back_only_where_it_has_no_successor(
    before: dict[str, bytes], left: list[str], content: bytes | None, tmp_path: Path
) -> None:
    lay(tmp_path, **before)
    recover(tmp_path / DAY)
    assert names(tmp_path) == left
    assert content is None or (tmp_path / DAY / "a.csv").read_bytes() == content


@pytest.mark.parametrize(
    ("before", "cleared", "left"),
    [
        ({}, 0, []),
        ({"day": b"1"}, 0, [DAY]),
        ({"part": b"half"}, 1, []),
        ({"old": b"1"}, 1, [DAY]),
        ({"day": b"1", "old": b"0", "part": b"half"}, 2, [DAY]),
    ],
)
def test_tidying_counts_what_it_puts_right(
    before: dict[str, bytes], cleared: int, left: list[str], tmp_path: Path
) -> None:
    lay(tmp_path, **before)
    for stranger in ("blind", "notes.old", "x.part"):
        (tmp_path / stranger).mkdir()
    assert tidy(tmp_path) == cleared
    assert names(tmp_path) == sorted([*left, "blind", "notes.old", "x.part"])
    assert tidy(tmp_path) == 0


def test_tidying_a_place_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert tidy(tmp_path / "nowhere") == 0


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_fault_while_it_takes_its_place_leaves_the_old_folder_and_no_half(
    fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, day=b"1")

    def fail(self: Path, target: Path) -> Path:
        raise fault

    part = made(tmp_path / DAY, "a.csv")
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(type(fault)):
        keep(part, tmp_path / DAY)
    monkeypatch.undo()
    assert names(tmp_path) == [DAY]
    assert (tmp_path / DAY / "a.csv").read_bytes() == b"1"


def test_a_file_is_hashed_as_it_is_written(tmp_path: Path) -> None:
    with HashedFile(tmp_path / "a.csv") as file:
        file.write(b"one")
        file.write(b"two")
    assert file.facts(7) == {"sha256": sha256(b"onetwo").hexdigest(), "rows": 7, "bytes": 6}
    assert write(tmp_path / "b.csv", b"onetwo", 7) == file.facts(7)
    assert file.closed


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1")
    with pytest.raises(FileExistsError):
        write(tmp_path / "a.csv", b"2")
    assert (tmp_path / "a.csv").read_bytes() == b"1"
