"""Desks at which somebody sits, on the clock of the tests."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.studies.models import Protocol, Study
from tests.factories import NOW, Browser, backtobasic, begun, user
from tests.web.desk.desks import Desk


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Desk]:
    """An investigator of the whole study."""
    yield from _seated(app, session, Role.INVESTIGATOR)


@pytest.fixture
def coordinators_desk(app: Flask, session: Session) -> Iterator[Desk]:
    """A coordinator of site 01."""
    yield from _seated(app, session, Role.COORDINATOR, "01")


def _seated(app: Flask, session: Session, role: Role, at_site: str | None = None) -> Iterator[Desk]:
    def make() -> User:
        return user(backtobasic().study, role, at_site)

    member = session.scalars(select(User)).one() if begun(("desk", role, at_site), make) else make()
    session.commit()
    protocol = session.scalars(select(Protocol).join(Study).filter_by(code="backtobasic")).one()
    with moved_clock(lambda: NOW):
        yield Desk(protocol, Browser(app, member), session, member)
