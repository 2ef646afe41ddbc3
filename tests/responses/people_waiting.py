"""People of BackToBasic who have one visit to answer, and the scope of who looks for them."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.participants.models import Participant
from app.schedule.compliance import assessments
from app.schedule.models import Assessment
from app.studies.access import Scope, admit
from app.studies.models import Protocol
from tests.factories import backtobasic, infused, oslo, participant, submitted, user, visit

DAY0 = date(2026, 1, 2)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


def scope(protocol: Protocol, at_site: str | None = None) -> Scope:
    role = Role.COORDINATOR if at_site else Role.INVESTIGATOR
    return admit(user(protocol.study, role, at_site), protocol.study.code, Permission.VIEW_PARTICIPANT)


def someone(protocol: Protocol, day0: date = DAY0, at_site: str = "01") -> Participant:
    person = participant(protocol, at_site)
    infused(person, oslo(day0))
    return person


def only(person: Participant, code: str) -> Assessment:
    """Her one visit that is not answered; all others are."""
    for row in assessments(person.study):
        if row.participant is person and row.visit != code:
            submitted(row, row.opens_at + HOUR)
    return visit(person, code)
