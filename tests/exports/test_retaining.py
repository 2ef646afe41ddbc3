"""How long exports are kept, and what stays of those that go."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import Settings
from app.exports.anchors import anchors
from app.exports.downloading import files, note_download
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot, prune
from app.exports.places import folder_of, place
from app.exports.replaced import standing
from app.exports.retaining import NIGHTS, Signed, locked_on, manifest_of, superseded
from app.responses.final_words import LOCKS
from app.responses.models import LockSignature
from app.studies.models import Study
from app.studies.states import StudyState
from tests.exports.conftest import NOW
from tests.factories import command, user

pytestmark = pytest.mark.usefixtures("tables_only")
DAY = timedelta(days=1)
TODAY = date(2026, 4, 7)


def nights(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("there", "needed", "going"),
    [
        ([], [], []),
        (nights(date(2026, 4, 1), date(2026, 4, 14)), [], []),  # the last 14
        (nights(date(2026, 4, 1), date(2026, 4, 15)), [], [date(2026, 4, 1)]),
        (nights(date(2026, 4, 1), date(2026, 4, 15)), [date(2026, 4, 1)], []),
        (
            nights(date(2026, 3, 29), date(2026, 4, 16)),
            [],
            [date(2026, 3, 29), date(2026, 3, 30), date(2026, 4, 1), date(2026, 4, 2)],  # the last of March stays
        ),
        ([date(2026, 1, 5), date(2026, 2, 9), *nights(date(2026, 4, 1), TODAY)], [], []),  # one of each month
        ([date(2025, 4, 1), date(2025, 4, 2), *nights(date(2026, 4, 1), date(2026, 4, 14))], [], [date(2025, 4, 1)]),
        (list(reversed(nights(date(2026, 4, 1), date(2026, 4, 16)))), [], [date(2026, 4, 1), date(2026, 4, 2)]),
    ],
)
def test_the_nights_that_may_go(there: list[date], needed: list[date], going: list[date]) -> None:
    assert superseded(there, needed) == going


def test_whatever_the_nights_the_newest_and_the_needed_stay_and_every_month_has_one() -> None:
    there = nights(date(2025, 11, 3), TODAY)
    going = set(superseded(there, [date(2025, 12, 24)]))
    left = [night for night in there if night not in going]
    assert left[-NIGHTS:] == there[-NIGHTS:]
    assert date(2025, 12, 24) in left
    assert {(night.year, night.month) for night in left} == {(night.year, night.month) for night in there}
    assert len(left) == NIGHTS + 5  # March ends among the last 14; four months before it, and the needed one


def kept_since(study: Study, session: Session, days: int) -> list[Snapshot]:
    """Exports of so many nights, each a copy of the first."""
    newest = export_snapshot(study, NOW)
    rows = []
    for number in range(1, days):
        day = newest.day - number * DAY
        row = Snapshot(
            study=study,
            day=day,
            as_of=NOW - number * DAY,
            path=place(study, day),
            manifest_sha256=newest.manifest_sha256,
        )
        session.add(row)
        folder_of(row).mkdir(parents=True)
        for name in ("manifest.json", "events.csv"):
            (folder_of(row) / name).write_bytes((folder_of(newest) / name).read_bytes())
        rows.append(row)
    session.commit()
    return rows


def test_old_nights_go_and_their_manifests_and_anchors_stay(
    study: Study, session: Session, app: Flask, settings: Settings
) -> None:
    rows = kept_since(study, session, NIGHTS + 4)  # to 21 March
    taken = rows[-1]
    note_download(standing(taken), "events.csv", "user:1", NOW)
    session.commit()
    anchored = len(list(anchors(settings.exports)))
    assert prune(NOW) == 3
    session.commit()
    assert prune(NOW) == 0
    there = [row.day for row in session.scalars(select(Snapshot).order_by(Snapshot.day)) if folder_of(row).is_dir()]
    assert there == [taken.day, *nights(TODAY - (NIGHTS - 1) * DAY, TODAY)]
    gone = rows[-2]
    assert files(gone) == []
    assert manifest_of(folder_of(gone)).read_bytes() == (folder_of(taken) / "manifest.json").read_bytes()
    assert len(list(anchors(settings.exports))) == anchored
    assert f"{folder_of(gone)}: put away" in command(app, "export", "verify").output


@pytest.mark.parametrize(("state", "going"), [(StudyState.CLOSED, 1), (StudyState.LOCKED, 0), (StudyState.ARCHIVED, 0)])
def test_what_a_study_was_locked_on_stays(state: StudyState, going: int, study: Study, session: Session) -> None:
    kept_since(study, session, NIGHTS + 1)
    study.state = state
    session.commit()
    assert prune(NOW) == going


def at(night: date, hour: int = 6) -> datetime:
    return datetime.combine(night, time(hour), UTC)


STOOD: list[tuple[list[tuple[int, int | None]], list[int]]] = [
    ([], []),
    ([(10, None)], []),  # one signature locks nothing
    ([(10, None), (11, None)], [*range(11, 31)]),
    ([(10, 20), (12, 20)], [*range(12, 21)]),
    ([(10, 12), (12, 20), (13, 20)], [*range(13, 21)]),  # the first was of other data, and ended before there were two
    ([(3, 5), (4, 5), (20, 22), (21, 22)], [4, 5, 21, 22]),  # locked, unlocked, and locked again
    ([(40, None), (41, None)], [30]),  # no night since: what stood there
]
"""The days from when to when each signature stood, at noon, and the nights, at six, that are the record of a lock."""


@pytest.mark.parametrize(("signed", "kept"), STOOD)
def test_what_was_made_while_it_was_locked_and_the_last_before_are_its_record(
    signed: list[tuple[int, int | None]], kept: list[int]
) -> None:
    first = date(2026, 1, 1)
    made = {first + number * DAY: at(first + number * DAY) for number in range(1, 31)}
    stood = [
        Signed(at(first + begun * DAY, 12), None if ended is None else at(first + ended * DAY, 12))
        for begun, ended in signed
    ]
    assert sorted((night - first).days for night in locked_on(made, stood)) == kept


def test_what_a_study_was_locked_on_stays_when_the_lock_is_ended(study: Study, session: Session) -> None:
    rows = kept_since(study, session, NIGHTS + 4)
    record = rows[-2]
    for role in LOCKS:
        who = user(study, role)
        session.add(
            LockSignature(
                study=study, role=role, signed_by_id=who.id, signer_name="N", meaning="m",
                signed_at=record.as_of - timedelta(hours=1), contents_sha256="0" * 64, sha256="0" * 64,
                ended_at=record.as_of + timedelta(hours=1), end_reason="An answer is put right.",
            )
        )  # fmt: skip
    study.state = StudyState.CLOSED
    session.commit()
    assert prune(NOW) == 2
    assert folder_of(record).is_dir()


def test_a_machine_that_stops_while_it_clears_away_leaves_no_half(
    study: Study, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = kept_since(study, session, NIGHTS + 1)
    rename = Path.rename

    def stopped(self: Path, target: Path) -> Path:
        rename(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt):
        prune(NOW)
    monkeypatch.undo()
    session.rollback()
    assert manifest_of(folder_of(rows[-1])).is_file()
    assert prune(NOW) == 1  # the half
    assert not list(folder_of(rows[-1]).parent.glob("*.part"))
