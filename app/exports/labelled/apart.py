"""The labelled files of a long night, written by a process of their own while the standards are written by this one.

Both are made of the night's Parquet files alone. A process takes two seconds to begin, so short nights have none, and
of a night that is likely to be long it is begun while the tables are written. It ends with whoever began it, however
that ends.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import NamedTuple

from app.core.child_environments import of_files_alone
from app.exports.labelled.night import LABELLED_FOLDER, LABELLED_TABLES, Written, written
from app.exports.manifest import FileFacts
from app.exports.stored import stored
from app.exports.tables import Shape, Table

CHECKOUT = Path(__file__).resolve().parents[3]
LONG_NIGHT = 20_000
"""From so many rows on the labelled files take longer than a process takes to begin."""
LIBRARIES = ("pandas", "pyreadstat", "pyarrow.parquet", "xlsxwriter")
"""Loaded before it is known what is to be written: they take a second."""
WORKBOOKS = ".workbook-*"
"""What a workbook that is put together lies in; see `app.exports.labelled.excel`."""


class EndedApart(Exception):
    """The process was ended, or ended with a fault that is no fault of the disk."""


class LabelledNight(NamedTuple):
    """What the process is told: the night's folder, whose it is, what explains its tables, and what these are. It so
    needs to load nothing of what we know of a trial, which would take it a second."""

    folder: Path
    study: str
    zone: str
    explained: tuple[Table, Table]
    shapes: tuple[Shape, ...]


def pays(files: Mapping[str, FileFacts]) -> bool:
    """Whether the tables that leave labelled are so long, and there is a second processor."""
    rows = sum(files[f"{name}.csv"]["rows"] for name in LABELLED_TABLES if f"{name}.csv" in files)
    return rows >= LONG_NIGHT and has_second_processor()


def has_second_processor() -> bool:
    """Whether another process works while this one does."""
    return (os.cpu_count() or 1) > 1


class Beside:
    """Another process, which has loaded what it writes with by the time it is told of its night."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def begin(self) -> Connection:
        """Begin it, unless it is there already: the line to it."""
        if self._line is None:
            self._line, theirs = Pipe()
            with theirs:
                command = [sys.executable, "-m", __name__, str(theirs.fileno())]
                self._process = subprocess.Popen(
                    command,
                    cwd=CHECKOUT,
                    env=of_files_alone(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
        return self._line

    def files(self, job: LabelledNight) -> Iterator[Written]:
        """The files, each when it has written it; it is at work from here on."""
        line = self.begin()
        with suppress(BrokenPipeError):  # it was ended, which is told where its files are asked for
            line.send(job)
        return _received(line, job.folder)

    def end(self) -> None:
        """End it, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._line is not None:
            self._line.close()


def frozen(meanings: dict[str, object]) -> MappingProxyType[str, object]:
    """What the codes of a column mean, as the other process is told it."""
    return MappingProxyType(meanings)


ForkingPickler.register(MappingProxyType, lambda meanings: (frozen, (dict(meanings),)))


@contextmanager
def beside() -> Iterator[Beside]:
    """Another process, once it is begun. Whatever happens here, it is ended in the end."""
    other = Beside()
    try:
        yield other
    finally:
        other.end()


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
    except (EOFError, ConnectionResetError):
        for path in [*folder.glob(f"{LABELLED_FOLDER}/*"), *folder.glob(WORKBOOKS)]:
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
    for library in LIBRARIES:
        import_module(library)
    job: LabelledNight = line.recv()
    Thread(target=_end_with, args=(line,), daemon=True).start()
    logging.getLogger("svar").addHandler(_ToParent(line))
    leaving = [shape for shape in job.shapes if shape.name in LABELLED_TABLES]
    try:
        for file in written(job.study, job.zone, stored(job.folder, leaving), job.explained, job.folder):
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
