"""The embedded PostgreSQL: passwords, a private socket, and no permission of a folder that we did not make changed."""

import os
import pwd
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.core import embedded


def connect(server: embedded.Embedded, role: str, password: str | None = None) -> psycopg.Connection[tuple[object]]:
    address = server.url(role, "postgres").replace("+psycopg", "")
    return psycopg.connect(address if password is None else address.replace(server.passwords[role], password))


def test_it_asks_for_passwords(server: embedded.Embedded) -> None:
    with connect(server, "svar_app") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("svar_app",)
    for role in ("postgres", "svar_owner", "svar_app"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(server, role, "wrong")


def test_it_is_reached_by_its_socket_alone(server: embedded.Embedded) -> None:
    with connect(server, "postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert server.socket.stat().st_mode & 0o077 == 0
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", 5432), timeout=1):
        pass


def test_the_application_may_neither_make_roles_nor_databases(server: embedded.Embedded) -> None:
    with connect(server, "svar_app") as connection:
        connection.autocommit = True
        for statement in ("CREATE ROLE x", "CREATE DATABASE x", "ALTER ROLE svar_app SUPERUSER"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_starting_again_is_the_same_server(server: embedded.Embedded, home: Path) -> None:
    assert embedded.start(home) == server


def test_a_database_is_made_once(server: embedded.Embedded) -> None:
    for _ in range(2):
        server.ensure_database("made_once")
    with connect(server, "postgres") as connection:
        connection.autocommit = True
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'made_once'"
        assert connection.execute(owner).fetchall() == [("svar_owner",)]
        connection.execute("DROP DATABASE made_once")


def test_folders_that_were_there_keep_their_permissions(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [(folder, folder.stat().st_mode) for folder in (closed, tmp_path, tmp_path.parent)]
    place = embedded._place(closed / "inner")
    assert place.is_dir()
    assert place.stat().st_mode & 0o777 == 0o700
    assert [(folder, folder.stat().st_mode) for folder, _ in before] == before
    if os.geteuid() == 0:
        assert not place.is_relative_to(tmp_path)
        place.rmdir()


def test_a_password_file_is_for_its_owner_alone(server: embedded.Embedded, home: Path) -> None:
    kept = embedded._place(home) / "passwords.json"
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder that the server's user may use."""
    folder = tmp_path / "folder"
    embedded._make(folder, 0o700)
    return folder


def opened_to_others(folder: Path) -> None:
    folder.chmod(0o750)


def opened_to_all(folder: Path) -> None:
    folder.chmod(0o1777)


def a_link(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere")).chmod(0o700)
    folder.symlink_to(folder.with_name("elsewhere"))


def a_broken_link(folder: Path) -> None:
    folder.rmdir()
    folder.symlink_to(folder.with_name("nowhere"))


def a_file(folder: Path) -> None:
    folder.rmdir()
    folder.touch(0o600)


@pytest.mark.parametrize(
    ("becomes", "sentence"),
    [
        (opened_to_others, "others may open it"),
        (opened_to_all, "others may open it"),
        (a_link, "a link to one"),
        (a_broken_link, "a link to one"),
        (a_file, "it is no folder"),
    ],
)
def test_a_strangers_folder_is_not_taken_for_the_sockets(
    mine: Path, becomes: Callable[[Path], None], sentence: str
) -> None:
    embedded._make(mine, 0o700)
    becomes(mine)
    with pytest.raises(RuntimeError, match=sentence) as refused:
        embedded._make(mine, 0o700)
    assert str(mine) in str(refused.value)


def test_a_folder_of_another_user_is_refused(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = pwd.struct_passwd(("other", "x", mine.stat().st_uid + 1, 0, "", "/", "/bin/sh"))
    monkeypatch.setattr(embedded, "_server_user", lambda: other)
    with pytest.raises(RuntimeError, match="belongs to somebody else"):
        embedded._make(mine, 0o700)


def test_the_socket_of_a_deep_folder_asks_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(embedded, "_make", lambda folder, mode: folders.append(folder))
    short = embedded._socket(Path("/" + "deep/" * 30))
    assert folders == [short]
    assert len(str(short)) < 80
