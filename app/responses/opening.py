"""What a link opens, in one question to the database: the visit, its draft, what is asked before, which wordings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.core.batches import table
from app.core.prepared import Prepared
from app.participants.identity import Checks, checks
from app.participants.models import Contact
from app.responses.answering import Held
from app.responses.drafts import content_of
from app.responses.models import Draft
from app.responses.two_phones import DraftContent
from app.responses.wordings import newest
from app.responses.writing import ROW_VERSION
from app.schedule.links import BY_ID, current, loaded, presented
from app.schedule.models import Assessment


@dataclass(frozen=True)
class Opening:
    """A visit; its draft, still closed; what is asked before it is shown; the wording installed last."""

    assessment: Assessment
    draft_sealed: bytes | None
    checks: Checks
    wordings: str | None
    row_version: str
    """Of the visit's row, as it was seen."""

    @cached_property
    def draft(self) -> DraftContent:
        """What was answered before, and when."""
        return content_of(self.assessment.id, self.draft_sealed)

    @property
    def fields(self) -> Mapping[str, str]:
        """What was answered before."""
        return self.draft.fields

    @property
    def held(self) -> Held:
        """What `submit` and `save_draft` need of a visit that was opened to be held."""
        return Held(self.assessment.submitted_at, self.assessment.opened_at, self.wordings)


OPENED_VISIT, DRAFT, CONTACT = table(Assessment), table(Draft), table(Contact)
QUERY = (
    BY_ID.outerjoin(DRAFT, DRAFT.c.assessment_id == OPENED_VISIT.c.id)
    .outerjoin(CONTACT, CONTACT.c.participant_id == OPENED_VISIT.c.participant_id)
    .add_columns(
        DRAFT.c.answers_sealed,
        CONTACT.c.pin_hash.is_not(None),
        CONTACT.c.birth_year_sealed.is_not(None),
        newest(),
        ROW_VERSION,
    )
)
LOOKING_AT_VISIT, HOLDING = Prepared(QUERY), Prepared(QUERY.with_for_update(of=OPENED_VISIT, key_share=True))


def opening(token: str, *, hold: bool = False, alone: bool = False) -> Opening:
    """What this link opens; errors as `resolve`. Held, the visit is ours until the transaction ends.

    Who asks `alone` may only look at it: it is read outside the session.
    """
    shown = presented(token)
    row = (HOLDING if hold else LOOKING_AT_VISIT).first({"id": shown.assessment_id}, alone=alone)
    values = iter(row or ())
    assessment = current(loaded(values, alone=alone) if row else None, shown)
    draft, pin, year, wordings, row_version = values
    asked_before = checks(assessment.protocol.plan, pin_chosen=pin, birth_year_noted=year)
    return Opening(assessment, draft, asked_before, wordings, row_version)
