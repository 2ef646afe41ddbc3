"""Desks at which somebody sits, on the clock of the tests."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from tests.web.desk.desks import Desk, seated


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Desk]:
    """An investigator of the whole study."""
    yield from seated(app, session, Role.INVESTIGATOR)


@pytest.fixture
def coordinators_desk(app: Flask, session: Session) -> Iterator[Desk]:
    """A coordinator of site 01."""
    yield from seated(app, session, Role.COORDINATOR, "01")
