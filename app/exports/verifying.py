"""Holds a folder against its manifest: is what lies there what was exported?"""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.core.problems import BadInput
from app.exports.contents import MANIFEST


def manifest(folder: Path) -> dict[str, Any]:
    """The folder's manifest; BadInput if there is none that can be read."""
    try:
        read = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError:
        raise BadInput(f"{folder} is not an exported folder: {MANIFEST} cannot be read.") from None
    except ValueError:
        read = None
    if not isinstance(read, dict) or not isinstance(read.get("files"), dict):
        raise BadInput(f"{folder / MANIFEST} is damaged: it names no files.")
    return read


def verify(folder: Path, manifest_sha256: str | None = None) -> list[str]:
    """Each difference in a sentence; none if every byte is what the manifest, and the database's record of it, say."""
    described = manifest(folder)["files"]
    found = [complaint for name in sorted(described) for complaint in _file(folder / name, described[name])]
    strangers = {path.name for path in folder.iterdir()} - {*described, MANIFEST}
    found += [f"{name} was not exported" for name in sorted(strangers)]
    if manifest_sha256 and _digest(folder / MANIFEST) != manifest_sha256:
        found.append(f"{MANIFEST} is not the one that was recorded")
    return found


def _file(path: Path, described: dict[str, Any]) -> Iterator[str]:
    if not path.is_file():
        yield f"{path.name} is missing"
    elif _digest(path) != described["sha256"]:
        yield f"{path.name} was altered: its SHA-256 is not the manifest's"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        hasher = sha256()
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()
