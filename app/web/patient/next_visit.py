"""When the next questions come, as the receipt says it; and how long these can wait for who is not able today."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.messages.outlook.asked_next import next_asked_at
from app.responses.admission import takes_answers_until
from app.schedule.models import Assessment
from app.web.language import as_said, gettext
from app.web.patient.visit import Frame


def when_next(assessment: Assessment, frame: Frame, now: datetime) -> str:
    """The day on which this participant is asked next, if one is planned."""
    at = next_asked_at(assessment.participant, now, alone=True)
    if at is None:
        return gettext("We have no more questions planned for you.")
    day = as_said(at, assessment.participant.zone, frame.language, hour=False)
    return gettext("The next questions come on %(day)s.", day=day)


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
