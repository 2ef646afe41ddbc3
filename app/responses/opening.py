"""What a link opens, in one question to the database: the visit, its draft, the PIN, and which wordings there are."""

from dataclasses import dataclass

from app.core.database import db
from app.participants.models import Contact
from app.responses.answering import Held
from app.responses.drafts import opened
from app.responses.models import Draft
from app.responses.wordings import newest
from app.schedule.links import BY_ID, current, signed
from app.schedule.models import Assessment


@dataclass(frozen=True)
class Opening:
    """A visit; its draft, still closed; whether a PIN stands before it; the wording installed last."""

    assessment: Assessment
    draft_sealed: bytes | None
    pin: bool
    wordings: str | None

    @property
    def fields(self) -> dict[str, str]:
        """What was answered before."""
        return opened(self.assessment.id, self.draft_sealed)

    @property
    def held(self) -> Held:
        """What `submit` and `save_draft` need of a visit that was opened to be held."""
        return Held(self.assessment.submitted_at, self.assessment.opened_at, self.wordings)


QUERY = (
    BY_ID.add_columns(Draft.answers_sealed, Contact.pin_hash.is_not(None), newest())
    .outerjoin(Draft, Draft.assessment_id == Assessment.id)
    .outerjoin(Contact, Contact.participant_id == Assessment.participant_id)
)
HOLDING = QUERY.with_for_update(of=Assessment).execution_options(populate_existing=True)


def opening(token: str, *, hold: bool = False) -> Opening:
    """What this link opens; errors as `resolve`. Held, the visit is ours until the transaction ends."""
    assessment_id, version = signed(token)
    found = db.session.execute(HOLDING if hold else QUERY, {"id": assessment_id}).one_or_none()
    assessment, *facts = found or (None, None, False, None)
    return Opening(current(assessment, version), *facts)
