"""An export as bytes: the same whatever way PostgreSQL reads the rows, and wherever on the disk they lie."""

import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from app.core.database import db
from app.core.embedded import Embedded
from app.exports.contents import contents
from app.exports.dataset import dataset
from app.exports.folders import write_blocks
from app.exports.labelled.night import names_of_files
from app.exports.manifest import FileFacts
from app.exports.reading.night import CODEBOOK_PAGES, QUALITY_PAGES
from app.exports.shapes import SHAPES
from app.exports.standards.night import STANDARD_FILES
from app.messages.models import TextsPause
from app.participants.events import record_event
from app.participants.models import Participant
from app.responses.answering import submit
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, exported, take_part, texted, visit
from tests.exports.conftest import NOW
from tests.responses.visits import answers_to

OFF = (
    "enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_seqscan", "enable_indexscan",
    "enable_bitmapscan", "enable_sort", "enable_incremental_sort", "enable_hashagg", "enable_memoize",
)  # fmt: skip
PLANNERS = [
    *(f"SET LOCAL {name} = off" for name in OFF),
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_nestloop = off",
    "SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL min_parallel_index_scan_size = 0; "
    "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0",
]
SHUFFLED = (
    "studies", "sites", "protocols", "participants", "events", "assessments", "messages", "receipts", "responses",
    "answers", "scores",
)  # fmt: skip

EVERY_FILE = [
    *names_of_files(["analysis", "answers", "scores"]), *STANDARD_FILES, *QUALITY_PAGES, *CODEBOOK_PAGES,
]  # fmt: skip
BESIDE_TABLES = "labelled/", "cdisc/", "fhir/", "quality.", "codebook.html", "codebook.md"


@contextmanager
def planned(settings: str) -> Iterator[None]:
    """Every transaction of the block begins by telling the planner what it may not do."""

    def tell(connection: Connection) -> None:
        for setting in settings.split("; "):
            connection.exec_driver_sql(setting)

    event.listen(db.engine, "begin", tell)
    try:
        yield
    finally:
        event.remove(db.engine, "begin", tell)


def shuffle(server: Embedded, database: str) -> None:
    """Let the rows lie on the disk in another order than they were written: every third comes last, every second first.

    Behind the triggers' back, so that nothing else changes.
    """
    address = server.url("postgres", database).replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in SHUFFLED:
            for remainder in (0, 1):
                connection.execute(f"UPDATE {table} SET id = id WHERE id % 3 = {remainder}")  # noqa: S608


@pytest.fixture
def crowded(study: Study, session: Session) -> Study:
    """With rows that only their last key tells apart: events of one day, texts of one instant, scores of one visit."""
    for number in ("020", "120", "007"):
        participant = take_part(study, number)
        for hours in (2, 1, 3):
            record_event(participant, "infusion", INFUSED_AT + timedelta(hours=hours), NOW)
            record_event(participant, "treatment_stopped", INFUSED_AT + timedelta(hours=hours), NOW)
        first = visit(participant, "d0")
        submit(first, answers_to(first, choose=2), INFUSED_AT - timedelta(days=1), language="nb")
        for code, kind in (("d14", "invitation"), ("d7", "reminder-2"), ("d7", "invitation"), ("d7", "reminder-1")):
            texted(visit(participant, code), kind=kind).owed_at = INFUSED_AT
    session.commit()
    return study


def test_the_bytes_are_the_same_whatever_plan_postgresql_chooses(
    crowded: Study, session: Session, server: Embedded, database: str
) -> None:
    expected = exported(crowded, NOW).files
    session.rollback()
    shuffle(server, database)
    for settings in PLANNERS:
        with planned(settings):
            made = exported(crowded, NOW).files
        assert [name for name in expected if made[name] != expected[name]] == [], settings


