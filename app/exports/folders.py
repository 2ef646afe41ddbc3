"""Writes a folder whole or not at all: first beside its place, then into it; what stood there survives any fault."""

import os
import shutil
from pathlib import Path

from app.exports.contents import Contents
from app.exports.manifest import MANIFEST

PRIVATE = 0o750


def keep(contents: Contents, folder: Path) -> None:
    """Write the files and the manifest, then take the place of what stood at `folder`. OSError changes nothing."""
    recover(folder)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True, mode=PRIVATE)
        for name, content in (*contents.files.items(), (MANIFEST, contents.manifest_bytes)):
            (part / name).parent.mkdir(mode=PRIVATE, exist_ok=True)
            write(part / name, content)
        for place in (*sorted(path for path in part.iterdir() if path.is_dir()), part):
            settle(place)
        _exchange(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


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


def write(path: Path, content: bytes) -> None:
    """Write one file, down to the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _exchange(part: Path, folder: Path) -> None:
    aside = _aside(folder)
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
    shutil.rmtree(aside, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def settle(folder: Path) -> None:
    """Let the disk know of the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
