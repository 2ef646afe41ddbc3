"""A day after: ask the provider about texts of which no report said whether they arrived. Reports get lost.

Each text is asked about once, when it was sent 24 hours ago; the mark of how far that got is a heartbeat, so nights
that were missed are caught up. What stays without an end is shown as "sent, not confirmed": it need not have failed.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.audit import acting
from app.core.database import db, transaction
from app.messages.gateways.gateway import Gateway
from app.messages.models import UNCONFIRMED_AFTER, Message, MessageState
from app.messages.monitoring import heartbeats
from app.messages.receiving.receipts import apply_receipts, store
from app.studies.protocol import Channel

log = logging.getLogger("svar.messages")

SWEPT = "swept"
FIRST_LOOK = timedelta(days=7)


def sweep(gateway: Gateway, now: datetime) -> int:
    """Ask about each text that was sent a day ago and has no end; returns how many. Asks outside any transaction."""
    since = heartbeats.last().get(SWEPT, now - FIRST_LOOK)
    query = select(Message.id, Message.sid).where(
        Message.state == MessageState.ACCEPTED,
        Message.channel == Channel.SMS,
        Message.sent_with_id.is_(None),
        Message.sent_at > since - UNCONFIRMED_AFTER,
        Message.sent_at <= now - UNCONFIRMED_AFTER,
    )
    rows = db.session.execute(query.order_by(Message.id)).all()
    db.session.rollback()
    try:
        for message_id, sid in rows:
            _ask(gateway, message_id, sid or "", now)
    except Exception as error:
        log.warning("%s cannot be asked about texts of yesterday: %s", gateway.name, type(error).__name__)
        return 0  # the next round begins where this one did
    with acting("clock"), transaction():
        apply_receipts(gateway, now)
        heartbeats.beat(SWEPT, now)
    return len(rows)


def _ask(gateway: Gateway, message_id: int, sid: str, now: datetime) -> None:
    listed = gateway.look(sid)
    if listed is None:
        return
    form = {"MessageSid": sid, "MessageStatus": listed.status}
    with acting("clock"), transaction():
        store(message_id, form | ({"ErrorCode": str(listed.error_code)} if listed.error_code else {}), now)
