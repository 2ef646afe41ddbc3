"""The address at which somebody asks for no more e-mails: signed, never stored, for as long as she takes part."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from app.core import newer_keys
from app.core.crypto import MAC, keyring
from app.core.database import db
from app.core.problems import NotFound
from app.participants.models import Participant

HEAD = 9
"""Key id (1 byte), form (1) and participant id (7): as long as a visit's link, and hidden in logs like it."""
LINK_FORM = 2
UNKNOWN_WAY_OUT = "This address is not complete. Open it from the e-mail again, without changing it."


def unsubscribe_token(participant_id: int, mark: UUID) -> str:
    """The token of her address."""
    key_id, mac = keyring().sign_way_out(participant_id, str(mark))
    return urlsafe_b64encode(bytes([key_id, LINK_FORM]) + participant_id.to_bytes(7, "big") + mac).decode().rstrip("=")


def of_token(token: str) -> Participant:
    """Whose it is. NotFound if we did not sign it, Unavailable if the key came after this process was started."""
    try:
        said = urlsafe_b64decode(token + "=" * (-len(token) % 4)) if token.isascii() else b""
    except ValueError:
        said = b""
    if len(said) == HEAD + MAC and said[1] == LINK_FORM:
        newer_keys.wait_for(said[0])
        participant = db.session.get(Participant, int.from_bytes(said[2:HEAD], "big"))
        if participant and keyring().opens_way_out(said[0], participant.id, str(participant.mark), said[HEAD:]):
            return participant
    raise NotFound(UNKNOWN_WAY_OUT)
