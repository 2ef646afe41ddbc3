"""A command of the site's own after each export: to S3, by SFTP, into a share, whatever they use.

It is given the folder as its last argument and as SVAR_EXPORT_FOLDER, and of our environment only what a program needs
and what is named AFTER_EXPORT_...; no key and no token of ours. What becomes of it changes nothing of the export.
"""

import logging
import os
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from app.exports.blind_runs import HANDED_ON
from app.exports.models import Snapshot
from app.exports.places import folder_of

alert = logging.getLogger("svar.alert")
log = logging.getLogger("svar.exports")

OWN = "AFTER_EXPORT_"
LONGEST_SECONDS = 900
EVERY_SECONDS = 0.1
"""So often we look whether the command has ended."""
LONGEST_SAID, PIPE = 2000, 1 << 16
"""So much of what it said is logged, and so much waits in a pipe."""


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
        code, said = _run([*words, str(folder)], {**given, "SVAR_EXPORT_FOLDER": str(folder)})
    except (OSError, subprocess.TimeoutExpired) as error:
        alert.error("SVAR_AFTER_EXPORT did not run for %s: %s", folder, type(error).__name__)
        return False
    if code:
        log.error("SVAR_AFTER_EXPORT said: %s", said)
        alert.error("SVAR_AFTER_EXPORT ended with %d for %s; the export itself stands", code, folder)
    return code == 0


def _run(words: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """What the command ended with, and the last that it said. Whatever it says, we hold no more than that; it is over
    when the command is, whatever that leaves running; and at the end of the time all that it began is ended with it."""
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    tail, deadline = b"", time.monotonic() + LONGEST_SECONDS
    with process.stderr as line:
        os.set_blocking(line.fileno(), False)
        while process.poll() is None:
            tail = (tail + _said(line, EVERY_SECONDS))[-LONGEST_SAID:]
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise subprocess.TimeoutExpired(words[:1], LONGEST_SECONDS)
        tail = (tail + _said(line, 0))[-LONGEST_SAID:]
    return process.returncode, tail.decode(errors="replace").strip()


def _said(line: IO[bytes], seconds: float) -> bytes:
    """What is said on the line within so many seconds, at most what a pipe holds."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(line, selectors.EVENT_READ)
        if not waiting.select(seconds):
            return b""
    said = os.read(line.fileno(), PIPE)
    if not said:
        time.sleep(seconds)  # it closed its line and goes on
    return said
