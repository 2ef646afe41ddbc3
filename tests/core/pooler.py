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
"""


@contextmanager
def pooled(server: Embedded, database: str, size: int) -> Iterator[str]:
    """The address of `database` through a PgBouncer that has `size` connections to give."""
    folder = Path(tempfile.mkdtemp(prefix="svar-pooler-"))
    (folder / "ini").write_text(SETTINGS.format(server=server.socket, port=PORT, folder=folder, size=size))
    (folder / "users").write_text(f'"svar_app" "{server.passwords["svar_app"]}"\n')
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if user:
        for path in (folder, *folder.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)
    process = subprocess.Popen(
        [str(PGBOUNCER), str(folder / "ini")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        user=user.pw_uid if user else None, group=user.pw_gid if user else None, extra_groups=[] if user else None,
    )  # fmt: skip
    try:
        _wait_for(folder / f".s.PGSQL.{PORT}")
        yield f"{server.url('svar_app', database).partition('?')[0]}?host={folder}&port={PORT}"
    finally:
        process.terminate()
        print(process.communicate(timeout=20)[1])  # pytest shows it where a test fails
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as line, suppress(OSError):
            line.connect(str(path))
            return
        time.sleep(0.05)
    raise TimeoutError(f"PgBouncer did not come: {path}")