def test_every_file_stands_in_the_manifest_with_its_hash_size_and_rows(study: Study, session: Session) -> None:
    someone = session.scalars(select(Participant).order_by(Participant.id).limit(1)).one()
    pause = {"from_at": INFUSED_AT, "until_at": NOW, "recorded_by": "clock", "reason": "On a holiday."}
    session.add(TextsPause(participant=someone, **pause))
    session.commit()
    data = dataset(study, NOW)
    made = exported(study, NOW)
    assert list(made.manifest["files"]) == sorted(made.files)
    for name, facts in made.manifest["files"].items():
        assert facts["sha256"] == sha256(made.files[name]).hexdigest()
        assert facts["bytes"] == len(made.files[name])
    rows = {name: facts["rows"] for name, facts in made.manifest["files"].items()}
    for shape in SHAPES:
        assert rows[f"{shape.name}.csv"] == rows[f"{shape.name}.parquet"] == len(data.table(shape.name)) > 0
    assert made.manifest["left_out"] == []
    assert {*EVERY_FILE} == {name for name in made.files if name.startswith(BESIDE_TABLES)}
    assert rows["codebook.csv"] == made.files["codebook.csv"].count(b"\n") - 1


def test_the_manifest_is_readable_json_of_which_one_hash_says_all(study: Study) -> None:
    made = exported(study, NOW)
    text = made.manifest_bytes.decode()
    assert text.startswith('{\n  "study": "backtobasic",\n  "as_of": "2026-04-07T09:00:00Z",\n  "protocol": {')
    assert text.endswith("}\n")
    assert made.sha256 == sha256(made.manifest_bytes).hexdigest()


def test_a_folder_of_an_export_cannot_be_read_by_others(study: Study, tmp_path: Path) -> None:
    made = contents(study, NOW, tmp_path / "exports" / "trial" / "2026-04-07")
    assert stat.S_IMODE(made.folder.stat().st_mode) & stat.S_IRWXO == 0


def test_a_fault_leaves_nothing_of_it(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.exports.contents.copy", full)
    with pytest.raises(OSError, match="No space"):
        contents(study, NOW, tmp_path / "night")
    assert list(tmp_path.iterdir()) == []


FULL = {
    "answers.xpt": "labelled.night",
    "qs.xpt": "standards.night",
    "quality.html": "sparing",
    "codebook.md": "sparing",
}
"""Files that find a full disk, each in another part of the night, and who writes them."""


def test_a_full_disk_under_files_made_of_the_tables_costs_those_and_the_manifest_names_each(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, blocks: Iterable[bytes], rows: int) -> FileFacts:
        if path.name in FULL:
            raise OSError(28, "No space left on device")
        return write_blocks(path, blocks, rows)

    for module in FULL.values():
        monkeypatch.setattr(f"app.exports.{module}.write_blocks", full)
    night = exported(study, NOW)
    missing = {*EVERY_FILE} - set(night.files)
    assert len(missing) >= 20
    assert {"labelled/answers.xpt", "labelled/scores.sav", "cdisc/qs.xpt", "cdisc/odm.xml"} < missing
    assert {"analysis.csv", "labelled/answers.sav", "cdisc/qs.json", "codebook.html"} <= set(night.files)
    sentences = [sentence.partition(" was not written: the ") for sentence in night.manifest["left_out"]]
    assert sorted(name for name, _, _ in sentences) == sorted(missing)
    parts = {"labelled files", "files in standards", "pages"}
    assert {why for _, _, why in sentences} == {f"{part} ended with OSError." for part in parts}
    said = {record.getMessage() for record in caplog.records}
    assert {f"the {part} of backtobasic are not whole: OSError" for part in parts} <= said


def test_a_labelled_file_that_its_library_cannot_write_is_left_out_and_named(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> Iterator[bytes]:
        raise AttributeError("'float' object has no attribute 'encode'")

    monkeypatch.setattr("app.exports.labelled.night.dta_blocks", broken)
    night = exported(study, NOW)
    files = night.files
    assert night.manifest["left_out"] == files["labelled/refused.txt"].decode().splitlines()
    assert night.manifest["left_out"][0] == "analysis.dta could not be written (AttributeError)."
    assert "labelled/scores.sav" in files
    assert "labelled/scores.dta" not in files
    assert "labelled/refused.txt" in files
    assert any("was not written: scores.dta" in record.getMessage() for record in caplog.records)
