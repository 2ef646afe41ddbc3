"""`flask audit verify` takes the heads that the manifests kept, and says what no longer fits them."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.config import Settings
from app.core import sealing
from app.core.problems import BadInput
from app.exports.anchors import anchors
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from tests.exports.builders import make_study
from tests.factories import NOW, command

pytestmark = pytest.mark.usefixtures("tables_only")

HASH = "ab" * 32


def folder(exports: Path, name: str, audit: object) -> Path:
    made = exports / name
    made.mkdir(parents=True)
    (made / "manifest.json").write_text(json.dumps({"files": {}, "audit": audit}), "utf-8")
    return made


def test_each_night_of_each_study_keeps_a_head(tmp_path: Path) -> None:
    folder(tmp_path, "b/2026-11-21", {"entry": 1, "sha256": "x", "seal": {"number": 1, "last_entry": 3, "hash": HASH}})
    folder(tmp_path, "a/2026-11-22", {"entry": 1, "sha256": "x", "seal": {"number": 2, "last_entry": 3, "hash": "cd"}})
    folder(tmp_path, "a/2026-11-20", {"entry": None, "sha256": None, "seal": None})
    folder(tmp_path, "a/blind", {"seal": {"hash": "no night"}})
    folder(tmp_path, "a/2026-11-23.part", {"seal": {"hash": "half"}})
    kept = list(anchors(tmp_path))
    assert [anchor.hash for anchor in kept] == [HASH, "cd"]
    assert "2026-11-21/manifest.json" in kept[0].where


def test_where_nothing_was_exported_there_is_no_anchor(tmp_path: Path) -> None:
    assert list(anchors(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"files": {}}', '{"files": {}, "audit": 1}', '{"files": {}, "audit": {}}']
)
def test_a_manifest_that_anchors_nothing_any_more_is_told_of(tmp_path: Path, content: str) -> None:
    damaged = folder(tmp_path, "a/2026-11-20", None) / "manifest.json"
    damaged.write_text(content, "utf-8")
    with pytest.raises(BadInput, match=r"2026-11-20.*damaged"):
        list(anchors(tmp_path))


@pytest.fixture
def night(session: Session) -> Path:
    """A night's export, which keeps the second seal."""
    study = make_study(NOW - timedelta(days=60))
    session.commit()
    for minutes in range(2):
        sealing.seal(NOW + timedelta(minutes=minutes))
        session.commit()
    snapshot = export_snapshot(study, NOW)
    session.commit()
    return folder_of(snapshot)


def test_the_command_holds_the_trail_against_the_manifests_by_itself(app: Flask, night: Path) -> None:
    done = command(app, "audit", "verify")
    assert (done.exit_code, "2 seals" in done.output, "so do 1 anchors" in done.output) == (0, True, True)
    wrong = command(app, "audit", "verify", "--anchor", HASH)
    assert (wrong.exit_code, wrong.output) == (1, "The anchor is not in the chain: seals were removed or made anew.\n")


@pytest.mark.parametrize(
    "does",
    [
        ["DELETE FROM audit.seals WHERE number = 2"],
        ["DELETE FROM audit.seals", "SELECT audit.seal(now())", "SELECT audit.seal(now())"],
        ["UPDATE audit.entries SET actor = 'nobody' WHERE id = 1", "DELETE FROM audit.seals",
         "SELECT audit.seal(now())", "SELECT audit.seal(now())"],
        ["DELETE FROM audit.entries WHERE id > 2", "DELETE FROM audit.seals",
         "SELECT audit.seal(now())", "SELECT audit.seal(now())"],
    ],
)  # fmt: skip
def test_a_chain_that_was_cut_or_made_anew_is_found_without_being_given_an_anchor(
    app: Flask, settings: Settings, night: Path, does: list[str]
) -> None:
    with psycopg.connect(settings.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in does:
            connection.execute(statement)
    done = command(app, "audit", "verify")
    assert done.exit_code == 1
    assert f"The seal that {night / 'manifest.json'} kept is not in the chain" in done.output
    shutil.rmtree(night)
    assert command(app, "audit", "verify").exit_code == 0
