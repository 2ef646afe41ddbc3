"""When a participant is asked next, as her receipt says it: the hour at which the text leaves, holidays kept."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, bindparam, or_, select

from app.core.prepared import Prepared
from app.core.time import UTCDateTime
from app.messages.gate import good_hour
from app.messages.kinds import ASKING
from app.messages.models import Message, of_this_window
from app.messages.reading import PAUSED_UNTIL, plan_of
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.schedule.public_holidays import holidays_at
from app.studies.models import Protocol, Site

NEAREST = 8
"""No more visits than these can be open at once and still wait for their first text."""


def next_asked_at(participant: Participant, now: datetime, *, alone: bool = False) -> datetime | None:
    """When the next text about a visit leaves that she was not asked about; nothing for who takes part no longer.

    Asked `alone`, of what is committed.
    """
    if participant.withdrawn_at is not None:
        return None
    zone = ZoneInfo(participant.zone)
    hours = []
    coming = _coming().rows({"participant_id": participant.id, "now": now}, alone=alone)
    for protocol_id, sha256, site, send_at, closes_at, paused_until in coming:
        plan = plan_of(protocol_id, sha256)
        leaves = good_hour(
            max(send_at, paused_until or send_at).astimezone(UTC),
            zone,
            plan.sending,
            holidays_at(plan, site),
            closes_at,
        )
        if now < leaves < closes_at:
            hours.append(leaves)
    return min(hours, default=None)


@cache
def _coming() -> Prepared:
    """Her visits without an answer and without a text that left, the nearest first."""
    now = bindparam("now", type_=UTCDateTime())
    texted = (
        Message.assessment_id == Assessment.id,
        or_(*(Message.kind == kind for kind in ASKING)),
        Message.sent_at.is_not(None),
    )
    return Prepared(
        select(
            Assessment.protocol_id, Protocol.sha256, Site.code.label("site"), Assessment.send_at, Assessment.closes_at,
            PAUSED_UNTIL.label("texts_paused_until"),
        )
        .join(Protocol, Protocol.id == Assessment.protocol_id)
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Site, Site.id == Participant.site_id)
        .where(
            Assessment.participant_id == bindparam("participant_id", type_=BigInteger()),
            Assessment.submitted_at.is_(None), Assessment.closes_at > now,
            ~select(Message.id).where(*texted, of_this_window()).exists(),
        )
        .order_by(Assessment.send_at, Assessment.id)
        .limit(NEAREST)
    )  # fmt: skip
