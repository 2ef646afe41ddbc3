"""The rules of time zones: the newest that this machine has, and which those are.

Python prefers the machine's own files to the package `tzdata`, however old they are: with those of 2025, noon in
Vancouver in November 2026 is reckoned an hour wrong. Here the newer of the two win.

The machine's files may be renewed while a process runs: what it has read it keeps. So the release is the one of what
was read, never of what lies there by now, or windows would be stamped with rules by which nobody reckoned them.
"""

import re
import zoneinfo
from collections.abc import Sequence
from pathlib import Path

_in_use = ""
"""The release of what this process reads; nothing before it was asked for."""
RELEASE = re.compile(r"[12][0-9]{3}[a-z]{1,2}")


def use_newest() -> str:
    """Let the names of zones mean what the newest rules here say; returns their release, such as `2026f`.

    Files of the machine that do not say their release are taken for older ones. Whatever was read of another release
    is forgotten; asked again later, it takes up files that were renewed meanwhile.
    """
    global _in_use
    is_older = bool(zoneinfo.TZPATH) and (release_of_files(zoneinfo.TZPATH) or "") < _packaged()
    if is_older:
        zoneinfo.reset_tzpath(())
    newest = release_of_files(zoneinfo.TZPATH) or _packaged()
    if is_older or newest != _in_use:
        zoneinfo.ZoneInfo.clear_cache()
        _in_use = newest
    return newest


def release() -> str:
    """The release by whose rules this process reckons."""
    return _in_use or use_newest()


def release_of_files(folders: Sequence[str]) -> str | None:
    """What the first folder with zones says of itself; it is the one that Python reads."""
    for folder in map(Path, folders):
        if (folder / "Europe").is_dir() or (folder / "tzdata.zi").is_file():
            return _said(folder / "+VERSION") or _said(folder / "tzdata.zi")
    return None


def _said(file: Path) -> str | None:
    """The release in a file's first line: `2025b`, or `# version 2025b`."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            line = lines.readline(80)
    except OSError:
        return None
    found_release = RELEASE.search(line)
    return found_release[0] if found_release else None


def _packaged() -> str:
    from tzdata import IANA_VERSION  # type: ignore[import-untyped]

    return str(IANA_VERSION)
