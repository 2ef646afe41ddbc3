"""A command of the site's own after each export: to S3, by SFTP, into a share, whatever they use.

Whatever becomes a day's export is handed on, whether the clock, a program or a person asked for it: the row of the
export says what the command was last given. Where it fails it is tried again, later each time, for as long as the
export lies here.

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
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy import or_, select

from app.config import current_settings
from app.core.audit import acting
from app.core.child_environments import HANDED_ON
from app.core.database import db, transaction
from app.exports.models import Snapshot
from app.exports.places import folder_of

alert = logging.getLogger("svar.alert")
log = logging.getLogger("svar.exports")

OWN_SETTINGS = "AFTER_EXPORT_"
LONGEST_SECONDS = 900
HANDING_ON_LEASE = timedelta(seconds=LONGEST_SECONDS, minutes=5)
"""So long is an export claimed: what is not settled then is handed on again."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 720, 1440))
"""After the first try that failed, the second...; then every day."""
EVERY_SECONDS = 0.1
"""So often we look whether the command has ended."""
LONGEST_SAID, PIPE = 2000, 1 << 16
"""So much of what it said is logged, and so much waits in a pipe."""


class Waiting(NamedTuple):
    """An export that is ours for a while, to be handed on."""

    id: int
    manifest_sha256: str
    folder: Path
    tries: int


def hand_on_every(_: object, now: datetime) -> list[Path]:
    """What the clock does: the same with the command that is set."""
    return hand_on_due(current_settings().after_export, now)


def hand_on_due(command: str, now: datetime) -> list[Path]:
    """Hand on every export that waits for it at `now`, whoever asked for it; returns the folders where that failed.

    Any number of clocks may do so at once. Where there is no command, nothing waits for one that comes later.
    """
    failed = list[Path]()
    with acting("clock"):
        while waiting := _claimed(command, now):
            failed += hand_on(waiting, command, now)
    return failed


def _claimed(command: str, now: datetime) -> list[Waiting]:
    """The next that waits. What is not on this machine any more, or has no command to wait for, waits no longer."""
    with transaction():
        waits = Snapshot.handed_on_sha256.is_distinct_from(Snapshot.manifest_sha256)
        is_due = or_(Snapshot.hand_on_from.is_(None), Snapshot.hand_on_from <= now)
        due = select(Snapshot).where(waits, is_due).order_by(Snapshot.day, Snapshot.id)
        for snapshot in db.session.scalars(due.with_for_update(key_share=True, skip_locked=True)):
            if command.strip() and folder_of(snapshot).is_dir():
                return claim([snapshot], now)
            snapshot.handed_on_sha256 = snapshot.manifest_sha256
        return []


def claim(snapshots: Collection[Snapshot], now: datetime) -> list[Waiting]:
    """Take those that were not handed on as they are, so that nobody else does meanwhile. If the machine stops before
    it is said what became of one, it is handed on again: rather twice than never."""
    waiting = [snapshot for snapshot in snapshots if snapshot.handed_on_sha256 != snapshot.manifest_sha256]
    for snapshot in waiting:
        snapshot.hand_on_from, snapshot.hand_on_tries = now + HANDING_ON_LEASE, snapshot.hand_on_tries + 1
    db.session.flush()
    return [Waiting(row.id, row.manifest_sha256, folder_of(row), row.hand_on_tries) for row in waiting]


def hand_on(exports: Iterable[Waiting], command: str, now: datetime) -> list[Path]:
    """Run the command for each that was claimed, and note what became of it; returns the folders where it failed, of
    which somebody is told."""
    failed = list[Path]()
    for export in exports:
        went_well = run(command, export.folder)
        with transaction():
            _settle(export, now, went_well=went_well)
        if not went_well:
            failed.append(export.folder)
    return failed


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries that failed (pure)."""
    return WAITS[min(tries, len(WAITS)) - 1]


def _settle(export: Waiting, now: datetime, *, went_well: bool) -> None:
    """Note what became of it. If another has taken its place meanwhile, that waits for its own turn."""
    row = db.session.get(Snapshot, export.id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        return
    if went_well:
        row.handed_on_sha256 = export.manifest_sha256
    if row.manifest_sha256 == export.manifest_sha256:
        row.hand_on_from = None if went_well else now + wait_after(export.tries)
        row.hand_on_tries = 0 if went_well else export.tries


def run(command: str, folder: Path) -> bool:
    """Run the command for this folder, if there is one; whether it went well. If not, somebody is told."""
    words = shlex.split(command)
    if not words:
        return True
    given = {name: text for name, text in os.environ.items() if name in HANDED_ON or name.startswith(OWN_SETTINGS)}
    try:
        code, said = _ran([*words, str(folder)], {**given, "SVAR_EXPORT_FOLDER": str(folder)})
    except (OSError, subprocess.TimeoutExpired) as error:
        alert.error("SVAR_AFTER_EXPORT did not run for %s: %s", folder, type(error).__name__)
        return False
    if code:
        log.error("SVAR_AFTER_EXPORT said: %s", said)
        alert.error("SVAR_AFTER_EXPORT ended with %d for %s; the export itself stands", code, folder)
    return code == 0


def _ran(words: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
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
