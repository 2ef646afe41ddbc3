"""What a link opens, in one question to the database: the visit, its draft, what is asked before, which wordings."""

from dataclasses import dataclass

from app.core.database import db
from app.participants.identity import Checks, checks
from app.participants.models import Contact
from app.responses.answering import Held
from app.responses.drafts import opened
from app.responses.models import Draft
from app.responses.wordings import newest
from app.schedule.links import BY_ID, current, signed
from app.schedule.models import Assessment


@dataclass(frozen=True)
class Opening:
    """A visit; its draft, still closed; what is asked before it is shown; the wording installed last."""

    assessment: Assessment
    draft_sealed: bytes | None
    checks: Checks
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
    BY_ID.add_columns(
        Draft.answers_sealed, Contact.pin_hash.is_not(None), Contact.birth_year_sealed.is_not(None), newest()
    )
    .outerjoin(Draft, Draft.assessment_id == Assessment.id)
    .outerjoin(Contact, Contact.participant_id == Assessment.participant_id)
)
HOLDING = QUERY.with_for_update(of=Assessment, key_share=True).execution_options(populate_existing=True)


def opening(token: str, *, hold: bool = False) -> Opening:
    """What this link opens; errors as `resolve`. Held, the visit is ours until the transaction ends."""
    assessment_id, version = signed(token)
    row = db.session.execute(HOLDING if hold else QUERY, {"id": assessment_id}).one_or_none()
    linked, draft, pin, year, wordings = row or (None, None, False, False, None)
    assessment = current(linked, version)
    asked_before = checks(assessment.protocol.plan, pin_chosen=bool(pin), birth_year_noted=bool(year))
    return Opening(assessment, draft, asked_before, wordings)
