"""A visit, two of the staff who may type it, and what a form of theirs sends."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.responses.answering import response_to
from app.responses.models import Answerer, Mode, Response
from app.responses.staff_entry import (
    AboutEntry,
    enter,
)
from app.schedule.models import Assessment
from tests.factories import user
from tests.responses.visits import INFUSION, answers_to, participant, visit

DAY = timedelta(days=1)
D154 = date(2026, 8, 3)
TYPED = datetime(2026, 9, 22, 8, 0, tzinfo=INFUSION.tzinfo)
"""Weeks after the window of day 154 has closed, grace and all."""


class Desk(NamedTuple):
    """A visit, and two who may type it."""

    visit: Assessment
    first: User
    other: User

    def about(self, **changes: Any) -> AboutEntry:
        facts: dict[str, Any] = {
            "mode": Mode.PAPER,
            "answered_by": Answerer.HERSELF,
            "answered_on": D154,
            "scan": "binder 3",
        }
        return AboutEntry(**(facts | changes))

    def enter(self, fields: dict[str, str], now: datetime = TYPED, **changes: Any) -> bool:
        return enter(self.visit, self.about(**changes), fields, self.first, now)

    @property
    def response(self) -> Response:
        response = response_to(self.visit)
        assert response is not None
        return response


def fields_of(assessment: Assessment, **changes: str | None) -> dict[str, str]:
    """Every question answered, as a form sends it, with these changed or left out."""
    given = {f"{code}.{item}": str(value) for code, of in answers_to(assessment).items() for item, value in of.items()}
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return {name: value for name, value in (given | changed).items() if value is not None}


def desk_of(code: str, changes: dict[str, str] | None = None, *, given: bool = True) -> Desk:
    assessment = visit(participant(given=given, changes=changes), code)
    study = assessment.participant.study
    return Desk(assessment, user(study, Role.COORDINATOR, "01"), user(study, Role.COORDINATOR, "01"))


@pytest.fixture
def desk(session: Session) -> Desk:
    return desk_of("d154")
