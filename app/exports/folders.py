"""Writes a folder whole or not at all: first beside its place, then into it; what stood there survives any fault."""

import os
import shutil
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from app.exports.manifest import FileFacts

PRIVATE = 0o750
GATHERED = 1 << 16
"""So many bytes are written at once."""


class HashedFile:
    """A new file, hashed as it is written, down to the disk when it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._hasher, self._bytes = sha256(), 0

    @property
    def closed(self) -> bool:
        return self._file.closed

    def write(self, block: bytes) -> int:
        """Write all of it."""
        self._file.write(block)
        self._hasher.update(block)
        self._bytes += len(block)
        return len(block)

    def flush(self) -> None:
        """Nothing waits in us."""

    def tell(self) -> int:
        """How much was written."""
        return self._bytes

    def facts(self, rows: int) -> FileFacts:
        """What a manifest says of it."""
        return FileFacts(sha256=self._hasher.hexdigest(), rows=rows, bytes=self._bytes)

    def close(self) -> None:
        """Down to the disk."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def __enter__(self) -> "HashedFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.close()
        self._file.close()


def keep(part: Path, folder: Path, aside: Path | None = None) -> None:
    """Let the folder that was written beside it take the place of what stood at `folder`, which goes, or lies at
    `aside` from then on. OSError changes nothing."""
    recover(folder)
    try:
        _exchange(part, folder, aside or _aside(folder))
        if aside is not None:
            settle(aside.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def part_of(folder: Path) -> Path:
    """Where a folder is written before it takes its place; what somebody left there is cleared away."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    return part


def recover(folder: Path) -> None:
    """Put the old folder back, where a machine stopped between the two renames of an exchange."""
    aside = _aside(folder)
    if aside.exists() and not folder.exists():
        aside.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def tidy(place: Path) -> int:
    """Put right what machines that stopped left in `place`: halves go, an old folder comes back if it has no successor.

    For the holder of the export's lock, under which nobody writes here. Returns how many there were.
    """
    parts, olds = list(place.glob("????-??-??.part")), list(place.glob("????-??-??.old"))
    for part in parts:
        shutil.rmtree(part)
    for old in olds:
        recover(old.with_suffix(""))
    return len(parts) + len(olds)


def write(path: Path, content: bytes, rows: int = 0) -> FileFacts:
    """Write one file, down to the disk."""
    path.parent.mkdir(mode=PRIVATE, exist_ok=True)
    with HashedFile(path) as file:
        file.write(content)
    return file.facts(rows)


def write_blocks(path: Path, blocks: Iterable[bytes], rows: int) -> FileFacts:
    """Write one file block by block, down to the disk; a fault on the way leaves nothing of it."""
    path.parent.mkdir(mode=PRIVATE, exist_ok=True)
    try:
        with HashedFile(path) as file:
            for block in _gathered(blocks):
                file.write(block)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return file.facts(rows)


def _gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer blocks: many come line by line."""
    waiting = bytearray()
    for block in blocks:
        waiting += block
        if len(waiting) >= GATHERED:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def settle_all(folder: Path) -> None:
    """Let the disk know of the names in a folder and in those within it."""
    for place in (*sorted(path for path in folder.iterdir() if path.is_dir()), folder):
        settle(place)


def _exchange(part: Path, folder: Path, aside: Path) -> None:
    if not folder.exists():
        part.rename(folder)
    else:
        folder.rename(aside)
        try:
            part.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
    settle(folder.parent)
    shutil.rmtree(_aside(folder), ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def settle(folder: Path) -> None:
    """Let the disk know of the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
