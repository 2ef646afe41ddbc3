"""What a program sends twice is done once: the answer to each key that it gives is kept for a day.

A program whose line broke cannot know whether its request was carried out. With an `Idempotency-Key` it sends the same
again, and gets the answer of the first time. The answer is kept in the transaction of what was done, closed
with the field keys, since it may hold what a patient wrote; what was refused did nothing and is not kept.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, select

from app.accounts.models import ApiToken, KeptAnswer, place_of
from app.core.crypto import keyring, sha256_of
from app.core.database import db
from app.core.problems import Conflict, OtherRequest

KEPT_FOR = timedelta(hours=24)
OTHER = "This Idempotency-Key was used for another request within the last day. Give each request a key of its own."
IN_FLIGHT = "The first request with this Idempotency-Key is still being worked on. Send it again in a moment."


class AnswerGiven(NamedTuple):
    """A status and the body that went with it, and by what a later change says that this was seen."""

    status: int
    body: str
    etag: str | None = None


def earlier_answer(token: ApiToken, key: str, request_sha256: bytes, now: datetime) -> AnswerGiven | None:
    """What this token's first request with this key was answered; None if it is new, which then holds the key.

    Conflict while the first one is at work; OtherRequest if it was not the same.
    """
    digest = sha256_of(key)
    name = f"repeat:{token.id}:{digest.hex()}"
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))):
        raise Conflict(IN_FLIGHT, retry_after=1)
    db.session.execute(delete(KeptAnswer).where(KeptAnswer.token_id == token.id, KeptAnswer.kept_at <= now - KEPT_FOR))
    kept = db.session.scalar(select(KeptAnswer).filter_by(token_id=token.id, key_sha256=digest))
    if kept is None:
        return None
    if kept.request_sha256 != request_sha256:
        raise OtherRequest(OTHER)
    body = keyring().decrypt(kept.answer_sealed, "kept_answers", "answer_sealed", place_of(digest))
    return AnswerGiven(kept.status, body, kept.etag)


def keep(token: ApiToken, key: str, request_sha256: bytes, answer: AnswerGiven, now: datetime) -> None:
    """Keep the answer for who sends the same again."""
    digest = sha256_of(key)
    sealed = keyring().encrypt(answer.body, "kept_answers", "answer_sealed", place_of(digest))
    row = {"token_id": token.id, "key_sha256": digest, "request_sha256": request_sha256}
    db.session.add(KeptAnswer(**row, status=answer.status, etag=answer.etag, answer_sealed=sealed, kept_at=now))
    db.session.flush()
