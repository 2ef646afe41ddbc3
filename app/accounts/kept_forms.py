"""What somebody had typed when her session ended: kept closed for half an hour, for herself alone.

Nothing of it is done. Signed in again, she finds her form as it was, and sends it once more if she wishes. In the same
way, and no longer, stands here what she corrected in a contact a moment ago (`app.messages.outlook.slips`), and a list
of people that was checked until it is enrolled (`app.participants.kept_list`).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select

from app.accounts.models import KeptForm
from app.core.crypto import WrongKey, keyring
from app.core.database import db
from app.request_size import LARGEST_BODY, SAID_IN_WORDS

LASTS = timedelta(minutes=30)
MOST_FORMS = 10
"""So many forms of one person are kept; the oldest goes first."""
LARGEST_FORM = LARGEST_BODY + SAID_IN_WORDS
"""What could be sent can be kept: as JSON a sign takes no more than it took in the form."""
PLACE = ("kept_forms", "content_sealed")
Typed = Sequence[tuple[str, str]]


def keep(user_id: int, path: str, typed: Typed, now: datetime) -> KeptForm | None:
    """Keep what she typed for this address; nothing where it is more than a form holds."""
    content = json.dumps(list(typed))
    forget(now)
    if len(content) > LARGEST_FORM:
        return None
    hers = select(KeptForm.id).where(KeptForm.user_id == user_id).order_by(KeptForm.id.desc())
    db.session.execute(delete(KeptForm).where(KeptForm.id.in_(hers.offset(MOST_FORMS - 1))))
    sealed = keyring().encrypt(content, *PLACE, user_id)
    row = KeptForm(user_id=user_id, path=path, content_sealed=sealed, expires_at=now + LASTS)
    db.session.add(row)
    db.session.flush()
    return row


def forget(now: datetime) -> None:
    """Throw away what nobody came back for: a telephone number may be in it."""
    db.session.execute(delete(KeptForm).where(KeptForm.expires_at <= now))


def kept(user_id: int, form_id: int, path: str, now: datetime) -> Typed | None:
    """What she had typed there; nothing for anybody else, at another address, and once its time is over."""
    return _opened(
        db.session.scalar(select(KeptForm.content_sealed).where(*_hers(user_id, form_id, path, now))), user_id
    )


def take(user_id: int, form_id: int, path: str, now: datetime) -> Typed | None:
    """The same, once: it is thrown away by the same transaction, and of two at once one gets it."""
    taken = delete(KeptForm).where(*_hers(user_id, form_id, path, now)).returning(KeptForm.content_sealed)
    return _opened(db.session.scalar(taken), user_id)


def _hers(user_id: int, form_id: int, path: str, now: datetime) -> Sequence[ColumnElement[bool]]:
    return KeptForm.id == form_id, KeptForm.user_id == user_id, KeptForm.path == path, KeptForm.expires_at > now


def _opened(sealed: bytes | None, user_id: int) -> Typed | None:
    if sealed is None:
        return None
    try:
        pairs: Iterable[tuple[str, str]] = json.loads(keyring().decrypt(sealed, *PLACE, user_id))
    except WrongKey:  # its key has gone from the ring since
        return None
    return [(name, value) for name, value in pairs]
