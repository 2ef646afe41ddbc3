"""A fault of ours about one message holds up that message alone, and is told."""

import logging
from collections.abc import Container
from datetime import date, timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages import reading
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats
from app.schedule.public_holidays import holidays_at
from app.studies.protocol import Protocol
from tests.messages.books import closed, states
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, TOGETHER, enrolled, minutes, only, pair

SEASON = frozenset(INVITED.date() + timedelta(days=number) for number in range(-10, 80))


class Broken(Container[date]):
    """A calendar that fails when it is asked."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def __contains__(self, day: object) -> bool:
        raise self.fault


def three_people(session: Session) -> None:
    """Two at one site and one, who is first in the queue, at another."""
    for number, site in ((1, "02"), (2, "01"), (3, "01")):
        only(enrolled(number, at=site), "d7")
    session.commit()


def test_ninety_days_off_in_a_row_stop_no_text(session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    three_people(session)
    monkeypatch.setattr(reading, "holidays_at", lambda plan, site: SEASON)
    tick(Provider(), INVITED)
    assert states(session) == [MessageState.ACCEPTED] * 3


@pytest.mark.parametrize(
    "fault",
    [
        ValueError("no day"),
        KeyError("holiday"),
        ZoneInfoNotFoundError("No time zone found"),
        TypeError("None"),
        AttributeError("zone"),
        OverflowError("date value out of range"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_what_cannot_be_decided_about_one_person_waits_and_the_others_leave(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    three_people(session)

    def calendars(plan: Protocol, site: str) -> Container[date]:
        return Broken(fault) if site == "02" else frozenset()

    gateway = Provider()
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "svar.alert"):
        broken.setattr(reading, "holidays_at", calendars)
        for minute in (0, 1, 2):
            tick(gateway, INVITED + minutes(minute))
    hers, *others = session.scalars(select(Message).order_by(Message.owed_at, Message.id)).all()
    assert (hers.state, hers.not_before) == (MessageState.QUEUED, INVITED + minutes(15))
    assert [other.state for other in others] == [MessageState.ACCEPTED] * 2
    expected = f"whether message {hers.id} may leave cannot be decided ({type(fault).__name__}): it waits"
    assert [record.getMessage() for record in caplog.records] == [expected]
    session.rollback()
    tick(gateway, INVITED + minutes(15))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert closed(session, INVITED + minutes(15))


def test_a_fault_that_lasts_is_told_once_a_day_for_each_text_until_it_is_over(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    only(enrolled(1), "d7")
    session.commit()
    monkeypatch.setattr(reading, "holidays_at", lambda plan, site: Broken(ValueError("no day")))
    minutes_told = []
    for minute in (0, 15, 30, 60, 12 * 60, 23 * 60, 24 * 60, 24 * 60 + 16, 24 * 60 + 31, 47 * 60):
        caplog.clear()
        tick(Provider(), INVITED + minutes(minute))
        minutes_told += [minute] * len([record for record in caplog.records if record.name == "svar.alert"])
    assert minutes_told == [0, 24 * 60 + 16]
    only(enrolled(2), "d7")
    session.commit()
    caplog.clear()
    tick(Provider(), INVITED + minutes(47 * 60 + 1))
    assert len([record for record in caplog.records if record.name == "svar.alert"]) == 1, (
        "another's, for the first time"
    )


@pytest.mark.parametrize(("days", "kept"), [(0, 2), (1, 2), (2, 1), (3, 0)])
def test_the_mark_of_a_fault_goes_two_days_after_it_was_last_told(
    session: Session, app: Flask, days: int, kept: int
) -> None:
    heartbeats.beat(f"{heartbeats.FAULT}1", INVITED)
    heartbeats.beat(f"{heartbeats.FAULT}2", INVITED + timedelta(hours=1))
    heartbeats.forget([], INVITED + timedelta(days=days, minutes=1))
    assert len(heartbeats.last()) == kept


def test_what_cannot_be_decided_about_the_second_of_two_questions_holds_not_the_first(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would leave in one text."""
    pair(text=TOGETHER)
    session.commit()
    usual, sites = holidays_at, list[str]()

    def second_time(plan: Protocol, site: str) -> Container[date]:
        sites.append(site)
        return Broken(ValueError("no day")) if len(sites) == 2 else usual(plan, site)

    gateway = Provider()
    with monkeypatch.context() as broken:
        broken.setattr(reading, "holidays_at", second_time)
        tick(gateway, INVITED)
    assert sorted(states(session)) == [MessageState.ACCEPTED, MessageState.QUEUED]
    tick(gateway, INVITED + minutes(15))
    assert states(session) == [MessageState.ACCEPTED] * 2
