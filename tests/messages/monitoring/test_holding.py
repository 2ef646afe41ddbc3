"""A clock holds every text while its database is not the one that it remembers."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import clock
from app.cli import clock as running
from app.core import incarnation
from app.core.time import moved_clock
from app.messages import breaker
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import MessageState
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.holding import Life, Memory, why_strange
from app.messages.receiving import restoring
from app.participants.models import Participant
from tests.messages.monitoring.due import due as due
from tests.messages.monitoring.due import texts
from tests.messages.people import INVITED, minutes

HOUR = timedelta(hours=1)
OURS = Life(marks=("b", "a"), home="here", place="here", ran_at=INVITED, has_people=True)
KNOWN = Memory(INVITED, "b", "here")
COUNTED = replace(KNOWN, disk="d", count=7)


@pytest.mark.parametrize(
    ("memory", "life", "strange"),
    [
        (KNOWN, OURS, None),
        (replace(KNOWN, ran_at=INVITED - HOUR), OURS, None),  # another clock ran since
        (replace(KNOWN, ran_at=INVITED + holding.HOLDING_TOLERANCE), OURS, None),
        (replace(KNOWN, ran_at=INVITED + holding.HOLDING_TOLERANCE + minutes(1)), OURS, "remembers a later one"),
        (KNOWN, replace(OURS, ran_at=None), "remembers a later one"),
        (replace(KNOWN, incarnation="c"), OURS, "remembers another one"),
        (replace(KNOWN, incarnation="c"), replace(OURS, place="there"), "not where it was"),
        (replace(KNOWN, place="there"), OURS, "remembers another place"),
        (KNOWN, replace(OURS, place="there"), "not where it was"),
        (replace(KNOWN, incarnation="a", place="there"), OURS, None),  # whoever began b has held every text
        (replace(KNOWN, incarnation="a", ran_at=INVITED + HOUR), OURS, None),
        (None, OURS, "remembers nothing"),
        (None, replace(OURS, place="there"), "not where it was"),
        (None, replace(OURS, has_people=False), None),  # a new installation
        (None, replace(OURS, has_people=False, place="there"), None),
        (replace(KNOWN, incarnation="c"), replace(OURS, has_people=False), None),
        (Memory(INVITED), OURS, None),  # of a clock of an earlier version
        (Memory(INVITED + HOUR), OURS, "remembers a later one"),
        (Memory(INVITED), replace(OURS, ran_at=None), "remembers a later one"),
        (COUNTED, replace(OURS, count=7), None),
        (COUNTED, replace(OURS, count=8), None),  # a process was killed between counting there and noting it here
        (COUNTED, replace(OURS, count=6), "remembers a later one"),  # a snapshot of a second ago
        (COUNTED, OURS, "remembers a later one"),  # of before this disk ever counted
        (replace(COUNTED, ran_at=INVITED + HOUR), replace(OURS, count=7), None),  # its count says more than the hour
        (COUNTED, replace(OURS, ran_at=None, count=7), None),
        (replace(COUNTED, incarnation="a"), OURS, None),
        (replace(COUNTED, incarnation="c"), replace(OURS, count=7), "remembers another one"),
        (COUNTED, replace(OURS, count=6, has_people=False), None),
    ],
)
def test_when_a_database_may_have_forgotten_texts(memory: Memory | None, life: Life, strange: str | None) -> None:
    because = why_strange(memory, life)
    assert because is None if strange is None else strange in (because or "")


def test_a_reason_fits_its_column() -> None:
    lives = [replace(OURS, place="there"), OURS, replace(OURS, ran_at=None)]
    memories = [None, KNOWN, replace(KNOWN, incarnation="c"), replace(KNOWN, place="there")]
    assert max(len(why_strange(memory, life) or "") for memory in memories for life in lives) <= 200


@pytest.mark.parametrize(
    "written",
    [
        None, "", "yesterday", "{", "{}", '{"ran_at": 5}', "[]", '{"ran_at": "2026-09-22T07:00:00"}',
        '{"ran_at": "2026-09-22T07:00:00+00:00", "count": null}',
        '{"ran_at": "2026-09-22T07:00:00+00:00", "count": "x"}',
    ],
)  # fmt: skip
def test_a_machine_that_remembers_nothing_readable_holds_every_text(
    session: Session, participant: Participant, tmp_path: Path, written: str | None
) -> None:
    if written is not None:
        (tmp_path / holding.FILE).write_text(written, "utf-8")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    assert holding.remembered(tmp_path) is None
    assert holding.hold_if_strange(tmp_path, INVITED)
    assert breaker.halts() == ("a clock began that remembers nothing of this database",)


def test_a_new_installation_holds_nothing_and_remembers_from_then_on(session: Session, tmp_path: Path) -> None:
    assert not holding.hold_if_strange(tmp_path, INVITED)
    holding.remember(tmp_path, INVITED)
    remembered = holding.remembered(tmp_path)
    assert remembered is not None
    assert replace(remembered, disk="d") == Memory(INVITED, incarnation.present().mark, incarnation.place(), "d", 1)
    assert len(remembered.disk or "") == 32
    assert [path.name for path in tmp_path.iterdir()] == [holding.FILE]


ELSEWHERE = "7712500525951822996/00000002/16386/16802"


def moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is a copy of itself, on another timeline."""
    monkeypatch.setattr(incarnation, "place", lambda: ELSEWHERE)


