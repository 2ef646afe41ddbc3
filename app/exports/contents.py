"""An export in a folder of its own: every file of it, and the manifest over them.

The rows of the tables go from the database into CSV, and from there into Parquet; the labelled files, the standards and
the page on quality are made of that, part by part. Nothing is held that grows with the rows; what a format does not
take is left out, and the manifest says so.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from app.config import current_settings
from app.core.database import db
from app.exports import parquet_files
from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.copying import copy
from app.exports.csv_files import csv
from app.exports.dataset import Source, opened
from app.exports.folders import PRIVATE, HashedFile, settle_all, write
from app.exports.labelled import apart
from app.exports.labelled.night import labelled_files, names_of_files
from app.exports.loaders.night import loaders
from app.exports.manifest import MANIFEST, FileFacts, Manifest
from app.exports.reading.night import CODEBOOK_PAGES, QUALITY_PAGES, codebook_pages, quality_pages
from app.exports.signing import sign
from app.exports.sparing import Spared
from app.exports.standards.night import STANDARD_FILES, standard_files
from app.exports.stored import stored, widest_cells
from app.exports.tables import Dataset, Shape, Table
from app.exports.versions import code_version, library_versions
from app.participants.models import Participant
from app.responses.models import Answer, Response
from app.schedule.models import Assessment
from app.studies.models import Study

STILL_HERE = text("SELECT 1")
"""Said between files: of a large study they take long, and a transaction that is silent for long is ended."""
Written = tuple[str, FileFacts]


@dataclass(frozen=True)
class Contents:
    """Where the files were written, and what the manifest says of them."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files by name, read whole: for small ones."""
        return {name: (self.folder / name).read_bytes() for name in self.manifest["files"]}

    @property
    def manifest_bytes(self) -> bytes:
        return (json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n").encode()

    @property
    def sha256(self) -> str:
        """Of the manifest, and so of everything."""
        return sha256(self.manifest_bytes).hexdigest()


def contents(study: Study, now: datetime, folder: Path) -> Contents:
    """Write all files of the study's export as of `now` into `folder`, which is made. A fault leaves nothing of it."""
    try:
        folder.mkdir(parents=True, mode=PRIVATE)
        with apart.beside() as other:
            with opened(study, now) as source:
                if apart.has_second_processor() and _is_likely_long(source.connection, study):
                    other.begin()
                explained = codebook(source.data), codes(source.data)
                files = dict(_written(source, explained, spared := Spared(source.data.study, folder)))
                shapes = [shape for shape, _ in source.statements]
            data = replace(source.data, tables=(), stored=stored(folder, shapes))
            for name, facts in _of_stored_tables(data, shapes, explained, spared, other if apart.pays(files) else None):
                files[name] = facts
                db.session.execute(STILL_HERE)
        in_order = {name: files[name] for name in sorted(files)}
        made = Contents(folder, _manifest(source.data, in_order, spared.left_out()))
        write(folder / MANIFEST, made.manifest_bytes)
        sign(folder, current_settings().signing_keys)
        settle_all(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return made


def _written(source: Source, explained: tuple[Table, Table], spared: Spared) -> Iterator[Written]:
    """The tables, each written when its turn comes, and what explains them."""
    folder, (book, meanings) = spared.folder, explained
    yield _small(book, folder)
    yield _small(meanings, folder)
    yield _parquet(meanings.shape, len(meanings), folder)
    for shape, question in source.statements:
        name = f"{shape.name}.csv"
        with HashedFile(folder / name) as file:
            rows = copy(source.connection, shape, question, file)
        yield name, file.facts(rows)
        yield _parquet(shape, rows, folder)
    yield from spared.pages(codebook_pages(source.data, book, meanings), CODEBOOK_PAGES)


def _of_stored_tables(
    data: Dataset, shapes: Sequence[Shape], explained: tuple[Table, Table], spared: Spared, other: apart.Beside | None
) -> Iterator[Written]:
    """The files that are made of what was written; the database waits for none of them. The labelled ones are written
    by another process meanwhile, if there is one; else each waits until it is asked for."""
    folder, (book, meanings) = spared.folder, explained
    job = apart.LabelledNight(folder, data.study, data.zone, explained, tuple(shapes))
    labelled = other.files(job) if other else labelled_files(data, explained, folder)
    every = (widest_cells(folder / f"{shape.name}.parquet", shape) for shape in shapes)
    for name, script in loaders((*every, meanings, book)):
        yield name, write(folder / name, script)
    yield from spared.pages(quality_pages(data), QUALITY_PAGES)
    yield from spared.files(standard_files(data, folder), STANDARD_FILES, "files in standards")
    yield from spared.files(labelled, names_of_files(data.names), "labelled files")


def _is_likely_long(connection: Connection, study: Study) -> bool:
    """Whether so much was answered that the rows which leave labelled will be many; asked before they are written."""
    answers = (
        select(Answer.id)
        .join(Answer.response)
        .join(Response.assessment)
        .join(Assessment.participant)
        .where(Participant.study_id == study.id)
        .limit(apart.LONG_NIGHT // 2)
    )
    return (connection.scalar(select(func.count()).select_from(answers.subquery())) or 0) >= apart.LONG_NIGHT // 2


def _small(table: Table, folder: Path) -> Written:
    name = f"{table.name}.csv"
    return name, write(folder / name, csv(table), len(table))


def _parquet(shape: Shape, rows: int, folder: Path) -> Written:
    """The Parquet twin of a CSV that stands there."""
    name = f"{shape.name}.parquet"
    with HashedFile(folder / name) as file:
        parquet_files.from_csv(folder / f"{shape.name}.csv", shape, file)
    return name, file.facts(rows)


def _manifest(data: Dataset, files: Mapping[str, FileFacts], left_out: list[str]) -> Manifest:
    return Manifest(
        study=data.study,
        as_of=f"{data.as_of:%Y-%m-%dT%H:%M:%SZ}",
        protocol=data.protocols[-1],
        protocols=list(data.protocols),
        code_version=code_version(),
        schema_version=data.schema_version,
        libraries=library_versions(),
        practice=data.practice,
        audit=data.audit,
        left_out=left_out,
        files=files,
    )
