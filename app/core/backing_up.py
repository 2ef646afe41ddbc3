"""Back-ups of the whole database, and their restore into an empty one, with PostgreSQL's own tools as the owner.

The dump never lies on a disk in the open: it goes from `pg_dump` into the file, and from the file into `pg_restore`,
which restores all of it in one transaction or nothing.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from typing import IO

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, func, make_url, select, table, text

from app.core.archives import Inventory, closed, opened, read_head
from app.core.child_environments import of_a_tool
from app.core.crypto import keyring
from app.core.embedded import binary
from app.core.key_marks import InstallationKind
from app.core.problems import BadInput, Conflict, Unavailable

ALL_TABLES = text(
    "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'identifiers', 'audit') ORDER BY 1, 2"
)

REVISION = text("SELECT version_num FROM alembic_version")


def major_of(connection: Connection) -> int:
    """The server's version: 15, 18."""
    return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10000


def tool(name: str, major: int) -> Path:
    """PostgreSQL's program of this version: of the machine's packages, or of the wheel."""
    installed = (Path(f"/usr/lib/postgresql/{major}/bin/{name}"), Path(which(name) or "/nowhere"))
    for path in (*installed, binary(name)):
        if path.exists() and _major(path) == major:
            return path
    raise Unavailable(f"{name} of PostgreSQL {major} is not installed here: install postgresql-client-{major}.")


def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, encoding="utf-8", check=False).stdout.split()
    return int(said[2].split(".")[0].split("beta")[0]) if len(said) > 2 else 0


def connected(owner_url: str) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment with which PostgreSQL's tools reach a database; no password among the first."""
    url = make_url(owner_url)
    given = {"PGHOST": url.query.get("host") or url.host, "PGPORT": url.port, "PGUSER": url.username}
    given |= {"PGPASSWORD": url.password, "PGDATABASE": url.database}
    return ["--no-password"], of_a_tool({name: str(value) for name, value in given.items() if value})


@contextmanager
def owning(owner_url: str) -> Iterator[Engine]:
    """An engine as the owner of the database."""
    engine = create_engine(owner_url)
    try:
        yield engine
    finally:
        engine.dispose()


