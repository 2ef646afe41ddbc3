"""An export as bytes: every file of it, and the manifest over them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.csv_files import csv
from app.exports.labelled.night import labelled_files
from app.exports.loaders.night import loaders
from app.exports.manifest import FileFacts, Manifest
from app.exports.parquet_files import parquet
from app.exports.standards.night import standard_files
from app.exports.tables import Dataset
from app.exports.versions import code_version, library_versions


@dataclass(frozen=True)
class Contents:
    """The files by name, with what the manifest says of them."""

    files: Mapping[str, bytes]
    manifest: Manifest

    @property
    def manifest_bytes(self) -> bytes:
        return (json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n").encode()

    @property
    def sha256(self) -> str:
        """Of the manifest, and so of everything."""
        return sha256(self.manifest_bytes).hexdigest()


def contents(data: Dataset) -> Contents:
    """All files of an export."""
    book = codebook(data)
    files, rows = {f"{book.name}.csv": csv(book)}, {f"{book.name}.csv": len(book)}
    for table in (*data.tables, codes(data)):
        for name, written in ((f"{table.name}.csv", csv(table)), (f"{table.name}.parquet", parquet(table))):
            files[name], rows[name] = written, len(table)
    for labelled in labelled_files(data, book):
        files[labelled.name], rows[labelled.name] = labelled.content, labelled.rows
    for name, script in loaders((*data.tables, codes(data), book)):
        files[name], rows[name] = script, 0
    for name, content, count in standard_files(data):
        files[name], rows[name] = content, count
    return Contents(files, _manifest(data, {name: _facts(files[name], rows[name]) for name in sorted(files)}))


def _facts(content: bytes, rows: int) -> FileFacts:
    return FileFacts(sha256=sha256(content).hexdigest(), rows=rows, bytes=len(content))


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
