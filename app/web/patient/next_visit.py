"""When the next questions come, as the receipt says it; and how long these can wait for who is not able today."""

from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, bindparam, select

from app.core.prepared import Prepared
from app.core.time import UTCDateTime
from app.messages.outlook.asked_next import next_asked_at
from app.responses.admission import takes_answers_until
from app.schedule.links import token_of
from app.schedule.models import Assessment
from app.studies.states import Act, may
from app.web.language import as_said, gettext
from app.web.patient.visit import Frame


def when_next(assessment: Assessment, frame: Frame, now: datetime) -> str:
    """The day on which this participant is asked next, if one is planned."""
    at = next_asked_at(assessment.participant, now, alone=True)
    if at is None:
        return gettext("We have no more questions planned for you.")
    day = as_said(at, assessment.participant.zone, frame.language, hour=False)
    return gettext("The next questions come on %(day)s.", day=day)


def open_beside(assessment: Assessment, now: datetime) -> str | None:
    """Of another visit of hers that is open and not answered, the link: whichever closes first.

    Only where the protocol puts what is asked at the same time into one text, which has one link for all.
    """
    participant = assessment.participant
    if not assessment.protocol.plan.sending.together or not may(participant.study.state, Act.ANSWER):
        return None
    if participant.withdrawn_at is not None and participant.withdrawn_at <= now:
        return None
    values = {"participant_id": participant.id, "id": assessment.id, "now": now}
    row = _open_beside().first(values, alone=True)
    return None if row is None else token_of(row[0], row[1], participant.mark)


@cache
def _open_beside() -> Prepared:
    now = bindparam("now", type_=UTCDateTime())
    return Prepared(
        select(Assessment.id, Assessment.link_version)
        .where(
            Assessment.participant_id == bindparam("participant_id", type_=BigInteger()),
            Assessment.id != bindparam("id", type_=BigInteger()),
            Assessment.submitted_at.is_(None), Assessment.cancelled_at.is_(None),
            Assessment.opens_at <= now, Assessment.closes_at > now,
        )
        .order_by(Assessment.closes_at, Assessment.id)
        .limit(1)
    )  # fmt: skip


def what_comes(assessment: Assessment, frame: Frame, now: datetime) -> dict[str, str]:
    """Before when no reminder comes, and until when she can answer, as people say it; empty where there is none."""
    zone, language = assessment.participant.zone, frame.language
    paused, end = assessment.paused_until, takes_answers_until(assessment, now)
    quiet = as_said(paused, zone, language) if paused and paused > now and end else ""
    return {"quiet": quiet, "until": _last(end, zone, language) if end else ""}


def _last(end: datetime, zone: str, language: str) -> str:
    """The end of a window: where it is midnight, the day that ends then."""
    if end.astimezone(ZoneInfo(zone)).time() == time():
        return as_said(end - timedelta(seconds=1), zone, language, hour=False)
    return as_said(end, zone, language)