def see(connection: Connection, snapshot: str) -> None:
    """Let this connection, whose transaction has not begun, see what another one sees that exported its snapshot."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))


def counts(connection: Connection) -> dict[str, int]:
    """Rows by table, as this transaction sees them."""
    names = connection.execute(ALL_TABLES).all()
    counting = {f"{name.schemaname}.{name.tablename}": table(name.tablename, schema=name.schemaname) for name in names}
    return {name: connection.scalar(select(func.count()).select_from(each)) or 0 for name, each in counting.items()}


def write(path: Path, manifest: Inventory, owner_url: str, snapshot: str) -> int:
    """Dump what `snapshot` sees into `path`, whole or not at all; returns its size."""
    arguments, environment = connected(owner_url)
    options = [*arguments, "--format=custom", "--no-owner", f"--snapshot={snapshot}"]
    part = _part_of(path)
    try:
        with (
            part.open("wb") as file,
            subprocess.Popen(
                [tool("pg_dump", manifest.postgresql), *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            ) as dumping,
        ):
            assert dumping.stdout is not None
            file.writelines(closed(manifest, _parts(dumping.stdout), keyring()))
            _, said = dumping.communicate()
            file.flush()
            os.fsync(file.fileno())
        if dumping.returncode:
            raise Unavailable(f"pg_dump failed: {said.decode(errors='replace').strip()[-500:]}")
        _check_shape(manifest, owner_url)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def _part_of(path: Path) -> Path:
    """Beside the file, for us alone to write; Conflict where another command writes the same back-up, or has."""
    part = path.with_name(f"{path.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Conflict(
            f"{part} is there: another command writes this back-up, or one was killed. Name another file, or delete it."
        ) from None
    try:
        check_free(path)
    except Conflict:
        part.unlink()
        raise
    return part


def check_free(path: Path) -> None:
    """Conflict where something is there already."""
    if path.exists():
        raise Conflict(f"{path} is there already. Name another file: a back-up is never written over.")


def _check_shape(manifest: Inventory, owner_url: str) -> None:
    """Conflict where the database was migrated meanwhile: of a table that was written anew, a dump has no row."""
    with owning(owner_url) as engine, engine.connect() as connection:
        revision = connection.scalar(REVISION)
    if revision != manifest.revision:
        raise Conflict(
            f"The database was brought from {manifest.revision} to {revision} while it was backed up. Back it up again."
        )


def _parts(pipe: IO[bytes]) -> Iterator[bytes]:
    while part := pipe.read(65536):
        yield part


def look(path: Path) -> Inventory:
    """What a back-up says of itself."""
    with path.open("rb") as file:
        return read_head(file)[0]


def check_target(connection: Connection, manifest: Inventory, app_role: str) -> None:
    """Conflict with what to do, where this server or database is none into which the back-up may go."""
    if connection.execute(ALL_TABLES).all():
        raise Conflict("The database of DATABASE_OWNER_URL is not empty. Name a new one, or drop and create it.")
    if major_of(connection) < manifest.postgresql:
        raise Conflict(
            f"The back-up is of PostgreSQL {manifest.postgresql}, this server is older. Restore into a newer."
        )
    if app_role != manifest.app_role:
        raise Conflict(
            f"The back-up grants to the role {manifest.app_role}, and DATABASE_URL names {app_role}. Make that role"
            f" (CREATE ROLE {manifest.app_role} LOGIN PASSWORD '...') and name it in DATABASE_URL."
        )
    if not connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": app_role}):
        raise Conflict(f"This server has no role {app_role}. Make it: CREATE ROLE {app_role} LOGIN PASSWORD '...'")


def check_kind(manifest: Inventory, *, test_installation: bool) -> None:
    """Conflict where a marked test installation would get what a real one holds, or the reverse."""
    if manifest.installation == InstallationKind.REAL and test_installation:
        raise Conflict(
            "The back-up is of a real installation, and this is a test installation, whose stand-in would take what"
            " patients are owed. Restore it without SVAR_TEST_INSTALLATION, or a test installation's own back-up here."
        )
    if manifest.installation == InstallationKind.TEST and not test_installation:
        raise Conflict(
            "The back-up is of a test installation, whose people nobody has asked. Restore it into one"
            " (SVAR_TEST_INSTALLATION=yes), or take a back-up of the real one."
        )


def marks_in_words() -> dict[str, str]:
    """The mark of each of our keys, by its id, as a manifest names them."""
    return {str(key_id): mark.hex() for key_id, mark in keyring().marks().items()}


def check_keys(manifest: Inventory) -> None:
    """Conflict where a key is missing that closes something in the back-up."""
    ours = marks_in_words()
    missing = sorted(key_id for key_id, mark in manifest.keys.items() if ours.get(key_id) != mark)
    if missing:
        raise Conflict(
            f"FIELD_KEYS lacks key {', '.join(missing)} of the back-up, or has another of that id. Put it back."
        )


def load(path: Path, owner_url: str) -> None:
    """Restore the dump into the empty database, in one transaction."""
    arguments, environment = connected(owner_url)
    with owning(owner_url) as engine, engine.connect() as connection:
        program = tool("pg_restore", major_of(connection))
        database = make_url(owner_url).database or ""
    options = ["--single-transaction", "--no-owner", "--exit-on-error", f"--dbname={database}"]
    with path.open("rb") as file:
        _, head = read_head(file)
        with subprocess.Popen(
            [program, *arguments, *options], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        ) as restoring:
            assert restoring.stdin is not None
            try:
                _feed(restoring.stdin, opened(file, head, keyring()))
            except BadInput:
                restoring.kill()  # what was begun is rolled back
                raise
            _, said = restoring.communicate()
    if restoring.returncode:
        raise Unavailable(f"pg_restore failed, nothing was restored: {said.decode(errors='replace').strip()[-500:]}")


def _feed(pipe: IO[bytes], parts: Iterable[bytes]) -> None:
    with suppress(BrokenPipeError):
        for part in parts:
            pipe.write(part)


def differing(manifest: Inventory, counted: dict[str, int]) -> Sequence[str]:
    """The tables that have not the rows that the manifest says."""
    return sorted(
        name for name in manifest.counts.keys() | counted.keys() if manifest.counts.get(name) != counted.get(name)
    )
