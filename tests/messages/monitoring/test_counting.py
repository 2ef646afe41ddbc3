"""A clock counts with its database, and so notices when a snapshot of a moment ago was put in its place."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.core.incarnation import ClockDisk
from app.messages import breaker
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Sent
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.holding import Memory
from app.participants.models import Participant
from tests.messages.monitoring.due import due as due
from tests.messages.monitoring.due import texts
from tests.messages.people import INVITED


def counts(session: Session) -> list[int]:
    session.rollback()
    return list(session.scalars(select(ClockDisk.count).order_by(ClockDisk.id)))


def on_disk(folder: Path) -> int:
    memory = holding.remembered(folder)
    assert memory is not None
    return memory.count


def put_back(session: Session, to: int) -> None:
    """The database is as it was when its clock had counted so far."""
    session.execute(update(ClockDisk).values(count=to))
    session.commit()


def test_f39_a_snapshot_of_a_second_ago_is_seen_by_the_clock_that_sent_since(
    session: Session, app: Flask, due: Path
) -> None:
    gateway = SandboxGateway(app.extensions["settings"])
    holding.remember(due, INVITED)
    for job in clock.JOBS[:4]:
        clock.run(job, gateway, INVITED)
    at_the_snapshot = counts(session)[0]
    clock.deliver(gateway, INVITED)
    assert texts(session) == [MessageState.ACCEPTED]
    put_back(session, at_the_snapshot)
    session.execute(update(Message).values(state=MessageState.QUEUED))
    session.commit()
    clock.deliver(gateway, INVITED + timedelta(seconds=1))
    assert texts(session) == [MessageState.QUEUED]
    assert breaker.halts() == ("the database was restored: the clock remembers a later one",)


def test_a_clock_counts_in_each_round_and_again_between_claiming_and_sending(
    session: Session, app: Flask, due: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = SandboxGateway(app.extensions["settings"])
    seen: list[tuple[int, int, list[MessageState]]] = []
    sends = SandboxGateway.send

    def look(self: SandboxGateway, text: Outgoing, now: datetime) -> Sent:
        seen.append((counts(session)[0], on_disk(due), texts(session)))
        return sends(self, text, now)

    holding.remember(due, INVITED)
    clock.deliver(gateway, INVITED)  # nothing is queued yet
    assert (counts(session), on_disk(due)) == ([2], 2)
    for job in clock.JOBS[:4]:
        clock.run(job, gateway, INVITED)
    monkeypatch.setattr(SandboxGateway, "send", look)
    clock.deliver(gateway, INVITED)
    assert seen == [(4, 4, [MessageState.SENDING])]


@pytest.mark.parametrize("fails", ["the disk is full", "the database is away"])
def test_what_a_clock_cannot_note_keeps_no_text_back_and_its_job_fails(
    session: Session, app: Flask, due: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    gateway = SandboxGateway(app.extensions["settings"])
    holding.remember(due, INVITED)

    def broken(*_: object) -> Memory:
        raise OSError(28, fails) if "disk" in fails else OperationalError("", {}, Exception(fails))

    monkeypatch.setattr(holding, "_write" if "disk" in fails else "_counted", broken)
    for job in clock.JOBS[:5]:
        clock.run(job, gateway, INVITED)
    assert texts(session) == [MessageState.ACCEPTED]
    assert on_disk(due) == 1
    remembering = next(job for job in clock.SLOW_JOBS if job.name == holding.REMEMBERING)
    assert not clock.run(remembering, gateway, INVITED)


def test_a_clock_that_was_killed_before_it_could_note_holds_nothing(session: Session, due: Path) -> None:
    holding.remember(due, INVITED)
    put_back(session, 9)
    assert not holding.hold_if_strange(due, INVITED)
    holding.remember(due, INVITED)
    assert (counts(session), on_disk(due)) == ([10], 10)


def test_two_clocks_count_each_for_itself_and_two_of_one_disk_together(
    session: Session, participant: Participant, tmp_path: Path
) -> None:
    heartbeats.beat(holding.REMEMBERING, INVITED)
    for folder in ("first", "first", "second", "first"):
        holding.remember(tmp_path / folder, INVITED)
    assert counts(session) == [3, 1]
    assert (on_disk(tmp_path / "first"), on_disk(tmp_path / "second")) == (3, 1)
    put_back(session, 2)
    assert not holding.hold_if_strange(tmp_path / "second", INVITED)
    assert holding.hold_if_strange(tmp_path / "first", INVITED)


def test_what_a_clock_counted_is_not_lost_with_a_server_that_may_lose_its_last_commits(
    session: Session, participant: Participant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of tests is such a one."""
    said: list[str] = []

    def counting(memory: Memory | None, now: datetime) -> Memory:
        after = counted(memory, now)
        said.append(session.scalar(text("SHOW synchronous_commit")) or "")
        return after

    counted = holding._counted
    assert session.scalar(text("SHOW synchronous_commit")) == "off"
    monkeypatch.setattr(holding, "_counted", counting)
    holding.remember(tmp_path, INVITED)
    assert said == ["on"]
    assert session.scalar(text("SHOW synchronous_commit")) == "off"
