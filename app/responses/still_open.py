"""What of a participant is not over yet, said to whoever is about to sign her data off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, func, select

from app.core.database import db
from app.messages.models import Message
from app.participants.models import Participant, Task
from app.responses.going_live import UNDER_WAY
from app.responses.models import Correction, Draft, Response, StaffEntry
from app.schedule.models import Assessment, open_at


@dataclass(frozen=True)
class StillOpen:
    """How much of what is open or to come; a query that nobody decided forbids the signature, the rest may end it."""

    queries: int
    typed: int
    """Visits that were typed by the staff and wait for the second typing, or for their differences."""
    answerable: int
    begun: int
    """Of those that can be answered now: begun by her and not sent."""
    coming: int
    tasks: int
    texts: int

    @property
    def anything(self) -> bool:
        """Whether anything at all is."""
        return any((self.queries, self.typed, self.answerable, self.coming, self.tasks, self.texts))


def still_open(of: Participant, now: datetime) -> StillOpen:
    """All of it, by one statement."""
    hers = select(Assessment.id).join(Assessment.participant).where(Assessment.participant_id == of.id)
    answerable = hers.where(open_at(now))
    unanswered = hers.where(Assessment.submitted_at.is_(None), Assessment.cancelled_at.is_(None))
    coming = unanswered.where(Assessment.opens_at > now, Participant.withdrawn_at.is_(None))
    queries = select(Correction.id).join(Correction.response).join(Response.assessment)
    counted = (
        queries.where(Assessment.participant_id == of.id, Correction.outcome.is_(None)),
        select(StaffEntry.assessment_id).where(StaffEntry.assessment_id.in_(unanswered)).distinct(),
        answerable,
        select(Draft.id).where(Draft.assessment_id.in_(answerable)),
        coming,
        select(Task.id).where(Task.participant_id == of.id, Task.done_at.is_(None)),
        select(Message.id).where(Message.participant_id == of.id, Message.state.in_(UNDER_WAY)),
    )
    counts: Sequence[int] = db.session.execute(select(*map(_count, counted))).one()
    return StillOpen(*counts)


def _count(rows: Select[int]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()
