"""One export a day: the same bytes for the same data, whole or not at all, made up for after a missed night."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.analysis.trial.snapshot import read_snapshot
from app.core import sealing
from app.core.database import db
from app.core.verifying_seals import Anchor
from app.core.verifying_seals import verify as verify_seals
from app.exports import contents, folders
from app.exports.models import Snapshot
from app.exports.nightly import disown_the_future, export_due, export_snapshot, prune
from app.exports.places import folder_of
from app.exports.shapes import SHAPES
from app.exports.verifying import verify
from app.participants.models import Participant
from app.studies.models import Study
from tests.exports.builders import answered, visit
from tests.exports.conftest import NOW

TABLES = tuple(shape.name for shape in SHAPES)
WRITTEN = (*TABLES, "codes")
FILES = {"manifest.json", "codebook.csv", *(f"{name}.{kind}" for name in WRITTEN for kind in ("csv", "parquet"))}
FILES |= {
    f"labelled/{name}.{kind}"
    for name in ("analysis", "answers", "scores")
    for kind in ("sav", "dta", "xpt", "v8.xpt", "xlsx")
}

FILES |= {f"loaders/{name}" for name in ("load.R", "load.py", "load.sas", "load.do", "load.sps", "duckdb.sql")}

FILES |= {f"cdisc/{name}.{kind}" for name in ("dm", "sv", "tv", "qs", "adsl", "adqs") for kind in ("json", "xpt")}
FILES |= {"cdisc/define.xml", "cdisc/odm.xml"}
FILES |= {"codebook.html", "codebook.md", "quality.html"}
FILES |= {f"fhir/{name}.ndjson" for name in ("Questionnaire", "QuestionnaireResponse", "Observation")}


@pytest.fixture
def tables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights of the tables and what is read beside them: no labelled file, no standard, which take most of the time."""
    for made in ("labelled_files", "standard_files"):
        monkeypatch.setattr(contents, made, lambda *_: iter(()))


def read(snapshot: Snapshot) -> dict[str, bytes]:
    return read_folder(folder_of(snapshot))


