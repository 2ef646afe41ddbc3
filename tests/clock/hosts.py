"""Machines of their own, as far as the network goes: namespaces, each with a line to that of the database."""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.clock.relay import Relay
from tests.clock.running import until

PORT = 5432
T = TypeVar("T")


def possible() -> bool:
    """Whether we may make namespaces and lines here: as root, on a Linux that lets its root and knows both."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    name = f"svar-try-{os.getpid()}"
    if _ip("netns", "add", name, check=False):
        return False
    refused = _ip("-n", name, "link", "add", "near", "type", "veth", "peer", "far", check=False)
    refused |= _ip("-n", name, "link", "set", "lo", "up", check=False)
    _ip("netns", "del", name)
    return not refused


def _ip(*arguments: str, check: bool = True) -> int:
    return subprocess.run(["ip", *arguments], check=check, capture_output=True).returncode  # noqa: S607 - root's own


class Host:
    """A machine: what it `does` has the sockets that it opens there, and its line to the database can be cut."""

    def __init__(self, name: str, number: int, far: str) -> None:
        self.name, self._far, self._near_end = f"svar-{os.getpid()}-{name}", far, f"sv{os.getpid()}n{number}"
        self._far_end = f"sv{os.getpid()}f{number}"
        self.database_at = f"10.77.{number}.1"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._near_end, "netns", self.name, "type", "veth", "peer", self._far_end, "netns", far)
        for host, end, address in (
            (self.name, self._near_end, f"10.77.{number}.2/24"),
            (far, self._far_end, f"{self.database_at}/24"),
        ):
            _ip("-n", host, "address", "add", address, "dev", end)
            _ip("-n", host, "link", "set", end, "up")
        _ip("-n", self.name, "link", "set", "lo", "up")
        self._thread = ThreadPoolExecutor(1, initializer=enter, initargs=(self.name,))

    def does(self, act: Callable[[], T]) -> T:
        """What it gives, done on this machine."""
        return self._thread.submit(act).result(60)

    def cut(self) -> None:
        """Pull the cable: what is sent is lost, and nobody is told."""
        _ip("-n", self._far, "link", "set", self._far_end, "down")

    def heal(self) -> None:
        """Put it back, and wait until both ends carry again."""
        _ip("-n", self._far, "link", "set", self._far_end, "up")
        until(lambda: all(map(_carries, ((self._far, self._far_end), (self.name, self._near_end)))), 10)
        _ip("-n", self.name, "neighbor", "flush", "dev", self._near_end)

    def close(self) -> None:
        """No more such machine."""
        self._thread.shutdown()
        _ip("netns", "del", self.name)


def _carries(end: tuple[str, str]) -> bool:
    host, device = end
    show = ["ip", "-n", host, "link", "show", device]
    shown = subprocess.run(show, check=True, capture_output=True, encoding="utf-8")
    return "state UP" in shown.stdout


def enter(name: str) -> None:
    """Let this thread, and those it starts, be on another machine."""
    with Path("/run/netns", name).open(encoding="utf-8") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def machines(server: Path, *names: str) -> Iterator[list[Host]]:
    """Machines of these names; the database, whose socket is `server`, answers each at its `database_at`."""
    far = f"svar-{os.getpid()}-database"
    _ip("netns", "add", far)
    with ThreadPoolExecutor(1, initializer=enter, initargs=(far,)) as there:
        door = there.submit(socket.create_server, ("0.0.0.0", PORT)).result(10)  # noqa: S104 - of its namespace
    relay = Relay(door, server)
    hosts = [Host(name, number, far) for number, name in enumerate(names, 1)]
    try:
        yield hosts
    finally:
        for host in hosts:
            host.close()
        relay.close()
        _ip("netns", "del", far)
