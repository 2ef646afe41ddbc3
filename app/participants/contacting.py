"""Open a contact to a person: never without a reason, always on the record."""

from datetime import datetime

from app.core.database import db
from app.core.problems import BadInput
from app.participants.models import Contact, Disclosure, Participant


def disclose(participant: Participant, by: str, reason: str, now: datetime) -> Contact:
    """The participant's contact, for `by` (an actor such as `user:12`), who says why."""
    if len(reason.strip()) < 3:
        sentence = "Say why you need the number, in a few words."
        raise BadInput(sentence, errors={"reason": sentence})
    row = Disclosure(participant=participant, disclosed_by=by, reason=reason.strip(), disclosed_at=now)
    db.session.add(row)
    db.session.flush()
    return participant.contact
