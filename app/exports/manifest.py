"""The manifest of an export: what it says, and how it is read back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, TypeGuard

from app.core.problems import BadInput

MANIFEST = "manifest.json"


class Version(TypedDict):
    """A version of the protocol, and the SHA-256 of its file."""

    version: str
    sha256: str


class SealHead(TypedDict):
    """The newest link of the audit trail's chain of seals."""

    number: int
    last_entry: int
    hash: str


class AuditHead(TypedDict):
    """The newest entry of the audit trail about exported tables, with its SHA-256, and the newest seal."""

    entry: int | None
    sha256: str | None
    seal: SealHead | None


class FileFacts(TypedDict):
    """What the manifest says of a file."""

    sha256: str
    rows: int
    bytes: int


class Manifest(TypedDict):
    """What an export is of, and every file of it."""

    study: str
    as_of: str
    protocol: Version
    protocols: list[Version]
    code_version: str
    schema_version: str
    libraries: Mapping[str, str]
    """The versions of those that wrote the files."""
    practice: bool
    """Whether its people were made up, to practise; a trial's export is never of them."""
    audit: AuditHead
    left_out: list[str]
    """A sentence for each file that its format does not take."""
    files: Mapping[str, FileFacts]


def manifest(folder: Path) -> Manifest:
    """The folder's manifest; BadInput if there is none that can be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError:
        raise BadInput(f"{folder} is not an exported folder: {MANIFEST} cannot be read.") from None
    except ValueError:
        content = None
    if not _is_manifest(content):
        raise BadInput(f"{folder / MANIFEST} is damaged: it names no files.")
    return content


def _is_manifest(content: object) -> TypeGuard[Manifest]:
    """Whether it names files; what else it says is shown as it stands."""
    return isinstance(content, dict) and isinstance(content.get("files"), dict)
