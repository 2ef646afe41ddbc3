"""A telephone that nobody here has, and what is kept of its owner."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Stranger
from app.studies.access import Scope, admit
from app.studies.models import Study
from tests.factories import user
from tests.messages.people import enrolled, only
from tests.messages.phones import Phone

UNKNOWN = "+4799999999"
BY = "user:7"


@pytest.fixture
def phone(session: Session, client: FlaskClient, gateway: SandboxGateway) -> Phone:
    """Somebody takes part; the telephone that writes here is not hers."""
    participant = enrolled()
    only(participant, "d21")
    session.commit()
    return Phone(client, gateway, participant)


def scope_of(study: Study, at_site: str | None = "01") -> Scope:
    return admit(user(study, Role.COORDINATOR, at_site), study.code, Permission.REVEAL_CONTACT)


def only_one(session: Session) -> Stranger:
    session.expire_all()
    return session.scalars(select(Stranger)).one()
