"""What a link opens, in one question to the database: the draft, the PIN, and which wordings there are."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.core.database import db
from app.participants.models import Contact
from app.responses.drafts import opened
from app.responses.models import Draft
from app.responses.wordings import newest
from app.schedule.models import Assessment


@dataclass(frozen=True)
class Opening:
    """Fields answered before; whether a PIN stands before them; the wording installed last."""

    fields: dict[str, str]
    pin: bool
    wordings: str | None


QUERY = (
    select(Draft.answers_sealed, Contact.pin_hash.is_not(None), newest())
    .select_from(Assessment)
    .outerjoin(Draft, Draft.assessment_id == Assessment.id)
    .outerjoin(Contact, Contact.participant_id == Assessment.participant_id)
    .where(Assessment.id == bindparam("assessment_id"))
)


def opening(assessment: Assessment) -> Opening:
    """What this assessment's page needs to know."""
    sealed, pin, wordings = db.session.execute(QUERY, {"assessment_id": assessment.id}).one()
    return Opening(opened(assessment.id, sealed), pin, wordings)
