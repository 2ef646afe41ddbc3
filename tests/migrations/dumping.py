"""`python -m tests.migrations.dumping CHECKOUT FILE`: what the version in CHECKOUT makes of two people's trial.

It plays its own rehearsal, puts all but two people aside, exports what is left, and dumps the database: `FILE.sql.gz`
holds SQL (read it with `zcat`), `FILE.json` what the version's own export said, a mark for each column. It needs the
libraries of that version; done once for each shape that was released, and never again.
"""

import csv
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from socket import gethostname
from tempfile import TemporaryDirectory

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import text

CODE, KEPT, OF_EACH_TABLE, AFTERWARDS = "backtobasic", 2, 20, timedelta(days=30)
TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version' ORDER BY 1
"""
REFERENCES = """
    SELECT conrelid::regclass::text, confrelid::regclass::text,
        (SELECT string_agg(format('child.%I = parent.%I', c.attname, p.attname), ' AND ' ORDER BY place)
         FROM unnest(conkey, confkey) WITH ORDINALITY AS pairs (near, far, place)
         JOIN pg_attribute c ON c.attrelid = conrelid AND c.attnum = near
         JOIN pg_attribute p ON p.attrelid = confrelid AND p.attnum = far),
        (SELECT string_agg(format('child.%I IS NOT NULL', attname), ' AND ' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))
    FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2, 3
"""
PEOPLE = """
    SELECT p.id FROM participants p JOIN studies s ON s.id = p.study_id
    WHERE s.code = %s ORDER BY row_number() OVER (PARTITION BY p.withdrawn_at IS NULL ORDER BY p.code), p.code LIMIT %s
"""
"""One who withdrew, and one who stayed."""
Connection = psycopg.Connection[TupleRow]
Marks = dict[str, dict[str, str]]


def rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {name: _number(connection, f"SELECT count(*) FROM {name}") for (name,) in connection.execute(TABLES)}  # noqa: S608


def marks(folder: Path, *, without_event: str = "") -> Marks:
    """A mark of each column of an export's main files, its rows in the order in which they stand.

    `without_event`: of events of this kind there was none in the version that the marks are held against.
    """
    made: Marks = {}
    for name in ("answers", "assessments", "events", "messages", "participants", "scores"):
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            table = [row for row in csv.DictReader(file) if name != "events" or row["kind"] != without_event]
        made[name] = {column: mark([row[column] for row in table]) for column in table[0]}
    return made


def mark(cells: list[str]) -> str:
    """The number of rows, and the beginning of a hash of them."""
    return f"{len(cells)}:{sha256(json.dumps(cells).encode()).hexdigest()[:16]}"


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _put_aside(connection: Connection) -> None:
    """Take away everything that belongs to somebody else, and most of the audit trail of what is left."""
    connection.execute("SET session_replication_role = replica")
    kept = [person for (person,) in connection.execute(PEOPLE, (CODE, KEPT))]
    connection.execute("DELETE FROM participants WHERE NOT id = ANY (%s)", [kept])
    connection.execute("DELETE FROM studies WHERE code <> %s", [CODE])
    references = connection.execute(REFERENCES).fetchall()
    while sum(_without_parent(connection, *reference) for reference in references):
        pass
    connection.execute(
        "DELETE FROM audit.entries WHERE id NOT IN (SELECT id FROM (SELECT id, row_number() OVER"
        " (PARTITION BY table_name ORDER BY id) AS place FROM audit.entries) AS each WHERE place <= %s)",
        [OF_EACH_TABLE],
    )
    connection.commit()


def _without_parent(connection: Connection, child: str, parent: str, pairs: str, filled: str) -> int:
    missing = f"NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {pairs})"  # noqa: S608 - names from the catalogue
    return connection.execute(f"DELETE FROM {child} AS child WHERE {filled} AND {missing}".encode()).rowcount  # noqa: S608


def _export(folder: Path) -> tuple[str, Marks]:
    """The version's own export, long after the last visit: the moment, and the marks of its columns."""
    from app import create_app
    from app.core.audit import acting
    from app.core.database import db, transaction
    from app.exports.nightly import export_snapshot
    from app.studies.installing import study

    with create_app().app_context(), acting("dump"), transaction():
        at = db.session.scalar(text("SELECT max(closes_at) FROM assessments")) + AFTERWARDS
        export_snapshot(study(CODE), at)
    newest = max((folder / CODE).glob("*/manifest.json"))
    return at.isoformat(), marks(newest.parent)


def _dump(binary: Path, environment: Mapping[str, str]) -> bytes:
    options = ["--no-password", "--inserts", "--rows-per-insert=200", "--no-comments"]
    done = subprocess.run([binary, *options], env={**os.environ, **environment}, capture_output=True, check=True)
    return re.sub(rb"(?m)^(--.*|\\(un)?restrict .*|)\n", b"", done.stdout)


def main(checkout: Path, file: Path) -> None:
    from tests.settings import KEY  # of this version: what is closed in the dump opens in the tests

    sys.path.insert(0, str(checkout))
    for name in [name for name in sys.modules if name.split(".")[0] in ("app", "tests")]:
        del sys.modules[name]
    with TemporaryDirectory() as folder:
        exports = Path(folder) / "exports"
        made = {"SVAR_ENV": "development", "FIELD_KEYS": KEY, "SVAR_EXPORTS": str(exports), "SVAR_DATABASE": file.name}
        os.environ.update({"SVAR_INSTANCE": f"{folder}/instance", **made})
        from app.core import embedded

        server = embedded.start(Path(folder) / "instance" / "postgres")
        played = [sys.executable, "-m", "flask", "rehearse", "--participants", "8", "--folder", f"{folder}/rehearsal"]
        subprocess.run(played, cwd=checkout, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(server.url("postgres", file.name).replace("+psycopg", "")) as connection:
            _put_aside(connection)
            at, export = _export(exports)
            connection.execute("DELETE FROM snapshots WHERE as_of = %s", [at])
            connection.commit()
            counted = rows(connection)
        reached = {"PGHOST": str(server.socket), "PGUSER": "postgres", "PGPASSWORD": server.passwords["postgres"]}
        dump = _dump(embedded.binary("pg_dump"), reached | {"PGDATABASE": file.name})
        for place, anywhere in ((folder, "/var/lib/svar"), (gethostname(), "host")):
            dump = dump.replace(place.encode(), anywhere.encode())
        file.with_suffix(".sql.gz").write_bytes(gzip.compress(dump, 9, mtime=0))
        expected = {"exported_at": at, "rows": counted, "export": export}
        file.with_suffix(".json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
