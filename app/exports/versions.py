"""Which code wrote an export: the package's version, and the commit where that can be known."""

import os
import subprocess
from functools import cache

from app.config import ROOT
from app.version import VERSION


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
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
