"""PostgreSQL servers that keep their write-ahead log, are lost, and come back as docs/operations.md says."""

import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import LiteralString

import psycopg

from app.config import ROOT
from app.core import embedded
from app.core.embedded import Embedded

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
LONGEST = 30


def page(pattern: str) -> str:
    """What the page says, as it stands there."""
    said = re.search(pattern, PAGE, re.MULTILINE)
    assert said is not None, pattern
    return said[0]


ARCHIVING = page(r"^wal_level = replica\n(?:[^`].*\n)+")
RESTORING = page(r"restore_command = '.+?'")
TO_A_MOMENT = page(r"recovery_target_time = '.+?'"), page(r"recovery_target_action = 'promote'")
TAKEN_BY = page(r"(?<=pg_basebackup -D /backups/bases/2026-11-26 )-X.*-c fast").split()


class Vault:
    """The disk of another machine: the archive of a server's log, and a base of it."""

    def __init__(self, home: Path) -> None:
        self.place = embedded._place(home)
        self.archive, self.base = self.place / "archive", self.place / "base"
        embedded._make(self.archive, 0o700)

    def serve(self, home: Path) -> Embedded:
        """A server with the page's settings."""
        server, place = embedded.start(home), embedded._place(home)
        with (place / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(ARCHIVING.replace("/archive/", f"{self.archive}/") + "max_wal_senders = 2\n")
        embedded._pg_ctl(place, "restart", "-l", str(place / "log"), "-o", f"-k {embedded._socket(place)}")
        return server

    def take(self, server: Embedded) -> None:
        """A base of the server, by the page's command."""
        address = f"host={server.socket} user=postgres password={server.passwords['postgres']}"
        embedded._run(self.place, "pg_basebackup", "-D", str(self.base), *TAKEN_BY, "-d", address)

    def put_back(self, home: Path, passwords: dict[str, str], moment: str | None = None) -> Embedded:
        """A server of the base: as it was, or with what the archive has up to a moment."""
        place = embedded._place(home)
        shutil.copytree(self.base, place / "data")
        (place / "passwords.json").write_text(json.dumps(passwords), "utf-8")
        if moment is not None:
            until = re.sub("'.+'", f"'{moment}'", TO_A_MOMENT[0])
            lines = RESTORING.replace("/archive/", f"{self.archive}/"), until, TO_A_MOMENT[1], ""
            with (place / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write("\n".join(lines))
            (place / "data" / "recovery.signal").touch()
        _give_to_the_servers_user(place / "data")
        server = embedded.start(home)
        _wait(server, "SELECT NOT pg_is_in_recovery()", "it was not promoted")
        return server

    def discard(self) -> None:
        shutil.rmtree(self.place)


def moment(server: Embedded) -> str:
    """This instant, as the server tells it."""
    with _connected(server) as connection:
        ((at,),) = connection.execute("SELECT clock_timestamp()::text").fetchall()
    return str(at)


def archive(server: Embedded) -> None:
    """Wait until all that was written by now is in the archive."""
    with _connected(server) as connection:
        ((segment,),) = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchall()
    _wait(server, "SELECT last_archived_wal >= %s FROM pg_stat_archiver", "nothing was archived", segment)


def _wait(server: Embedded, question: LiteralString, otherwise: str, *about: object) -> None:
    until = time.monotonic() + LONGEST
    with _connected(server) as connection:
        while connection.execute(question, about).fetchall() != [(True,)]:
            assert time.monotonic() < until, otherwise
            time.sleep(0.05)


def _give_to_the_servers_user(folder: Path) -> None:
    user = embedded._server_user()
    if user is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _connected(server: Embedded) -> "psycopg.Connection[tuple[object, ...]]":
    address = server.url("postgres", "postgres").replace("+psycopg", "")
    return psycopg.connect(address, autocommit=True)
