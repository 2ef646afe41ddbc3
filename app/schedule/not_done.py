"""A visit that is not answered, with the site's reason: nothing more is asked about it, unless it is taken back."""

from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.schedule.models import Assessment, NotDone, VisitNotDone
from app.schedule.planning import plan
from app.studies.guarding import allow
from app.studies.states import Act

LONGEST_NOTE = 500


def note_not_done(assessment: Assessment, reason: NotDone, note: str, by: str, now: datetime) -> VisitNotDone:
    """It is not answered, and why: its window ends now. Conflict if it is answered, noted already, or not open yet."""
    _hold(assessment)
    said = note.strip()
    if reason is NotDone.OTHER and not said:
        raise BadInput("Say in a few words why.", errors={"note": "Say in a few words why."})
    if len(said) > LONGEST_NOTE:
        raise BadInput(f"Keep the note below {LONGEST_NOTE} characters.", errors={"note": "is too long"})
    if assessment.submitted_at is not None:
        raise Conflict("This visit is answered, so it is not left undone.")
    if not_done(assessment) is not None:
        raise Conflict("It is noted already that this visit is not done.")
    if now <= assessment.opens_at:
        raise Conflict("This visit is not open yet. Note it once it is.")
    row = VisitNotDone(
        assessment=assessment,
        reason=reason,
        note=said or None,
        closes_at=assessment.closes_at,
        grace_until=assessment.grace_until,
        recorded_by=by,
        recorded_at=now,
    )
    db.session.add(row)
    assessment.not_done_at = now
    assessment.closes_at, assessment.grace_until = min(row.closes_at, now), min(row.grace_until, now)
    db.session.flush()
    return row


def take_back(assessment: Assessment, now: datetime) -> None:
    """It may be answered after all: the window is what it was, or follows what was corrected since."""
    _hold(assessment)
    row = not_done(assessment)
    if row is None:
        raise Conflict("It is not noted that this visit is not done.")
    assessment.not_done_at = None
    assessment.closes_at, assessment.grace_until = row.closes_at, row.grace_until
    db.session.delete(row)
    db.session.flush()
    plan(assessment.participant, now)


def not_done(assessment: Assessment) -> VisitNotDone | None:
    """What was noted about it, if it is not done."""
    return db.session.scalar(select(VisitNotDone).filter_by(assessment_id=assessment.id))


def _hold(assessment: Assessment) -> None:
    """Of two who note something at once the second is told; so is who notes it while an answer comes."""
    allow(assessment.participant.study, Act.RECORD)
    db.session.refresh(assessment, with_for_update={"key_share": True})
