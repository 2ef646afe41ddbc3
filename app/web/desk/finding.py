"""Who a page of the desk is about, and who acts on it."""

from flask_login import current_user

from app.core.problems import NotFound
from app.participants.enrolment import find
from app.participants.models import Participant
from app.permitting import current_scope


def actor() -> str:
    """The signed-in user, as the audit trail names people."""
    return f"user:{current_user.id}"


def participant(code: str) -> Participant:
    """The participant of `current_scope()`'s study; NotFound alike for nobody and for somebody of another site."""
    nobody = NotFound(f"There is no participant {code} at your sites. Check the code.")
    try:
        candidate = find(current_scope().study, code)
    except NotFound:
        raise nobody from None
    if candidate.site_id not in current_scope().site_ids:
        raise nobody
    return candidate
