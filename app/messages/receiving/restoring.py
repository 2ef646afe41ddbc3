"""After a restored back-up: texts that left since the back-up are not in the database, and must not leave again.

Each clock remembers on its own disk when it last ran. If the database remembers less, it was restored: every text is
held until somebody has compared the queue with the provider's list (`flask messages release`).
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import BadInput, Unavailable
from app.messages import breaker
from app.messages.gateways.gateway import Found, Gateway
from app.messages.kinds import ASKING
from app.messages.models import Attempt, Message, MessageState
from app.messages.monitoring import heartbeats
from app.messages.reading import number_of, plan_of, rows_where
from app.messages.receiving.receipts import apply_receipts, store
from app.messages.sending.wording import compose

log = logging.getLogger("svar.alert")

TOLERANCE = timedelta(minutes=10)
FILE = "clock-last-ran"
RECOVERED = "recovered"
"""The outcome of an attempt that only the provider remembers."""

MARK = "remember"
"""The clock's job that calls `remember`."""


def hold_if_restored(folder: Path, now: datetime) -> bool:
    """Hold every text if this machine remembers a later run than the database does.

    Both are noted by the same job, so no other job of a running clock hides that a back-up was restored under it.
    """
    remembered, last = _remembered(folder), heartbeats.last().get(MARK)
    restored = remembered is not None and (last is None or remembered - last > TOLERANCE)
    if restored:
        log.error("the database is older than this clock remembers: texts are held until `flask messages release`")
        with acting("clock"), transaction():
            breaker.hold("the database was restored", now)
    return restored


def waits_after_leap(folder: Path, now: datetime) -> bool:
    """Whether texts wait for one round: the clock stood still or its time was moved, and somebody is told.

    In that round the plan is made anew. A back-up may have been restored under a running clock; then texts are held.
    """
    away = heartbeats.leap(now)
    if away is None:
        return False
    hold_if_restored(folder, now)
    log.error("no text left for %s: the clock stood still or its time was moved; texts wait one round", away)
    with acting("clock"), transaction():
        heartbeats.beat(heartbeats.DELIVER, now)
    return True


def remember(folder: Path, now: datetime) -> None:
    """Note on this machine that the clock ran."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(now.isoformat())


def _remembered(folder: Path) -> datetime | None:
    try:
        return datetime.fromisoformat((folder / FILE).read_text())
    except (OSError, ValueError):
        return None


def recover(gateway: Gateway, since: datetime, now: datetime) -> int:
    """Find queued texts which the provider has had since the back-up; they are not sent again. Returns how many.

    Unavailable while the provider cannot be asked: what was found until then is kept, and texts stay held.
    """
    if since > now:
        raise BadInput("This lies in the future. Say when the back-up was made, in UTC.", errors={"since": "too late"})
    recovered = 0
    for row in rows_where(Message.state == MessageState.QUEUED, Message.kind.in_(ASKING)):
        number = number_of(row)
        body = compose(row, plan_of(row.protocol_id, row.sha256), gateway.base)
        db.session.rollback()
        for text in _listed(gateway, number, max(since, row.owed_at)) if number else []:
            if text.body in ("", body) and _free(text.sid):
                with acting("clock"), transaction():
                    _sent_before(row.id, row.attempts + 1, text.sid, text.status, now)
                recovered += 1
                break
    return recovered


def _listed(gateway: Gateway, number: str, since: datetime) -> list[Found]:
    try:
        return gateway.find(number, since)
    except Exception as error:
        refusal = f"{gateway.name} cannot be asked what has left ({type(error).__name__}). Texts stay held; try again."
        raise Unavailable(refusal) from None


def _free(sid: str) -> bool:
    return db.session.scalar(select(Message.id).where(Message.sid == sid)) is None


def _sent_before(message_id: int, number: int, sid: str, status: str, now: datetime) -> None:
    message = db.session.get_one(Message, message_id)
    message.attempts, message.state, message.sid, message.sent_at = number, MessageState.ACCEPTED, sid, now
    attempt = {"message_id": message_id, "number": number, "epoch": message.epoch, "started_at": now}
    db.session.execute(insert(Attempt).values(**attempt, finished_at=now, outcome=RECOVERED, sid=sid))
    store(message_id, {"MessageSid": sid, "MessageStatus": status}, now)
    db.session.flush()
    apply_receipts(now)
