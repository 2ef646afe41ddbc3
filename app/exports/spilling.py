"""Copies of exports that are made for a while: beside the exports, and never among the machine's temporary files.

These are a folder that everybody shares, may lie in memory, and are of whatever size somebody gave them. A copy has no
name, so that nothing is left of it after a crash; a folder that has to have one is cleared away by whoever comes next.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO

from app.config import current_settings
from app.core.problems import Unavailable
from app.exports.places import exports_folder

alert = logging.getLogger("svar.alert")

IN_MEMORY = 8 << 20
SPARE = ".spare-"
NO_ROOM = "There is no room for this copy on the server's disk just now. Tell whoever runs the service."


@contextmanager
def spilled() -> Iterator[IO[bytes]]:
    """A file for whoever asked, who closes it: in memory while it is small, then without a name on the disk.

    Unavailable where the disk is full, and somebody is told.
    """
    file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(_folder()))  # noqa: SIM115 - whoever asked closes it
    try:
        yield file
        file.seek(0)
    except OSError as fault:
        file.close()
        if fault.errno not in (ENOSPC, EDQUOT):
            raise
        alert.error("the disk of the exports is full: a download was refused")
        raise Unavailable(NO_ROOM, retry_after=600) from None
    except BaseException:
        file.close()
        raise


@contextmanager
def spare_folder() -> Iterator[Path]:
    """A folder of our own that goes when this ends; it is held, so that `clear_spares` leaves it."""
    with TemporaryDirectory(dir=_folder(), prefix=SPARE) as place:
        handle = os.open(place, os.O_RDONLY)
        try:
            flock(handle, LOCK_EX)
            yield Path(place)
        finally:
            os.close(handle)


def clear_spares() -> int:
    """Clear away the folders whose makers ended before they could; returns how many there were."""
    return sum(_cleared(place) for place in sorted(_folder().glob(f"{SPARE}*")))


def _cleared(place: Path) -> bool:
    handle = os.open(place, os.O_RDONLY)
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:  # somebody is at work in it
        return False
    else:
        shutil.rmtree(place, ignore_errors=True)
        return True
    finally:
        os.close(handle)


def _folder() -> Path:
    """The exports' folder; where this process may only read that, the installation's own."""
    exports = exports_folder()
    exports.mkdir(parents=True, mode=0o750, exist_ok=True)
    return exports if os.access(exports, os.W_OK) else current_settings().instance
