"""Processor time of a piece of work, ours and PostgreSQL's: what it costs, whatever else the machine does meanwhile."""

import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def seconds(work: Callable[[], object], database: str) -> float:
    """Seconds of processor that `work` takes here, in processes that it began and that have ended, and in the servers
    of its connections to `database`."""
    servers = list(_servers(database))
    began = _ours() + sum(map(used, servers))
    work()
    return _ours() + sum(map(used, servers)) - began


def _ours() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _servers(database: str) -> Iterator[Path]:
    """PostgreSQL's processes that serve `database`, as Linux lists them."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            title = command.read_bytes()
        except OSError:  # it has ended
            continue
        if title.startswith(b"postgres: ") and f" {database} ".encode() in title:
            yield command.parent


def used(process: Path) -> float:
    """Seconds on a processor since the process began; its first figure, in nanoseconds."""
    return int((process / "schedstat").read_text("utf-8").split()[0]) / 1e9
