"""Which code wrote an export: the package's version, and the commit where that can be known."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from app.config import ROOT
from app.version import VERSION

WRITERS = ("pandas", "psycopg", "pyarrow", "pyreadstat", "XlsxWriter")
"""The libraries that decide the bytes of a file."""


@cache
def library_versions() -> Mapping[str, str]:
    """The version of each library that writes."""
    return {name: version(name) for name in WRITERS}


@cache
def code_version() -> str:
    """`0.1.0+<commit>`; `.dirty` where tracked files were changed. SVAR_COMMIT names it where there is no git."""
    commit = _git_commit() or os.environ.get("SVAR_COMMIT", "").strip()
    return f"{VERSION}+{commit}" if commit else VERSION


def _git_commit() -> str:
    if not (ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=.dirty", "--exclude=*", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
