"""A command of the site's own after each export: to S3, by SFTP, into a share, whatever they use.

It is given the folder as its last argument and as SVAR_EXPORT_FOLDER, and of our environment only what a program needs
and what is named AFTER_EXPORT_...; no key and no token of ours. What becomes of it changes nothing of the export.
"""

import logging
import os
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from app.exports.blind_runs import HANDED_ON
from app.exports.models import Snapshot
from app.exports.places import folder_of

alert = logging.getLogger("svar.alert")
log = logging.getLogger("svar.exports")

OWN = "AFTER_EXPORT_"
LONGEST_SECONDS = 900


def folders(snapshots: Iterable[Snapshot]) -> list[Path]:
    """Where these exports lie on this machine."""
    return [folder_of(snapshot) for snapshot in snapshots]


def hand_on(folders: Iterable[Path], command: str) -> list[Path]:
    """Run the command for each folder; returns those where it failed, of which somebody is told."""
    words = shlex.split(command)
    return [folder for folder in folders if words and not _went_well(words, folder)]


def _went_well(words: list[str], folder: Path) -> bool:
    given = {name: text for name, text in os.environ.items() if name in HANDED_ON or name.startswith(OWN)}
    try:
        done = subprocess.run(
            [*words, str(folder)],
            env={**given, "SVAR_EXPORT_FOLDER": str(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        alert.error("SVAR_AFTER_EXPORT did not run for %s: %s", folder, type(error).__name__)
        return False
    if done.returncode:
        log.error("SVAR_AFTER_EXPORT said: %s", done.stderr.decode(errors="replace").strip()[-2000:])
        alert.error("SVAR_AFTER_EXPORT ended with %d for %s; the export itself stands", done.returncode, folder)
    return done.returncode == 0
