"""A line to the tests' database that can be cut and healed: what was open breaks off, and nothing new gets through."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread

PORT = 5432


class Relay:
    """Hands bytes to and fro between a socket at which it listens and the server's."""

    def __init__(self, door: socket.socket, server: Path) -> None:
        self._door, self._server = door, server
        self._ends: list[socket.socket] = []
        self._whole, self._lock = True, Lock()
        self._door.listen()
        Thread(target=self._let_in, daemon=True).start()

    def cut(self) -> None:
        """Break off every line, and let in nobody."""
        with self._lock:
            self._whole = False
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._ends.clear()

    def heal(self) -> None:
        """Let in whoever comes from now on."""
        self._whole = True

    def close(self) -> None:
        """Cut it for good."""
        self._door.close()
        self.cut()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                self._join(self._door.accept()[0])

    def _join(self, near: socket.socket) -> None:
        with self._lock:
            if not self._whole:
                near.close()
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(self._server))
            self._ends += [near, far]
        for source, target in ((near, far), (far, near)):
            Thread(target=_hand_on, args=(source, target), daemon=True).start()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(server: Path) -> Iterator[tuple[Relay, Path]]:
    """A relay to the server's socket, and the folder of its own in which it listens."""
    folder = Path(tempfile.mkdtemp(prefix="svar-relay-"))
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(folder / f".s.PGSQL.{PORT}"))
    relay = Relay(door, server)
    try:
        yield relay, folder
    finally:
        relay.close()
        shutil.rmtree(folder, ignore_errors=True)
