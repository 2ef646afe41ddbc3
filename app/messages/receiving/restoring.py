"""After a restored back-up: texts that left since the back-up are not in the database, and must not leave again.

Every text is held (app.messages.monitoring.holding) until the plan and the queue are as they would have been, and the
queue was compared with the provider's list.
"""

from datetime import datetime

from sqlalchemy import insert, select

from app.core import incarnation
from app.core.audit import acting
from app.core.crypto import WrongKey
from app.core.database import db, is_any, lock, transaction
from app.core.problems import BadInput, Conflict, Unavailable
from app.messages import breaker
from app.messages.gateways.gateway import Found, Gateway
from app.messages.kinds import ASKING
from app.messages.models import Attempt, Message, MessageState, Reply
from app.messages.monitoring import heartbeats
from app.messages.reading import Ready, number_of, plan_of, rows_where
from app.messages.receiving.receipts import apply_receipts, store
from app.messages.sending.wording import compose
from app.participants.codes import forget_numbers
from app.schedule.links import tokens_of
from app.studies.protocol import Channel

RECOVERED = "recovered"
"""The outcome of an attempt that only the provider remembers."""


LOOKED_AT = ("plan", "queue")
"""The clock's jobs that make of a restored database what is owed now."""


def begin(lost_from: datetime, now: datetime) -> None:
    """A restored database begins a new life, with every text held. What happened after `lost_from` is not in it."""
    if lost_from > now:
        raise BadInput("This lies in the future. Say when the back-up was made, in UTC.", errors={"since": "too late"})
    lock("restore")
    incarnation.begin(incarnation.Because.RESTORED, lost_from)
    forget_numbers()
    breaker.hold("the database was restored", now, breaker.RESTORED)


def check_release(now: datetime, *, nothing_lost: bool) -> None:
    """Conflict with what is to be done first, while texts may not leave after a restore."""
    held_at = breaker.holds().get(breaker.RESTORED)
    if held_at is None:
        raise Conflict("No text is held because of a restore. What an operator held: flask messages release")
    if not nothing_lost and _unreleased() is None:
        raise Conflict(
            "Nobody has said from when on the database has forgotten what happened. If it was restored: flask ops"
            " restored --since WHEN-THE-BACK-UP-WAS-MADE. If it lost nothing (a new clock, a planned move): flask ops"
            " release --nothing-lost"
        )
    ran = heartbeats.last()
    waiting = [job for job in LOOKED_AT if job not in ran or ran[job] <= held_at]
    if waiting:
        raise Conflict(
            f"The clock has not run {' and '.join(waiting)} since texts were held, so what is owed is not known yet."
            " Start flask clock, wait a minute, and say it again."
        )


def check_nothing_happened(looked_from: datetime | None, now: datetime, *, nothing_lost: bool) -> None:
    """Conflict if texts were released, or another restore was said of, since it was looked what had left.

    Nobody does either from here on until this transaction ends.
    """
    lock("restore")
    check_release(now, nothing_lost=nothing_lost)
    if lost_from() != looked_from:
        raise Conflict("Another restore was said of meanwhile. Texts stay held; say it again.")


def release(now: datetime) -> None:
    """Let texts leave again from this database, where and as it is."""
    present = incarnation.present()
    if present.because is incarnation.Because.INSTALLED:
        present.last_participant_id = None  # held in doubt, and nothing was forgotten
    if present.home != incarnation.place():
        present = incarnation.begin(incarnation.Because.RESTORED)
    if present.because is incarnation.Because.RESTORED:
        present.released_at = now
    breaker.release(breaker.RESTORED)


def lost_from() -> datetime | None:
    """From when on a restored database, whose texts are held yet, has forgotten what happened."""
    unreleased = _unreleased()
    return None if unreleased is None else unreleased.lost_from


def _unreleased() -> incarnation.Incarnation | None:
    present = incarnation.present()
    restored = present.because is incarnation.Because.RESTORED and present.released_at is None
    return present if restored and present.home == incarnation.place() else None


def recover(gateway: Gateway, since: datetime, now: datetime) -> int:
    """Find queued texts which the provider has had since the back-up; they are not sent again. Returns how many.

    Unavailable while the provider cannot be asked: what was found until then is kept, and texts stay held.
    """
    if since > now:
        raise BadInput("This lies in the future. Say when the back-up was made, in UTC.", errors={"since": "too late"})
    recovered = 0
    for row in rows_where(Message.state == MessageState.QUEUED):
        if row.channel == Channel.EMAIL:  # nobody lists mails; one that left twice is the same mail
            continue
        number, bodies = _number(row), _bodies(row, gateway.base)
        db.session.rollback()
        for text in _listed(gateway, number, max(since, row.owed_at)) if number else []:
            if text.body in bodies and _free(text.sid):
                with acting("clock"), transaction():
                    _sent_before(row, text, gateway, now)
                recovered += 1
                break
    return recovered


def unheard() -> bool:
    """Whether there are texts of patients that the clock has not heard yet: one may be STOP."""
    return is_any(select(Reply.id).where(Reply.handled_at.is_(None)))


def _number(row: Ready) -> str | None:
    try:
        return number_of(row)
    except WrongKey:
        raise Conflict("Numbers do not open with FIELD_KEYS. Put the right keys back: flask ops check-keys") from None


def _bodies(row: Ready, base: str) -> set[str]:
    """The words that this text had if it left: under any key and form of its link, or none where none are kept."""
    body, links = compose(row, plan_of(row.protocol_id, row.sha256), base), list[str]()
    if row.assessment_id is not None:
        links = tokens_of(row.assessment_id, row.link_version, row.mark, old_links=row.old_links)
    return {"" if row.kind in ASKING else body, body, *(body.replace(links[0], link) for link in links)}


def _listed(gateway: Gateway, number: str, since: datetime) -> list[Found]:
    try:
        return gateway.find(number, since)
    except Exception as error:
        refusal = f"{gateway.name} cannot be asked what has left ({type(error).__name__}). Texts stay held; try again."
        raise Unavailable(refusal) from None


def _free(sid: str) -> bool:
    return db.session.scalar(select(Message.id).where(Message.sid == sid)) is None


def _sent_before(row: Ready, found: Found, gateway: Gateway, now: datetime) -> None:
    message, number, sid = db.session.get_one(Message, row.id), row.attempts + 1, found.sid
    message.attempts, message.state, message.sid, message.sent_at = number, MessageState.ACCEPTED, sid, now
    attempt = {"message_id": row.id, "number": number, "epoch": message.epoch, "started_at": now}
    db.session.execute(insert(Attempt).values(**attempt, finished_at=now, outcome=RECOVERED, sid=sid))
    store(row.id, {"MessageSid": sid, "MessageStatus": found.status}, now)
    db.session.flush()
    apply_receipts(gateway, now)
