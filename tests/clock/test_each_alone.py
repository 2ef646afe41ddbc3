"""The job that plans goes from one person to the next: whoever something is wrong with keeps nobody else waiting."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.monitoring import heartbeats
from app.participants import leaving
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Departure, Participant
from app.schedule import planning
from app.schedule.dating import Anchored
from app.schedule.models import Assessment
from tests.messages.people import BEFORE, cohort

(PLAN,) = (job for job in clock.JOBS if job.name == "plan")
DAY = timedelta(days=1)


@pytest.fixture
def people(session: Session) -> list[Participant]:
    """Three with an anchor, and no plan yet."""
    made = cohort(3)
    for assessment in session.scalars(select(Assessment).order_by(Assessment.id)).all():
        session.delete(assessment)
    session.commit()
    return made


@pytest.fixture
def job(app: Flask, settings: Any) -> Callable[[], bool]:
    gateway = SandboxGateway(settings)
    return lambda: clock.run(PLAN, gateway, BEFORE + 2 * DAY)


def breaks_for(person: int, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    insert = planning._insert

    def breaking(people: list[Anchored], now: datetime, **more: Any) -> Any:
        if person in [each.participant_id for each in people]:
            raise error
        return insert(people, now, **more)

    monkeypatch.setattr(planning, "_insert", breaking)


def planned(session: Session) -> set[int]:
    session.expire_all()
    return set(session.scalars(select(Assessment.participant_id)))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_who_cannot_be_planned_keeps_no_other_without_a_plan_and_the_job_is_told_of(
    session: Session, people: list[Participant], job: Callable[[], bool], monkeypatch: pytest.MonkeyPatch, place: int,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    ids = [person.id for person in people]
    breaks_for(ids[place], monkeypatch, ValueError("+4740000001 is nobody's"))
    assert not job()
    assert planned(session) == {*ids} - {ids[place]}
    assert heartbeats.failing(heartbeats.last()) == ["plan"]
    assert "+47" not in caplog.text
    monkeypatch.undo()
    assert job()
    assert planned(session) == {*ids}


def test_whose_leaving_cannot_take_effect_keeps_nobody_without_a_plan(
    session: Session, people: list[Participant], job: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, write = {person.id for person in people}, leaving._write
    for person in people[:2]:
        leave(person, LeavingGrade.NO_QUESTIONNAIRES, BEFORE.date() + DAY, "wished it", BEFORE)
    session.commit()

    def breaking(departure: Departure) -> None:
        if departure.participant_id == people[0].id:
            raise ValueError
        write(departure)

    monkeypatch.setattr(leaving, "_write", breaking)
    assert not job()
    assert planned(session) == ids - {people[1].id}
    assert [person.withdrawn_at is not None for person in people] == [False, True, False]
    assert [person.left_as for person in people] == [None, LeavingGrade.NO_QUESTIONNAIRES, None]


def test_a_database_that_is_busy_is_everybody_s_and_nothing_is_half_done(
    session: Session, people: list[Participant], job: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks_for(people[2].id, monkeypatch, OperationalError("INSERT", {}, ConnectionError()))
    assert not job()
    assert planned(session) == set()
