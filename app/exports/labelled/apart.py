"""The labelled files of a long night, written by a process of their own while the standards are written by this one.

Both are made of the night's Parquet files alone. A process takes two seconds to begin, so short nights have none. It
ends with whoever began it, however that ends.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from app.config import ROOT
from app.exports import codebook, codes
from app.exports.labelled.night import FOLDER, NAMES, Written, written
from app.exports.manifest import FileFacts
from app.exports.shapes import SHAPES
from app.exports.stored import stored
from app.exports.tables import Cell, Table

LONG_NIGHT = 20_000
"""From so many rows on the labelled files take longer than a process takes to begin."""
WORKBOOKS = ".workbook-*"
"""What a workbook that is put together lies in; see `app.exports.labelled.excel`."""
Columns = tuple[tuple[Cell, ...], ...]


class EndedApart(Exception):
    """The process was ended, or ended with a fault that is no fault of the disk."""


class LabelledNight(NamedTuple):
    """What the process is told: the night's folder, whose it is, and what explains its tables."""

    folder: Path
    study: str
    zone: str
    book: Columns
    meanings: Columns


def pays(files: Mapping[str, FileFacts]) -> bool:
    """Whether the tables that leave labelled are so long, and there is a second processor."""
    rows = sum(files[f"{name}.csv"]["rows"] for name in NAMES if f"{name}.csv" in files)
    return rows >= LONG_NIGHT and (os.cpu_count() or 1) > 1


@contextmanager
def begun(job: LabelledNight) -> Iterator[Iterator[Written]]:
    """The files, each when the other process has written it. Whatever happens here, it is ended in the end."""
    ours, theirs = Pipe()
    with ours:
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno())]
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        try:
            ours.send(job)
            yield _received(ours, job.folder)
        finally:
            process.kill()
            process.wait()


def _received(line: Connection, folder: Path) -> Iterator[Written]:
    """What the other process tells, to its end; its log is ours. What it left half written when it was ended goes."""
    complete = set[Path]()
    try:
        while (message := line.recv()) is not None:
            if isinstance(message, Exception):
                raise message
            if isinstance(message, logging.LogRecord):
                logging.getLogger(message.name).handle(message)
            else:
                complete.add(folder / message[0])
                yield message
    except EOFError:
        for path in [*folder.glob(f"{FOLDER}/*"), *folder.glob(WORKBOOKS)]:
            if path.is_dir():
                shutil.rmtree(path)
            elif path not in complete:
                path.unlink()
        raise EndedApart("the process that writes labelled files was ended") from None


class _ToParent(QueueHandler):
    """Sends what is logged to the process that began this one."""

    def __init__(self, line: Connection) -> None:
        super().__init__(SimpleQueue())
        self._line = line

    def enqueue(self, record: logging.LogRecord) -> None:
        self._line.send(record)


def main(line: Connection) -> None:
    """Write the files that are asked for on this line, and tell of each."""
    job: LabelledNight = line.recv()
    Thread(target=_end_with, args=(line,), daemon=True).start()
    logging.getLogger("svar").addHandler(_ToParent(line))
    leaving = [shape for shape in SHAPES if shape.name in NAMES and (job.folder / f"{shape.name}.parquet").is_file()]
    book, meanings = Table(codebook.SHAPE, job.book), Table(codes.SHAPE, job.meanings)
    try:
        for file in written(job.study, job.zone, stored(job.folder, leaving), (book, meanings), job.folder):
            line.send(file)
    except OSError as fault:
        line.send(fault)
    except Exception as fault:  # whatever it is, it may not be one that can be sent
        line.send(EndedApart(type(fault).__name__))
    line.send(None)


def _end_with(line: Connection) -> None:
    """Nothing more is said on the line: when it breaks, whoever began this process is gone."""
    try:
        line.recv()
    except (EOFError, OSError):
        os._exit(1)


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
