"""Debian's PgBouncer between the application and the tests' server: it hands a connection on after a transaction."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core.embedded import Embedded

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/sbin")
PORT = 6432
SETTINGS = """
[databases]
* = host={server}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
ignore_startup_parameters = options
"""
"""A pooler takes no options of the planner from who connects: under `make shake` it leaves them out."""


class Pooler:
    """A PgBouncer that has `size` connections to give; it can be killed, and begun again at the same place."""

    def __init__(self, server: Embedded, size: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="svar-pooler-"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        settings = SETTINGS.format(server=server.socket, port=PORT, folder=self.folder, size=size)
        (self.folder / "ini").write_text(settings, "utf-8")
        (self.folder / "users").write_text(f'"svar_app" "{server.passwords["svar_app"]}"\n', "utf-8")
        if self._user:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def start(self) -> None:
        """Begin, and wait until it listens."""
        user = self._user
        self._process = subprocess.Popen(
            [str(PGBOUNCER), str(self.folder / "ini")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
            user=user.pw_uid if user else None, group=user.pw_gid if user else None, extra_groups=[] if user else None,
        )  # fmt: skip
        _wait_for(self.folder / f".s.PGSQL.{PORT}")

    def kill(self) -> None:
        """Without a word to anybody."""
        self._process.kill()
        self._process.communicate(timeout=20)
        (self.folder / f".s.PGSQL.{PORT}").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it in peace."""
        self._process.terminate()
        print(self._process.communicate(timeout=20)[1])  # pytest shows it where a test fails
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, server: Embedded, database: str) -> str:
        """Of `database`, through it."""
        return f"{server.url('svar_app', database).partition('?')[0]}?host={self.folder}&port={PORT}"


@contextmanager
def pooled(server: Embedded, database: str, size: int) -> Iterator[str]:
    """The address of `database` through a PgBouncer that has `size` connections to give."""
    pooler = Pooler(server, size)
    pooler.start()
    try:
        yield pooler.address(server, database)
    finally:
        pooler.stop()


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as line, suppress(OSError):
            line.connect(str(path))
            return
        time.sleep(0.05)
    raise TimeoutError(f"PgBouncer did not come: {path}")
