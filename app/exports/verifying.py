"""Holds a folder against its manifest: is what lies there what was exported?"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

from app.exports.manifest import MANIFEST, FileFacts, manifest
from app.exports.signing import SIGNATURE


def verify(folder: Path, manifest_sha256: str | None = None) -> list[str]:
    """Each difference in a sentence; none if every byte is what the manifest, and the database's record of it, say."""
    described = manifest(folder)["files"]
    complaints = [complaint for name in sorted(described) for complaint in _file(folder, name, described[name])]
    described_folders = {str(place) for name in described for place in PurePosixPath(name).parents}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    strangers = present - {*described, MANIFEST, SIGNATURE, *described_folders}
    complaints += [f"{name} was not exported" for name in sorted(strangers)]
    if manifest_sha256 and _digest(folder / MANIFEST) != manifest_sha256:
        complaints.append(f"{MANIFEST} is not the one that was recorded")
    return complaints


def _file(folder: Path, name: str, described: FileFacts) -> Iterator[str]:
    path = folder / name
    if not path.is_file():
        yield f"{name} is missing"
    elif _digest(path) != described["sha256"]:
        yield f"{name} was altered: its SHA-256 is not the manifest's"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        hasher = sha256()
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()
