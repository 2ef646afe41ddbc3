"""How quickly a table leaves, beside psycopg's COPY of the same statement in the same run, and what memory it takes.

    python -m bench.exports [--participants 6667] [--night]

So many people have 18 visits each, with ODI's ten answers and a score to a visit: 1.2 million answers. Each way is
measured in a process of its own, so that its peak memory is its own; with `--night` the whole night too, with labelled
files, standards and the page on quality. Last comes a night of BackToBasic as it is planned: 128 people who answer all
that is asked. Prints one line per promise, and ends with 1 if one is not kept.
"""

import argparse
import json
import os
import resource
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psycopg
from sqlalchemy import select

from app import create_app
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.crypto import new_key
from app.core.database import db
from app.core.patience import unhurried
from app.exports.contents import contents
from app.exports.copying import copy, copy_out
from app.exports.dataset import opened
from app.exports.folders import HashedFile
from app.exports.parquet_files import from_csv
from app.instruments import instrument
from app.studies.installing import current_protocol
from app.studies.models import Study
from app.studies.protocol import Protocol
from app.studies.questionnaires import asked_at
from bench import processor
from bench.delivery import plan
from bench.promises import Bound, Promise, settle
from tests.messages.people import INVITED
from tests.messages.worker import settings

DATABASE, TABLE, SHARE, CSV_MB, PARQUET_MB, NIGHT_MB = "bench", "answers", 0.75, 64.0, 200.0, 200.0
PEOPLE, NIGHT_SECONDS = 128, 10.0
"""How many BackToBasic has, and how long its night may take on two processors with nothing else to do."""
ITEMS = [item.code for item in instrument("odi").items]
LIBRARIES = {
    "bare": (),
    "csv": (),
    "parquet": ("pyarrow.csv", "pyarrow.parquet"),
    "night": ("pyarrow.csv", "pyarrow.parquet", "pandas", "pyreadstat", "xlsxwriter"),
}
ANSWERED = """
INSERT INTO responses (id, assessment_id, submitted_at, mode, language, content, sha256, instruments)
    SELECT id, id, opens_at, 'page', 'nb', '{}', repeat('0', 64),
        '{"odi": {"version": "2.0", "wording_sha256": "00"}}' FROM assessments;
INSERT INTO answers (id, response_id, instrument, item, position, value)
    SELECT responses.id * 20 + place, responses.id, 'odi', (%(items)s::text[])[place], place, mod(place, 6)::text
    FROM responses, generate_series(1, 10) AS place;
INSERT INTO scores (id, response_id, instrument, name, value, n_answered, rule, instrument_version, scorer_version,
        input_sha256, scored_at)
    SELECT id, id, 'odi', 'odi', 2 * mod(id, 50), 10, 'given', '2.0', '1', repeat('0', 64), submitted_at FROM responses;
UPDATE assessments SET opened_at = opens_at, submitted_at = opens_at, partial = false;
ANALYZE;
"""


EVERYTHING = """
INSERT INTO responses (id, assessment_id, submitted_at, mode, language, content, sha256, instruments)
    SELECT id, id, opens_at, 'page', 'nb', '{}', repeat('0', 64), (%(asked)s::jsonb) -> visit FROM assessments;
INSERT INTO answers (id, response_id, instrument, item, position, value)
    SELECT row_number() OVER (), responses.id, asks.instrument, asks.item, asks.place, '1'
    FROM responses JOIN assessments ON assessments.id = responses.assessment_id
    JOIN jsonb_to_recordset(%(items)s::jsonb) AS asks (visit text, instrument text, item text, place int) USING (visit);
INSERT INTO scores (id, response_id, instrument, name, value, n_answered, rule, instrument_version, scorer_version,
        input_sha256, scored_at)
    SELECT row_number() OVER (), responses.id, asks.instrument, asks.name, mod(responses.id, 50), 1, 'given',
        asks.version, '1', repeat('0', 64), responses.submitted_at
    FROM responses JOIN assessments ON assessments.id = responses.assessment_id
    JOIN jsonb_to_recordset(%(scores)s::jsonb) AS asks (visit text, instrument text, name text, version text)
        USING (visit);
UPDATE assessments SET opened_at = opens_at, submitted_at = opens_at, partial = false;
ANALYZE;
"""
"""What `asking` says is answered, all of it."""


class Nowhere:
    """Takes bytes and keeps none."""

    def write(self, block: bytes) -> int:
        return len(block)


class Measured(NamedTuple):
    """What one way took."""

    rows: int
    seconds: float
    """Of a processor: ours, our processes' and PostgreSQL's."""
    growth: float
    clock: float


