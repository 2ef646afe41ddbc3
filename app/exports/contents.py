"""An export in a folder of its own: every file of it, and the manifest over them.

The rows of the tables go from the database into CSV, and from there into Parquet, without being held. The labelled
files and the loaders need them whole, one study at a time.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from app.config import current_settings
from app.exports import parquet_files
from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.copying import copy
from app.exports.csv_files import csv
from app.exports.dataset import Source, opened
from app.exports.folders import PRIVATE, HashedFile, settle_all, write
from app.exports.labelled.night import labelled_files
from app.exports.loaders.night import loaders
from app.exports.manifest import MANIFEST, FileFacts, Manifest
from app.exports.reading.night import pages
from app.exports.signing import sign
from app.exports.standards.night import standard_files
from app.exports.tables import Dataset, Shape, Table
from app.exports.versions import code_version, library_versions
from app.studies.models import Study

alert = logging.getLogger("svar.alert")
Written = tuple[str, FileFacts]
Made = TypeVar("Made")


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
        with opened(study, now) as source:
            files = dict(_written(source, folder))
        made = Contents(folder, _manifest(source.data, {name: files[name] for name in sorted(files)}))
        write(folder / MANIFEST, made.manifest_bytes)
        sign(folder, current_settings().signing_keys)
        settle_all(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return made


def _written(source: Source, folder: Path) -> Iterator[Written]:
    """Each file, written when its turn comes."""
    book, meanings = codebook(source.data), codes(source.data)
    yield _small(book, folder)
    yield _small(meanings, folder)
    yield _parquet(meanings.shape, len(meanings), folder)
    for shape, question in source.statements:
        name = f"{shape.name}.csv"
        with HashedFile(folder / name) as file:
            rows = copy(source.connection, shape, question, file)
        yield name, file.facts(rows)
        yield _parquet(shape, rows, folder)
    held = replace(source.data, tables=tuple(source.data.tables))
    for name, page in _spared(pages(held, book, meanings), "pages", held.study):
        yield name, write(folder / name, page)
    for labelled in _spared(labelled_files(held, book), "labelled files", held.study):
        yield labelled.name, write(folder / labelled.name, labelled.content, labelled.rows)
    for name, script in loaders((*held.tables, meanings, book)):
        yield name, write(folder / name, script)
    for name, content, count in _spared(standard_files(held), "files in standards", held.study):
        yield name, write(folder / name, content, count)


def _spared(files: Iterator[Made], which: str, study: str) -> Iterator[Made]:
    """Files that are made of what was written already: a fault in one ends them with an alert, and not the night."""
    try:
        yield from files
    except Exception as fault:  # a library of formats may raise anything, and the night's tables stand
        alert.error("the %s of %s are not whole: %s", which, study, type(fault).__name__)


def _small(table: Table, folder: Path) -> Written:
    name = f"{table.name}.csv"
    return name, write(folder / name, csv(table), len(table))


def _parquet(shape: Shape, rows: int, folder: Path) -> Written:
    """The Parquet twin of a CSV that stands there."""
    name = f"{shape.name}.parquet"
    with HashedFile(folder / name) as file:
        parquet_files.from_csv(folder / f"{shape.name}.csv", shape, file)
    return name, file.facts(rows)


def _manifest(data: Dataset, files: Mapping[str, FileFacts]) -> Manifest:
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
        files=files,
    )
