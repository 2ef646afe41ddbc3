"""An earlier night again, to the byte: from its folder, else from the audit trail; and nothing where that cannot be."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.core.problems import BadInput, NotFound
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.past_nights import as_of
from app.exports.places import folder_of
from app.exports.retaining import manifest_of
from app.messages.models import Message, MessageState, Receipt
from app.participants.enrolment import withdraw
from app.participants.models import Event, Participant
from app.schedule.models import Assessment, NotDone
from app.schedule.not_done import note_not_done
from app.studies.models import Site, Study
from tests.exports.builders import ODI, answered, take_part, visit
from tests.exports.conftest import NOW
from tests.exports.test_commands import call

pytestmark = pytest.mark.usefixtures("tables_only")
DAY = date(2026, 4, 7)
LATER = NOW + timedelta(days=3)


def csv_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def put_away(night: Snapshot) -> None:
    """Of the night only its manifest stays."""
    folder = folder_of(night)
    manifest_of(folder).parent.mkdir(parents=True)
    shutil.copy(folder / "manifest.json", manifest_of(folder))
    shutil.rmtree(folder)


@pytest.fixture
def night(study: Study, session: Session) -> Snapshot:
    made = export_snapshot(study, NOW)
    session.commit()
    return made


@pytest.fixture
def before(night: Snapshot) -> dict[str, bytes]:
    """What the night had, before its folder went."""
    files = csv_files(folder_of(night))
    put_away(night)
    return files


def somebody(session: Session, code: str) -> Participant:
    return session.scalars(select(Participant).filter_by(code=code)).one()


def new_participant(study: Study, session: Session) -> None:
    answered(visit(take_part(study, "077"), "d0"), NOW + timedelta(hours=1), ODI)


def answer(study: Study, session: Session) -> None:
    answered(visit(somebody(session, "01-010"), "d35"), LATER, {"now": 1, "worst": 2, "usual": 3}, "nrs_lbp_week")


def withdrawal(study: Study, session: Session) -> None:
    withdraw(somebody(session, "01-010"), "moved", LATER)


def not_done(study: Study, session: Session) -> None:
    note_not_done(visit(somebody(session, "01-010"), "d35"), NotDone.TOO_ILL, "", "user:1", NOW + timedelta(hours=2))


def settled(study: Study, session: Session) -> None:
    sent = session.scalars(select(Message).filter_by(state=MessageState.ACCEPTED).order_by(Message.id)).first()
    assert sent is not None
    sent.state, sent.settled_at = MessageState.FAILED, LATER
    session.flush()
    sent.state = MessageState.DELIVERED
    session.add(Receipt(message_id=sent.id, sid=sent.sid, status="delivered", received_at=LATER, raw={}))


def moved_day_0(study: Study, session: Session) -> None:
    event = session.scalars(select(Event).where(Event.is_anchor).order_by(Event.id)).first()
    assert event is not None
    event.on, event.at = event.on + timedelta(days=1), LATER


def deleted(study: Study, session: Session) -> None:
    """A visit that a new plan no longer has."""
    unsent = visit(somebody(session, "01-002"), "d278")
    session.execute(delete(Assessment).where(Assessment.id == unsent.id))


def renamed_site(study: Study, session: Session) -> None:
    site = session.scalars(select(Site).filter_by(code="01")).one()
    site.code = "91"


CHANGES = (new_participant, answer, withdrawal, not_done, settled, moved_day_0, deleted, renamed_site)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_night_comes_back_from_the_trail_whatever_changed_since(
    change: Callable[[Study, Session], None],
    study: Study,
    session: Session,
    before: dict[str, bytes],
    tmp_path: Path,
) -> None:
    change(study, session)
    session.commit()
    now = export_snapshot(study, NOW + timedelta(days=4))
    assert csv_files(folder_of(now)) != before
    assert as_of(study, DAY, tmp_path / "again") == sorted(before)
    assert csv_files(tmp_path / "again") == before


def test_it_comes_back_after_everything_at_once(
    study: Study, session: Session, before: dict[str, bytes], tmp_path: Path
) -> None:
    for change in (settled, answer, not_done, new_participant, moved_day_0, withdrawal, deleted):
        if change is not_done:
            continue  # the visit is answered by then
        change(study, session)
        session.commit()
    as_of(study, DAY, tmp_path / "again")
    assert csv_files(tmp_path / "again") == before


def test_nothing_of_ours_is_changed_by_looking_back(
    study: Study, session: Session, before: dict[str, bytes], tmp_path: Path
) -> None:
    answer(study, session)
    session.commit()
    rows = session.scalars(select(Assessment.submitted_at).order_by(Assessment.id)).all()
    as_of(study, DAY, tmp_path / "again")
    session.rollback()
    assert session.scalars(select(Assessment.submitted_at).order_by(Assessment.id)).all() == rows
    assert session.scalar(text("SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relname = 'answers'")) == 0


def test_a_night_that_is_kept_is_copied_from_its_folder(
    study: Study, session: Session, night: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object) -> None:
        raise AssertionError("the trail was asked")

    monkeypatch.setattr("app.exports.past_nights.put_back", nothing)
    as_of(study, DAY, tmp_path / "deep" / "again")
    assert csv_files(tmp_path / "deep" / "again") == csv_files(folder_of(night))


def test_of_a_damaged_folder_nothing_is_copied(study: Study, night: Snapshot, tmp_path: Path) -> None:
    files = csv_files(folder_of(night))
    (folder_of(night) / "answers.csv").write_text("mine", "utf-8")
    as_of(study, DAY, tmp_path / "again")
    assert csv_files(tmp_path / "again") == files


def test_what_cannot_be_made_again_is_refused_whole_and_by_name(
    study: Study, session: Session, before: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exports.past_nights.code_version", lambda: "9.9")
    monkeypatch.setattr("app.exports.past_tables.READ", ())
    answer(study, session)
    session.commit()
    with pytest.raises(BadInput, match=r"answers.csv.* cannot be made again to the byte.* this is 9\.9"):
        as_of(study, DAY, tmp_path / "again")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_that_is_not_the_one_recorded_is_no_measure(
    study: Study, night: Snapshot, before: dict[str, bytes], tmp_path: Path
) -> None:
    kept = manifest_of(folder_of(night))
    kept.write_text(kept.read_text("utf-8").replace('"rows": 3', '"rows": 4'), "utf-8")
    with pytest.raises(NotFound, match="is not on this machine as it was recorded"):
        as_of(study, DAY, tmp_path / "again")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("backtobasic", "--as-of", "2026-04-07"), "Say it whole: flask export run STUDY --as-of 2026-04-07 --into"),
        (("--as-of", "2026-04-07", "--into", "x"), "Say it whole"),
        (("backtobasic", "--into", "x"), "Say it whole"),
        (("backtobasic", "--as-of", "2026-04-06", "--into", "x"), "backtobasic was not exported on 2026-04-06."),
        (("backtobasic", "--as-of", "2026-02-30", "--into", "x"), "'2026-02-30' does not match the format"),
        (("nothing", "--as-of", "2026-04-07", "--into", "x"), "There is no study nothing"),
        (("backtobasic", "--as-of", "2026-04-07", "--into", "."), ". is there already."),
    ],
)  # fmt: skip
def test_the_command_says_what_is_missing(words: tuple[str, ...], sentence: str, night: Snapshot, app: Flask) -> None:
    said = call(app, "run", *words)
    assert said.exit_code == (2 if "does not match" in sentence else 1)
    assert sentence in said.output
    assert not Path("x").exists()


def test_the_command_names_the_files(night: Snapshot, app: Flask, tmp_path: Path) -> None:
    said = call(app, "run", "backtobasic", "--as-of", "2026-04-07", "--into", tmp_path / "again")
    assert said.exit_code == 0
    assert said.output.splitlines() == [str(path) for path in sorted((tmp_path / "again").iterdir())]
