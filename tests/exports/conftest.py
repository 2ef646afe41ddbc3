"""A study in which every state and every reason occurs, committed, so that exports can see it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.messages.models import MessageState
from app.participants.enrolment import withdraw
from app.participants.events import record_event
from app.participants.models import CallMade, CallOutcome
from app.responses.corrections import Query, ask
from app.studies.models import Study
from tests.databases import Reused
from tests.exports.builders import INFUSED_AT, ODI, answered, make_study, take_part, texted, visit
from tests.factories import user

NOW = datetime(2026, 4, 7, 9, 0, tzinfo=UTC)
"""Day 36: day 28 is open, day 35 still too, later visits are not due."""


@pytest.fixture
def study(session: Session, reused: Reused) -> Study:
    """Three people, of whom one stops treatment and another withdraws."""
    reused.begin_with("a study of three people", lambda: _three_people(session))
    return session.scalars(select(Study)).one()


def _three_people(session: Session) -> None:
    made = make_study(datetime(2026, 1, 15, tzinfo=UTC))
    first, second, third = (take_part(made, number) for number in ("010", "002", "003"))
    answered(visit(first, "d0"), INFUSED_AT - timedelta(days=2), ODI)
    texted(visit(first, "d7"))
    texted(visit(first, "d14"), MessageState.FAILED)
    texted(visit(first, "d21"), MessageState.ACCEPTED)
    visit(first, "d35").opened_at = NOW - timedelta(hours=1)
    answered(visit(first, "d28"), NOW - timedelta(days=1), {**ODI, "sex_life": None})
    answered(visit(second, "d0"), INFUSED_AT + timedelta(hours=3, microseconds=700), ODI)
    texted(visit(second, "d7"), MessageState.SUPPRESSED)
    answered(visit(second, "d14"), visit(second, "d14").due_at, {"now": 7, "worst": 8}, "nrs_lbp_week", partial=True)
    record_event(second, "treatment_stopped", NOW - timedelta(days=3), NOW)
    asked_about = answered(visit(third, "d0"), INFUSED_AT - timedelta(days=1), {**ODI, "lifting": 5, "walking": None})
    coordinator = user(made, Role.COORDINATOR)
    ask(asked_about, Query("odi", "lifting", "4", "=She chose the line above.", "Note"), coordinator, NOW)
    called = {"made_by": f"user:{coordinator.id}", "made_at": NOW, "outcome": CallOutcome.REACHED}
    session.add(CallMade(participant=third, **called))
    withdraw(third, "=moved abroad, to Tromsø", datetime.combine(date(2026, 3, 20), NOW.timetz()))
    session.commit()
    session.expunge_all()