def test_an_empty_database_is_new_wherever_it_comes_from(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incarnation.present()
    moved(monkeypatch)
    holding.remember(tmp_path, INVITED)
    assert incarnation.present().home == incarnation.place() == ELSEWHERE
    assert len(incarnation.marks()) == 2


def test_a_database_with_people_that_is_elsewhere_is_not_taken_for_new(
    session: Session, participant: Participant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incarnation.present()
    moved(monkeypatch)
    holding.remember(tmp_path, INVITED)
    assert len(incarnation.marks()) == 1
    assert holding.hold_if_strange(tmp_path, INVITED)


def test_the_memory_of_an_earlier_version_is_read(session: Session, participant: Participant, tmp_path: Path) -> None:
    (tmp_path / holding.FILE).write_text(INVITED.isoformat(), "utf-8")
    assert holding.remembered(tmp_path) == Memory(INVITED)
    heartbeats.beat(holding.REMEMBERING, INVITED)
    assert not holding.hold_if_strange(tmp_path, INVITED)


def test_the_first_reason_of_a_hold_stands(
    session: Session, participant: Participant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert holding.hold_if_strange(tmp_path, INVITED)
    moved(monkeypatch)
    assert holding.hold_if_strange(tmp_path, INVITED + HOUR)
    assert breaker.holds() == {breaker.RESTORED: INVITED}
    assert breaker.halts() == ("a clock began that remembers nothing of this database",)


def test_an_operators_hold_does_not_hide_that_of_a_restore(
    session: Session, participant: Participant, tmp_path: Path
) -> None:
    breaker.hold("a drill", INVITED)
    assert holding.hold_if_strange(tmp_path, INVITED)
    breaker.release()
    halt = breaker.standing("sandbox", INVITED).halt
    assert halt is not None
    assert "remembers nothing" in halt.because


@pytest.mark.parametrize(
    ("away", "waits"),
    [
        (None, False),  # no clock has ever run here
        (timedelta(0), False),
        (timedelta(minutes=10), False),
        (timedelta(minutes=10, microseconds=1), True),
        (timedelta(hours=1), True),
        (timedelta(hours=-1), False),  # the time was moved back; nothing was left undone
    ],
)
def test_f35_texts_wait_one_round_when_the_clock_was_away_for_more_than_ten_minutes(
    session: Session, away: timedelta | None, waits: bool
) -> None:
    if away is not None:
        heartbeats.beat("deliver", INVITED - away)
    assert holding.waits_after_leap(INVITED) is waits
    assert not holding.waits_after_leap(INVITED), "one round and no more"


@pytest.mark.usefixtures("tables_only")
def test_f39_a_clock_without_a_memory_sends_nothing_until_an_operator_released_it(
    session: Session, app: Flask, due: Path
) -> None:
    run = app.test_cli_runner().invoke
    with moved_clock(lambda: INVITED):
        assert run(args=["clock", "--once"]).exit_code == 0
        assert texts(session) == [MessageState.QUEUED]
    with moved_clock(lambda: INVITED + minutes(1)):
        refused = run(args=["messages", "release"])
        assert (refused.exit_code, "flask ops release" in refused.output) == (1, True)
        assert run(args=["clock", "--once"]).exit_code == 0
        assert texts(session) == [MessageState.QUEUED], "it learned, and is held all the same"
        released = run(args=["ops", "release", "--nothing-lost"])
        assert (released.exit_code, released.output) == (0, "Texts leave again.\n")
        assert run(args=["clock", "--once"]).exit_code == 0
    assert texts(session) == [MessageState.ACCEPTED]


def test_f39_a_restore_between_two_rounds_is_seen_before_the_next_text(
    session: Session, app: Flask, due: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = SandboxGateway(app.extensions["settings"])
    holding.remember(due, INVITED)
    heartbeats.beat(holding.REMEMBERING, INVITED)
    session.commit()
    for job in clock.JOBS[:4]:
        clock.run(job, gateway, INVITED)
    moved(monkeypatch)
    clock.run(next(job for job in clock.JOBS if job.name == "deliver"), gateway, INVITED)
    assert texts(session) == [MessageState.QUEUED]
    assert breaker.halts() == ("the database was restored or moved: it is not where it was",)


@pytest.mark.parametrize("runs", [True, False])
def test_a_clock_on_a_new_machine_learns_of_one_that_runs_and_holds_where_none_does(
    session: Session, due: Path, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    heartbeats.beat(holding.REMEMBERING, INVITED - HOUR)
    session.commit()
    rounds = iter([False, runs, False, False])

    def sleep(_: float) -> None:
        if next(rounds, False):
            heartbeats.beat(holding.REMEMBERING, INVITED)
            session.commit()

    monkeypatch.setattr(time, "sleep", sleep)
    with moved_clock(lambda: INVITED):
        running._meet(due, 0.2)
    assert bool(breaker.halts()) is not runs
    assert (holding.remembered(due) is not None) is runs


def test_a_clock_that_was_away_during_a_restore_holds_nothing_that_was_released(
    session: Session, participant: Participant, tmp_path: Path
) -> None:
    holding.remember(tmp_path, INVITED)
    restoring.begin(INVITED - HOUR, INVITED)
    restoring.release(INVITED)
    assert not holding.hold_if_strange(tmp_path, INVITED + HOUR)
    assert breaker.halts() == ()


def test_what_is_remembered_names_nobody(session: Session, participant: Participant, tmp_path: Path) -> None:
    holding.remember(tmp_path, INVITED)
    assert set(json.loads((tmp_path / holding.FILE).read_text("utf-8"))) == {
        "ran_at", "incarnation", "place", "disk", "count",
    }  # fmt: skip
