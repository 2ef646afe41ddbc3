"""One export a day: the same bytes for the same data, made up for after a missed night."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.analysis.trial.snapshot import read_snapshot
from app.core import sealing
from app.core.database import db
from app.core.verifying_seals import Anchor
from app.core.verifying_seals import verify as verify_seals
from app.exports.models import Snapshot
from app.exports.nightly import disown_the_future, export_due, export_snapshot
from app.exports.places import folder_of
from app.exports.verifying import verify
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.exports.nights import FILES, answer_one_more, read
from tests.exports.nights import tables_alone as tables_alone


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
