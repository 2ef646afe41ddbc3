"""`If-Match`: what is changed is what was looked at. A participant's ETag is another one after each change of hers.

Where a change takes the place of what stands there, a program has to say what it saw; elsewhere it may.
"""

import hashlib
import json

from flask import request

from app.api.schemas import ParticipantSchema
from app.core.database import db
from app.core.problems import ChangedMeanwhile, NotSeen
from app.participants.models import Participant

MATCH_HEADER = "If-Match"
CHANGED_MEANWHILE = "This is not what it was when you looked. Look again, then decide."
SAY_WHAT = (
    f"Say in {MATCH_HEADER} what you saw: the ETag of the participant. Then nothing of anybody else's is overwritten."
)


def etag_of(participant: Participant) -> str:
    """Of what a program sees of her, and of how often her contact was changed."""
    shown = json.dumps(ParticipantSchema().dump(participant), sort_keys=True)
    return hashlib.sha256(f"{shown}\0{participant.contact.version}".encode()).hexdigest()[:32]


def must_have_been_seen() -> None:
    """NotSeen where this request does not say what its program saw."""
    if MATCH_HEADER not in request.headers:
        raise NotSeen(SAY_WHAT)


def hold_as_seen(participant: Participant) -> None:
    """Let nobody else change her until this request is over; ChangedMeanwhile where she is not as its program saw her.

    A request that does not say what was seen holds nobody.
    """
    if MATCH_HEADER not in request.headers:
        return
    db.session.refresh(participant, with_for_update={"key_share": True})
    db.session.refresh(participant.contact)
    if not (request.if_match.star_tag or request.if_match.contains(etag_of(participant))):
        raise ChangedMeanwhile(CHANGED_MEANWHILE)
