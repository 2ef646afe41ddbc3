"""A desk with somebody at it, and what tests of its pages do there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.messages.models import Message, MessageState
from app.participants.models import Participant
from app.schedule.planning import plan
from app.studies.models import Protocol, Study
from tests.factories import (
    NOW,
    Browser,
    backtobasic,
    begun,
    infused,
    message,
    oslo,
    participant,
    planned,
    submitted,
    user,
    visit,
)

DESK = "/desk/backtobasic/"
PEOPLE = f"{DESK}participants/"
DAY0 = date(2026, 1, 2)
GOOD = {"site": "01", "phone": "406 12 345", "consent": "1.0", "enrolled_on": "2026-03-02", "language": "nb"}


def nobody(protocol: Protocol) -> None:
    """Nobody takes part yet."""


@dataclass
class Desk:
    """The study, and a member of its staff who is signed in."""

    protocol: Protocol
    browser: Browser
    session: Session
    member: User

    def someone(self, at_site: str = "01", day0: date = DAY0) -> Participant:
        """Enrolled ten days before her infusion on `day0`."""
        return someone(self.protocol, at_site, day0)

    def page(self, path: str = "") -> str:
        """What the member of staff sees."""
        self.session.commit()
        answer = self.browser.get(DESK + path)
        assert answer.status_code == 200
        return answer.text

    def enrol(self, **fields: str) -> TestResponse:
        """Send the form of enrolment, with these fields changed."""
        return self.browser.post(f"{PEOPLE}new", **(GOOD | fields))

    def send(self, person: Participant, form: str, **fields: str) -> TestResponse:
        """Send one of the forms of a participant's page."""
        self.session.commit()
        answer = self.browser.post(f"{PEOPLE}{person.code}/{form}", **fields)
        self.session.expire_all()
        return answer

    def count(self, table: type) -> int:
        """How many rows there are."""
        return self.session.scalar(select(func.count()).select_from(table)) or 0


def someone(protocol: Protocol, at_site: str = "01", day0: date = DAY0) -> Participant:
    """Enrolled ten days before her infusion on `day0`."""
    person = participant(protocol, at_site, now=oslo(day0) - timedelta(days=10))
    planned(person, day0, oslo(day0) - timedelta(days=9))
    infused(person, oslo(day0))
    return person


def seated(
    app: Flask,
    session: Session,
    role: Role,
    at_site: str | None = None,
    people: Callable[[Protocol], object] = nobody,
) -> Iterator[Desk]:
    """Somebody in this role at her desk, in a study with these people: both are brought back if made before."""

    def make() -> User:
        protocol = backtobasic()
        member = user(protocol.study, role, at_site)
        people(protocol)
        return member

    key = ("desk", role, at_site, people.__module__, people.__qualname__)
    member = session.scalars(select(User)).one() if begun(key, make) else make()
    session.commit()
    protocol = session.scalars(select(Protocol).join(Study).filter_by(code="backtobasic")).one()
    with moved_clock(lambda: NOW):
        yield Desk(protocol, Browser(app, member), session, member)


def text(to: Participant, code: str, state: MessageState, at: datetime = NOW) -> Message:
    """An invitation to this visit; there may be several, so each has a key of its own."""
    assessment = visit(to, code)
    return message(assessment, state, at, dedupe_key=f"{assessment.id}:{at.timestamp()}")


def answer_all(person: Participant) -> None:
    """Everything that has opened so far is answered at once."""
    for row in plan(person, NOW):
        if row.opens_at < NOW:
            submitted(row, row.opens_at + timedelta(hours=10))


def shown(page: str) -> list[str]:
    return re.findall(r'id="p-([^"]+)"', page)
