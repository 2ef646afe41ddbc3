"""A response to day 154, the coordinator who asks for a correction, the investigator who signs it."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.instruments import instrument as definition
from app.responses.answering import submit
from app.responses.corrections import Query, ask
from app.responses.models import Answer, Correction, Response, Score
from tests.factories import user
from tests.responses.visits import D154, answers_to, participant, visit

DAY = timedelta(days=1)
ASKED_AT, SIGNED_AT = D154 + DAY, D154 + 2 * DAY


class Desk(NamedTuple):
    """A response to the visit of day 154, its coordinator and its investigator."""

    response: Response
    coordinator: User
    investigator: User

    def ask(
        self, item: str = "lifting", proposed: str = "4", instrument: str = "odi", at: datetime = ASKED_AT
    ) -> Correction:
        query = Query(instrument, item, proposed, "She chose the line above by mistake.", "Telephone note of 4 August")
        return ask(self.response, query, self.coordinator, at)


@pytest.fixture
def desk(session: Session) -> Desk:
    d154 = visit(participant(), "d154")
    response = submit(d154, answers_to(d154), D154, language="en")
    study = d154.participant.study
    return Desk(response, user(study, Role.COORDINATOR, "01"), user(study, Role.INVESTIGATOR, "01"))


def scores(session: Session, response: Response, instrument: str = "odi") -> list[Score]:
    """Its principal scores, the oldest first."""
    name = definition(instrument).scores[0].name
    query = select(Score).filter_by(response_id=response.id, instrument=instrument, name=name)
    return list(session.scalars(query.order_by(Score.id).execution_options(populate_existing=True)))


def odi_answer(session: Session, response: Response) -> Answer:
    return session.scalars(select(Answer).filter_by(response_id=response.id, instrument="odi", item="lifting")).one()
