"""A study with staff at two sites, a patient whose task cannot wait, and a mail server."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.alerting.models import StaffAlert
from app.alerting.raising import raise_alerts
from app.alerting.sending import send_alerts
from app.config import Settings
from app.core.audit import acting
from app.core.database import transaction
from app.participants.models import Participant, Task, TaskKind
from app.participants.tasks import open_task
from app.studies.models import Membership, Protocol
from tests.factories import NOW, backtobasic, participant, user
from tests.fake_smtp.server import SmtpServer


@dataclass
class Ward:
    """Site 01 of the study: who works there, who takes part, and the clock that tells the one of the other."""

    protocol: Protocol
    person: Participant
    settings: Settings
    server: SmtpServer
    session: Session

    def staff(self, after: int | None, email: str, role: Role = Role.COORDINATOR, at_site: str | None = "01") -> User:
        """Somebody who is told after so many minutes, if at all."""
        somebody = user(self.protocol.study, role, at_site, email)
        held = self.session.scalars(select(Membership).filter_by(user_id=somebody.id)).one()
        held.alerted_after = after
        self.session.commit()
        return somebody

    def task(self, kind: TaskKind = TaskKind.SAFETY, at: datetime = NOW) -> Task:
        open_task(self.person.id, kind, at, note="odi.pain_intensity")
        self.session.commit()
        return self.session.scalars(select(Task).order_by(Task.id.desc()).limit(1)).one()

    def round(self, minutes: float = 0) -> int:
        """One turn of a clock, so many minutes after the task was made; how many mails left."""
        self.session.commit()
        now = NOW + timedelta(minutes=minutes)
        with acting("clock"), transaction():
            raise_alerts(now)
        return send_alerts(self.settings, now)

    @property
    def mailed(self) -> list[str]:
        """To whom mails arrived, in their order."""
        return [mail["To"] for mail in self.server.smtp.took]

    def ledger(self) -> list[StaffAlert]:
        self.session.expire_all()
        return list(self.session.scalars(select(StaffAlert).order_by(StaffAlert.id)))


@pytest.fixture
def ward(session: Session, settings: Settings) -> Iterator[Ward]:
    protocol = backtobasic()
    person = participant(protocol, "01")
    person.practice = False
    session.commit()
    server = SmtpServer()
    made = replace(settings, smtp_url=server.address, public_base_url="https://svar.example")
    yield Ward(protocol, person, made, server, session)
    server.close()