def asking(protocol: Protocol) -> dict[str, str]:
    """What each visit asks, for the statements of `EVERYTHING`."""
    forms = [(visit.code, form) for visit in protocol.visits for form in asked_at(protocol, visit.code)]
    asked: dict[str, dict[str, dict[str, str]]] = {}
    for code, form in forms:
        asked.setdefault(code, {})[form.code] = {"version": form.version, "wording_sha256": "00"}
    items = [
        {"visit": code, "instrument": form.code, "item": item.code, "place": place}
        for code, form in forms
        for place, item in enumerate(form.items, 1)
    ]
    scores = [
        {"visit": code, "instrument": form.code, "name": score.name, "version": form.version}
        for code, form in forms
        for score in form.scores
    ]
    return {"asked": json.dumps(asked), "items": json.dumps(items), "scores": json.dumps(scores)}


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(url: str, keys: str, way: str, folder: str, told: Connection) -> None:
    """Send the rows, the processor's seconds (ours and PostgreSQL's) and the growth of memory of one way."""
    app, file = create_app(settings(url, "", keys)), Path(folder)
    with (
        app.app_context(),
        acting("bench"),
        unhurried(),
        opened(db.session.scalars(select(Study)).one(), INVITED) as source,
    ):
        shape, question = next(each for each in source.statements if each[0].name == TABLE)
        for library in LIBRARIES[way]:
            import_module(library)  # what a library takes is not of the rows

        def work() -> int:
            if way == "night":
                shutil.rmtree(file / "night", ignore_errors=True)
                made = contents(db.session.scalars(select(Study)).one(), INVITED + timedelta(days=400), file / "night")
                print(f"night: {len(made.manifest['files'])} files; left out: {made.manifest['left_out'] or 'nothing'}")
                return 0
            if way == "bare":
                return copy_out(source.connection, question, Nowhere())
            with HashedFile(file / f"answers.{way}") as sink:
                if way == "csv":
                    return copy(source.connection, shape, question, sink)
                from_csv(file / "answers.csv", shape, sink)
            return 0

        before, rows, began = _megabytes(), list[int](), time.perf_counter()
        took = processor.seconds(lambda: rows.append(work()), DATABASE)
        told.send(Measured(rows[0], took, _megabytes() - before, time.perf_counter() - began))


def _run(url: str, keys: str, way: str, folder: Path) -> Measured:
    context = get_context("spawn")
    answer, told = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(url, keys, way, str(folder), told))
    process.start()
    measured: Measured = answer.recv()
    process.join()
    return measured


def filled(folder: Path, keys: str, participants: int, answered: str, asked: Mapping[str, object] | None) -> str:
    """The address of a database of so many people who answered, by these statements."""
    server = embedded.start(folder / "postgres")
    server.recreate_database(DATABASE)
    migrating.upgrade(server.url("svar_owner", DATABASE))
    url = server.url("svar_app", DATABASE)
    app = create_app(settings(url, "", keys))
    with app.app_context(), acting("bench"):
        plan(participants)
        values = asked or asking(current_protocol(db.session.scalars(select(Study)).one()).plan)
        db.session.close()
        for engine in db.engines.values():
            engine.dispose()
    with psycopg.connect(server.url("postgres", DATABASE).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in answered.split(";"):
            connection.execute(statement, values)
    return url


def promises(participants: int, folder: Path, is_whole: bool) -> Iterator[Promise]:
    """Fill a database, and measure each way."""
    keys = new_key()
    url = filled(folder, keys, participants, ANSWERED, {"items": ITEMS})
    _run(url, keys, "bare", folder)  # what PostgreSQL reads lies in memory
    bare = _run(url, keys, "bare", folder)
    csv, parquet = (_run(url, keys, way, folder) for way in ("csv", "parquet"))
    rows = bare.rows
    print(
        f"{rows:,} answers: bare COPY {bare.seconds:.1f} s of a processor, CSV {csv.seconds:.1f} s,"
        f" Parquet of it {parquet.seconds:.1f} s"
    )
    yield Promise(
        f"CSV of {rows:,} rows: beside bare COPY, by processor", bare.seconds / csv.seconds, Bound.LEAST, SHARE, "%"
    )
    yield Promise(f"CSV of {rows:,} rows: growth of memory", csv.growth, Bound.MOST, CSV_MB, "MB")
    yield Promise(f"Parquet of {rows:,} rows: growth of memory", parquet.growth, Bound.MOST, PARQUET_MB, "MB")
    if is_whole:
        night = _run(url, keys, "night", folder)
        print(f"the whole night of {rows:,} answers: {night.seconds:.0f} s of a processor in {night.clock:.0f} s")
        yield Promise(f"Night of {rows:,} answers: growth of memory", night.growth, Bound.MOST, NIGHT_MB, "MB")
    url = filled(folder, keys, PEOPLE, EVERYTHING, None)
    night = _run(url, keys, "night", folder)
    print(f"a night of BackToBasic: {night.seconds:.1f} s of a processor; load {os.getloadavg()[0]:.1f}")
    yield Promise(f"Night of BackToBasic, {PEOPLE} people, by the clock", night.clock, Bound.MOST, NIGHT_SECONDS, "s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=6667)
    parser.add_argument("--night", action="store_true")
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with TemporaryDirectory() as folder:
        settle(promises(chosen.participants, Path(folder), chosen.night))


if __name__ == "__main__":
    main()
