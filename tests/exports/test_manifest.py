"""A manifest is read back as it was written, or refused with a sentence."""

import json
from pathlib import Path

import pytest

from app.core.problems import BadInput
from app.exports.manifest import MANIFEST, manifest
from app.studies.models import Study
from tests.exports.builders import exported
from tests.exports.conftest import NOW


def test_what_was_written_is_read_back(study: Study, tmp_path: Path) -> None:
    made = exported(study, NOW)
    (tmp_path / MANIFEST).write_bytes(made.manifest_bytes)
    assert manifest(tmp_path) == made.manifest
    assert list(manifest(tmp_path)) == [
        "study", "as_of", "protocol", "protocols", "code_version", "schema_version", "libraries",
        "practice", "audit", "left_out", "files",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"files"',
        b"{}",
        b'{"files": null}',
        b'{"files": []}',
        b'{"files": "events.csv"}',
        b"\xff\xfe",
        json.dumps({"files": {}}).encode()[:-1],
    ],
)
def test_what_names_no_files_is_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(BadInput, match=r"manifest\.json is damaged: it names no files"):
        manifest(tmp_path)


def test_a_folder_without_one_is_no_export(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadInput, match=r"is not an exported folder: manifest\.json cannot be read"):
            manifest(folder)


def test_a_manifest_of_no_files_is_one(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"files": {}}', "utf-8")
    assert manifest(tmp_path)["files"] == {}
