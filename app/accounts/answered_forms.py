"""A form that is sent twice is done once: what the first sending was answered is kept for a day, closed.

Somebody presses a button twice, reloads the answer, or lets her browser send a form anew after the line broke: nobody
wants two people enrolled by that, two visits opened or two calls noted. Each form carries a word of its own, made when
it was shown. What comes with the same word and the same content is the same sending, and waits until the first is over;
with other content it is another one.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from app.accounts.models import AnsweredForm, place_of
from app.core.crypto import keyring
from app.core.database import db, lock

KEPT_FOR = timedelta(hours=24)
PLACE = ("answered_forms", "answer_sealed")


class FormAnswer(NamedTuple):
    """Where the form led, the page that it was answered (one of the two), and what the next page was to say."""

    address: str
    page: str
    said: Sequence[tuple[str, object]]


def digest_of(path: str, typed: Sequence[tuple[str, str]]) -> bytes:
    """What is the same for two sendings of one form."""
    return hashlib.sha256(json.dumps([path, list(typed)]).encode()).digest()


def earlier_answer(user_id: int, form_sha256: bytes) -> FormAnswer | None:
    """What this form was answered when she sent it first; nothing if it is new, which then holds it to its end."""
    lock(f"form:{user_id}:{form_sha256.hex()}")
    sealed = db.session.scalar(select(AnsweredForm.answer_sealed).filter_by(user_id=user_id, form_sha256=form_sha256))
    if sealed is None:
        return None
    address, page, said = json.loads(keyring().decrypt(sealed, *PLACE, place_of(form_sha256)))
    return FormAnswer(address, page, [(category, message) for category, message in said])


def keep(user_id: int, form_sha256: bytes, answer: FormAnswer, now: datetime) -> None:
    """Keep it, in the transaction of what was done, for the same form sent again."""
    sealed = keyring().encrypt(json.dumps(answer), *PLACE, place_of(form_sha256))
    db.session.add(AnsweredForm(user_id=user_id, form_sha256=form_sha256, answer_sealed=sealed, kept_at=now))
    db.session.flush()


def forget(now: datetime) -> None:
    """Throw away what is older than a day."""
    db.session.execute(delete(AnsweredForm).where(AnsweredForm.kept_at <= now - KEPT_FOR))
