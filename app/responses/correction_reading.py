"""What somebody looks at who asks for a correction: the responses of a participant, the answers of one as they hold."""

from dataclasses import dataclass

from sqlalchemy import select

from app.core.database import db
from app.core.problems import NotFound
from app.instruments.plain_signs import plain
from app.participants.models import Participant
from app.participants.visible import visible
from app.responses.corrections import current_values
from app.responses.models import Answer, Response
from app.responses.questionnaire import answered, worded
from app.responses.wordings import newest
from app.schedule.models import Assessment
from app.studies.access import Scope


@dataclass(frozen=True)
class AnswerInForce:
    """An item of a response: what was asked, what she answered, and what holds now."""

    instrument: str
    item: str
    text: str
    original: str | None
    current: str | None

    @property
    def is_corrected(self) -> bool:
        """Whether what holds now is not what she answered."""
        return self.current != self.original


def responses_of(participant: Participant) -> list[Response]:
    """Her responses, by the day of the visit."""
    query = select(Response).join(Response.assessment).where(Assessment.participant_id == participant.id)
    return list(db.session.scalars(query.order_by(Assessment.day, Assessment.id)))


def response_at(scope: Scope, code: str, visit: str) -> Response:
    """The response of a participant's visit at her sites; NotFound alike for none and for one of another site."""
    query = select(Response).join(Response.assessment).join(Assessment.participant)
    query = query.where(visible(scope))
    response = db.session.scalar(query.where(Participant.code == plain(code).strip(), Assessment.visit == visit))
    if response is None:
        raise NotFound("There is no response to this visit at your sites.")
    return response


def questions(response: Response) -> list[AnswerInForce]:
    """Every item of the response in the order of the page, in the language in which it was asked."""
    last, current = db.session.scalar(select(newest())), current_values(response)
    rows = db.session.scalars(
        select(Answer).filter_by(response_id=response.id).order_by(Answer.position, Answer.id)
    ).all()
    words = {
        code: worded(response.assessment, answered(response, code), last).wording(response.language)
        for code in dict.fromkeys(row.instrument for row in rows)
    }
    return [
        AnswerInForce(
            row.instrument,
            row.item,
            words[row.instrument].item(row.item).text,
            row.value,
            current[row.instrument, row.item],
        )
        for row in rows
    ]
