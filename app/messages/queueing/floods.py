"""Many more texts at once than any plan means must be a mistake: they wait until a person has said yes.

The daily cap bounds what a mistake costs; this stops it before the first text. `flask messages release` is the yes.
"""

import logging
from datetime import datetime

from sqlalchemy import func, select

from app.core.database import db
from app.messages import breaker
from app.messages.models import Message, MessageState
from app.studies.installing import current_protocol
from app.studies.models import Study

log = logging.getLogger("svar.alert")

AT_ONCE = 1000
"""So many texts of a study, or twice its daily cap if that is more, may fall due in one round without a question."""


def hold_if_many(new: int, now: datetime) -> None:
    """Hold every text if the round that queued `new` messages at `now` queued too many for one study."""
    if new <= AT_ONCE:
        return
    fresh = select(Message.study_id, func.count()).where(Message.queued_at == now, Message.state == MessageState.QUEUED)
    for study_id, count in db.session.execute(fresh.group_by(Message.study_id).order_by(Message.study_id)).all():
        study = db.session.get_one(Study, study_id)
        if count > max(AT_ONCE, 2 * current_protocol(study).plan.sending.daily_cap):
            because = f"{count} texts of {study.code} fell due at once; if that is right: flask messages release"
            log.error("texts are held: %s", because)
            breaker.hold(because, now)
