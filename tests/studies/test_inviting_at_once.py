"""Invitations in the same moment: taken while it is withdrawn, and two for one address."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Conflict
from app.studies.inviting import invitation_of, invite, waiting, withdraw_invitation
from app.studies.models import Invitation
from tests.factories import NOW, backtobasic, user

ADDRESS = "new@hospital.example"


@pytest.fixture
def admin(session: Session) -> User:
    return user(backtobasic().study, Role.ADMINISTRATOR)


def test_one_that_she_took_in_that_moment_is_not_withdrawn(admin: User, session: Session) -> None:
    """The administrator's page had read it as open."""
    study = backtobasic().study
    row = invitation_of(invite(study, ADDRESS, "Marianne", Role.COORDINATOR, None, admin, NOW)[1], NOW)
    taken = update(Invitation).values(accepted_at=NOW, user_id=admin.id)
    session.execute(taken, execution_options={"synchronize_session": False})
    with pytest.raises(Conflict, match="used or ended"):
        withdraw_invitation(row, NOW)


def test_of_four_invitations_at_once_one_link_opens(app: Flask, admin: User, session: Session) -> None:
    session.commit()
    start, by = Barrier(4), admin.id

    def invite_her(_: int) -> None:
        with app.app_context(), acting("test"), transaction():
            inviter, study = db.session.get(User, by), backtobasic().study
            assert inviter is not None
            start.wait(10)
            invite(study, ADDRESS, "Marianne", Role.COORDINATOR, None, inviter, NOW)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(invite_her, range(4)))
    session.expire_all()
    assert len(waiting(backtobasic().study, NOW)) == 1
    assert len(session.scalars(select(Invitation.id)).all()) == 4
