"""What the gate is told of a text, and the hours around a Monday's noon in Oslo."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.messages.gate import Facts
from app.messages.kinds import ASKING, MessageKind
from app.schedule.public_holidays import public_holidays
from app.studies.protocol import Holidays, Sending
from app.studies.states import StudyState

SENDING = Sending(at=time(9), earliest=time(8), latest=time(20), holidays=Holidays.WAIT, daily_cap=500)
NORWAY = public_holidays("NO")
OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2027, 1, 4, 11, tzinfo=UTC)
"""12:00 in Oslo on a Monday."""
MOMENT = timedelta(microseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVENING = NOON + 8 * HOUR
"""20:00, when quiet hours begin."""
MORNING = NOON + 20 * HOUR
"""08:00 on the next day, when they end."""
RINGS = MORNING + HOUR
"""09:00, the hour of invitations, at which rings what has waited."""
MIDNIGHT = NOON + 12 * HOUR
ANSWERING = tuple(kind for kind in MessageKind if kind not in ASKING)
QUIET, NIGHT = "quiet hours or holiday", "quiet hours"


def facts(**changed: object) -> Facts:
    """An invitation that may leave, but for what is changed."""
    usual: dict[str, object] = {
        "kind": MessageKind.INVITATION, "owed_at": NOON - 3 * HOUR, "site_active": True,
        "study_state": StudyState.LIVE, "real_gateway": True, "withdrawn_at": None, "opted_out_at": None,
        "has_number": True, "country_allowed": True, "zone": OSLO, "holidays": NORWAY, "sending": SENDING,
        "opens_at": NOON - 12 * HOUR, "closes_at": NOON + 700 * DAY,
    }  # fmt: skip
    return Facts(**{**usual, **changed})  # type: ignore[arg-type]