def read_folder(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def answer_one_more(session: Session) -> None:
    someone = session.scalars(select(Participant).filter_by(code="01-010")).one()
    answered(visit(someone, "d35"), NOW, {"now": 1, "worst": 2, "usual": 3}, "nrs_lbp_week")
    session.commit()


def test_an_export_is_a_folder_of_the_local_day_and_a_row(study: Study, session: Session) -> None:
    snapshot = export_snapshot(study, datetime(2026, 4, 7, 22, 30, tzinfo=UTC))
    assert folder_of(snapshot).parts[-2:] == ("backtobasic", "2026-04-08")
    assert (snapshot.day, session.scalar(select(func.count(Snapshot.id)))) == (date(2026, 4, 8), 1)
    assert set(read(snapshot)) == FILES
    assert verify(folder_of(snapshot), snapshot.manifest_sha256) == []


def test_the_manifest_says_what_is_there_and_where_it_came_from(study: Study) -> None:
    snapshot = export_snapshot(study, NOW)
    manifest = json.loads(read(snapshot)["manifest.json"])
    assert (manifest["study"], manifest["as_of"]) == ("backtobasic", "2026-04-07T09:00:00Z")
    assert manifest["protocol"]["version"] == "1.0"
    assert manifest["code_version"].startswith("0.1.0")
    assert manifest["schema_version"]
    assert manifest["audit"]["entry"] > 0
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    for name, content in read(snapshot).items():
        if name.endswith(".csv"):
            described = manifest["files"][name]
            assert described["bytes"] == len(content)
            assert described["rows"] == content.count(b"\n") - 1


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_the_manifest_anchors_the_chain_of_seals(study: Study, session: Session) -> None:
    for number in range(2):  # a seal covers what had ended when the one before it was made
        sealing.seal(NOW + timedelta(minutes=number))
        session.commit()
    anchor = json.loads(read(export_snapshot(study, NOW))["manifest.json"])["audit"]["seal"]
    newest = sealing.head()
    assert newest is not None
    assert anchor == {"number": newest.number, "last_entry": newest.last_entry, "hash": newest.hash}
    assert verify_seals([Anchor(anchor["hash"])]).broken is None


def test_again_on_the_same_day_with_the_same_data_is_the_same_to_the_byte(study: Study, session: Session) -> None:
    first = export_snapshot(study, NOW)
    before, stamp = read(first), folder_of(first).stat().st_ino
    session.commit()
    second = export_snapshot(study, NOW + timedelta(hours=3))
    assert (second.id, second.as_of) == (first.id, NOW)
    assert (read(second), folder_of(second).stat().st_ino) == (before, stamp)


@pytest.mark.usefixtures("tables_alone")
def test_a_folder_that_was_lost_comes_back_byte_by_byte(study: Study, session: Session) -> None:
    first = export_snapshot(study, NOW)
    before = read(first)
    shutil.rmtree(folder_of(first))
    assert read(export_snapshot(study, NOW + timedelta(hours=3))) == before


@pytest.mark.usefixtures("tables_alone")
def test_an_altered_file_is_put_right(study: Study) -> None:
    first = export_snapshot(study, NOW)
    before = read(first)
    (folder_of(first) / "scores.csv").write_bytes(before["scores.csv"].replace(b"40", b"10"))
    assert verify(folder_of(first)) == ["scores.csv was altered: its SHA-256 is not the manifest's"]
    assert read(export_snapshot(study, NOW + timedelta(hours=3))) == before


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_new_data_on_the_same_day_replace_the_export(study: Study, session: Session) -> None:
    first = export_snapshot(study, NOW)
    before = read(first)
    answer_one_more(session)
    second = export_snapshot(study, NOW + timedelta(hours=3))
    assert (second.id, second.as_of) == (first.id, NOW + timedelta(hours=3))
    after = read(second)
    assert after["answers.csv"].count(b"\n") == before["answers.csv"].count(b"\n") + 3
    assert after["events.csv"] == before["events.csv"]
    assert sorted(path.name for path in folder_of(second).parent.glob("????-*")) == ["2026-04-07"]


class Disk:
    """A disk that is full from its n-th file on."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = folders.HashedFile.write

    def write(self, file: folders.HashedFile, block: bytes) -> int:
        if file.tell() == 0:
            if self.room == 0:
                self._write(file, block[: len(block) // 2])
                raise OSError(28, "No space left on device")
            self.room -= 1
        return self._write(file, block)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    full = Disk(0)
    monkeypatch.setattr(folders.HashedFile, "write", lambda file, block: full.write(file, block))
    return full


@pytest.mark.usefixtures("tables_alone")
def test_f24_the_old_export_survives_a_full_disk_at_any_file(study: Study, session: Session, disk: Disk) -> None:
    disk.room = len(FILES)
    first = export_snapshot(study, NOW)
    before = read(first)
    session.commit()
    answer_one_more(session)
    many = len(before)  # written once to see whether they still hold, and once as they are now
    for room in (*range(0, many, 8), many - 1, many, many + 7, 2 * many - 1):
        disk.room = room
        with pytest.raises(OSError, match="No space left"):
            export_snapshot(study, NOW + timedelta(hours=1))
        session.rollback()
        assert read(session.scalars(select(Snapshot)).one()) == before
        assert sorted(path.name for path in folder_of(first).parent.iterdir()) == ["2026-04-07"]
    disk.room = 2 * many
    assert read(export_snapshot(study, NOW + timedelta(hours=2))) != before


@pytest.mark.usefixtures("tables_alone")
def test_f25_a_first_export_that_fails_leaves_nothing(study: Study, session: Session, disk: Disk) -> None:
    disk.room = 3
    assert export_due(NOW) == []
    assert session.scalar(select(func.count(Snapshot.id))) == 0
    disk.room = len(FILES)
    assert [snapshot.day for snapshot in export_due(NOW)] == [date(2026, 4, 7)]


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_f25_the_old_folder_returns_when_the_exchange_breaks_off(
    study: Study, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = export_snapshot(study, NOW)
    before, folder = read(first), folder_of(first)
    session.commit()
    answer_one_more(session)
    rename = Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(OSError, match="Input/output"):
        export_snapshot(study, NOW + timedelta(hours=1))
    assert read_folder(folder) == before


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_f25_a_machine_that_stopped_between_two_renames_finds_its_old_export(study: Study, session: Session) -> None:
    first = export_snapshot(study, NOW)
    before, folder = read(first), folder_of(first)
    session.commit()
    folder.rename(folder.with_name("2026-04-07.old"))
    assert read(export_snapshot(study, NOW + timedelta(hours=1))) == before
    assert sorted(path.name for path in folder.parent.iterdir()) == ["2026-04-07"]


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_f25_what_broken_off_exports_left_is_cleared_away_and_no_old_export_is_lost(
    study: Study, session: Session
) -> None:
    first = export_snapshot(study, NOW)
    before, folder = read(first), folder_of(first)
    for name in ("2026-03-01", "2026-03-02.part", "2026-03-03.old"):
        shutil.copytree(folder, folder.with_name(name))
    shutil.copytree(folder, folder.with_name("2026-03-01.old"))
    (folder.parent / "blind.part").mkdir()
    assert prune(NOW) == 3
    assert prune(NOW) == 0
    left = ["2026-03-01", "2026-03-03", folder.name, "blind.part"]
    assert sorted(path.name for path in folder.parent.iterdir()) == left
    assert read_folder(folder.with_name("2026-03-03")) == before


@pytest.mark.usefixtures("tables_alone")
@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 4, 7, 1, 59, tzinfo=UTC), False),  # 03:59 in Oslo
        (datetime(2026, 4, 7, 2, 0, tzinfo=UTC), True),
        (datetime(2026, 4, 7, 21, 59, tzinfo=UTC), True),
        (datetime(2026, 4, 7, 22, 1, tzinfo=UTC), False),  # the next local day, before its hour
    ],
)
def test_an_export_is_due_from_four_local_time(at: datetime, due: bool, study: Study) -> None:
    assert bool(export_due(at)) is due


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_each_day_is_exported_once_and_missed_nights_make_one(study: Study, session: Session) -> None:
    assert len(export_due(NOW)) == 1
    assert export_due(NOW + timedelta(hours=1)) == []
    after_a_week = NOW + timedelta(days=7)
    assert [snapshot.day for snapshot in export_due(after_a_week)] == [date(2026, 4, 14)]
    assert session.scalar(select(func.count(Snapshot.id))) == 2
    assert export_due(after_a_week + timedelta(minutes=5)) == []


def test_a_study_without_a_protocol_owes_nothing(session: Session) -> None:
    db.session.add(Study(code="bare", title="Bare", created_at=NOW))
    session.commit()
    assert export_due(NOW) == []


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_the_analysis_reads_what_was_exported(study: Study) -> None:
    read_in = read_snapshot(folder_of(export_snapshot(study, NOW)))
    assert list(read_in.participants["participant"]) == ["01-002", "01-003", "01-010"]
    assert read_in.scores["baseline"].sum() == 4
    assert read_in.participants["anchor_at"].notna().all()


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
def test_an_export_that_a_wrong_time_dated_in_the_future_is_made_again_on_its_day(
    study: Study, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = NOW + timedelta(days=2)
    early = export_snapshot(study, ahead)
    session.commit()
    with caplog.at_level("ERROR", "svar.alert"):
        made = export_due(NOW)
        assert export_due(NOW + timedelta(minutes=1)) == []
    assert [snapshot.day for snapshot in made] == [date(2026, 4, 7)], "today's, as on any day"
    assert [record.getMessage() for record in caplog.records] == [
        "the export of backtobasic for 2026-04-09 was made while the time was wrong"
    ], "once"
    assert (early.as_of, early.day) == (NOW, date(2026, 4, 9))
    session.commit()
    assert export_due(ahead) == [early], "although not a row has changed"
    assert early.as_of == ahead
    assert export_due(ahead + timedelta(minutes=1)) == [], "and once"


@pytest.mark.usefixtures("tables_only")
@pytest.mark.usefixtures("tables_alone")
@pytest.mark.parametrize(("seconds", "disowned"), [(0, 0), (60, 0), (60.001, 1)])
def test_an_export_is_of_the_future_beyond_sixty_seconds(
    study: Study, session: Session, seconds: float, disowned: int
) -> None:
    export_snapshot(study, NOW + timedelta(seconds=seconds))
    assert disown_the_future(NOW) == disowned
