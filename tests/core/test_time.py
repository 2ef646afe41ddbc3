"""Instants are aware and UTC; a naive one is refused before it reaches the database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from app.core.time import AnyNow, instants, machine_set_by, moved_clock, now, virtual_now
from app.studies.models import Study, StudyState

NAIVE = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - what must be refused
NEWFOUNDLAND = timezone(timedelta(hours=-3, minutes=-30))


def test_a_naive_instant_is_refused(session: Session) -> None:
    session.add(Study(code="x", title="x", state=StudyState.SETUP, created_at=NAIVE))
    with pytest.raises(StatementError, match="has no time zone"):
        session.flush()


def test_a_naive_instant_is_refused_in_a_question_too(session: Session) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        session.scalars(select(Study).where(Study.created_at < NAIVE)).all()


def test_any_zone_is_kept_as_the_same_instant_in_utc(session: Session) -> None:
    at = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=NEWFOUNDLAND)
    session.add(Study(code="x", title="x", state=StudyState.SETUP, created_at=at))
    session.flush()
    session.expire_all()
    kept = session.scalars(select(Study.created_at)).one()
    assert kept == at
    assert kept.tzinfo is UTC


def test_the_clock_is_the_worlds_unless_a_rehearsal_moves_it() -> None:
    then = datetime(2019, 1, 7, 8, 0, tzinfo=UTC)
    assert virtual_now() is None
    with moved_clock(lambda: then):
        assert now() == virtual_now() == then
        with moved_clock(lambda: then + timedelta(hours=1)):
            assert now() == then + timedelta(hours=1)
        assert now() == then
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert now().tzinfo is UTC


def test_the_clock_comes_back_after_a_fault() -> None:
    with pytest.raises(ZeroDivisionError), moved_clock(lambda: datetime(2019, 1, 7, tzinfo=UTC)):
        raise ZeroDivisionError
    assert virtual_now() is None


@pytest.mark.parametrize("by", [timedelta(hours=-1), timedelta(days=2)])
def test_a_machine_whose_time_is_wrong_shows_it_and_is_no_rehearsal(by: timedelta) -> None:
    with machine_set_by(by):
        assert abs(now() - datetime.now(UTC) - by) < timedelta(seconds=5)
        assert virtual_now() is None
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_machine_is_right_again_after_a_fault() -> None:
    with pytest.raises(ZeroDivisionError), machine_set_by(timedelta(days=2)):
        raise ZeroDivisionError
    assert abs(now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo"])
def test_a_statement_that_is_built_once_is_asked_at_any_time_and_a_week_is_a_week(session: Session, zone: str) -> None:
    """Also the week in which the session's clocks go forward."""
    session.execute(text(f"SET LOCAL TimeZone = '{zone}'"))
    week = timedelta(days=7)
    statement = select(AnyNow(), AnyNow() + week, AnyNow() - week, AnyNow() - week + week)
    for at in (datetime(2026, 3, 25, 9, tzinfo=UTC), datetime(2026, 10, 28, 9, tzinfo=UTC)):
        assert tuple(session.execute(statement, instants(at, week, -week)).one()) == (at, at + week, at - week, at)


def test_an_instant_that_a_statement_is_not_given_is_missed(session: Session) -> None:
    with pytest.raises(StatementError, match="A value is required"):
        session.scalar(select(AnyNow() + timedelta(days=7)), instants(datetime(2026, 3, 25, tzinfo=UTC)))
