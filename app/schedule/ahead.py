"""The week ahead: on which day a visit opens, an answer is due, and the last one is taken."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, selectinload

from app.core.database import db
from app.participants.models import Participant
from app.participants.visible import at_sites
from app.schedule.calendar import local_day, start_of
from app.schedule.models import Assessment, State, state_at
from app.studies.models import Site, Study
from app.studies.states import Act, may

DAYS = 7
MOST_VISITS = 5000
"""So many visits are listed at once; of more a site is to be chosen."""
AROUND = timedelta(days=1)
"""It is the same day everywhere within so long."""


class Turning(StrEnum):
    """What comes up for a visit on a day."""

    OPENS = "opens"
    DUE = "due day"
    LAST_DAY = "last day"


class ComingUp(NamedTuple):
    """One line of the week: on which local day, at which hour if it is not the whole day, and what."""

    day: date
    at: datetime | None
    """In the participant's zone; nothing where it begins or ends with the day."""
    what: Turning
    visit: Assessment


def week_ahead(study: Study, sites: Iterable[Site], now: datetime) -> tuple[list[ComingUp], bool]:
    """What comes up today and in the six days after it, in its order; and whether there is more than is listed.

    Of visits that still want an answer, each by the days of whoever is asked. None of a study that takes no answers.
    """
    if not may(study.state, Act.ANSWER):
        return [], False
    visits = _visits(study, [site.id for site in sites], now)
    lines = [line for visit in visits[:MOST_VISITS] for line in coming_up(visit, now)]
    order = {what: place for place, what in enumerate(Turning)}
    lines.sort(key=lambda line: (line.day, line.visit.participant.code, line.visit.day, order[line.what]))
    return lines, len(visits) > MOST_VISITS


def coming_up(visit: Assessment, now: datetime) -> list[ComingUp]:
    """The turnings of a visit within the seven days that begin with today, where the participant is."""
    zone = ZoneInfo(visit.participant.zone)
    today = local_day(now, zone)
    lines = [_line(visit.opens_at, Turning.OPENS, visit, zone)]
    if visit.due_at < visit.grace_until:
        lines.append(_line(visit.due_at, Turning.DUE, visit, zone))
    lines.append(_line(visit.grace_until, Turning.LAST_DAY, visit, zone))
    return [line for line in lines if today <= line.day < today + timedelta(days=DAYS)]


def _line(at: datetime, what: Turning, visit: Assessment, zone: ZoneInfo) -> ComingUp:
    """The first instant of a day ends the day before it, also where clocks have no midnight then."""
    local = at.astimezone(zone)
    if at != start_of(local.date(), zone):
        return ComingUp(local.date(), local, what, visit)
    ends = what is not Turning.OPENS
    return ComingUp(local.date() - timedelta(days=1) if ends else local.date(), None, what, visit)


def _visits(study: Study, site_ids: Sequence[int], now: datetime) -> Sequence[Assessment]:
    first, last = now - AROUND, now + timedelta(days=DAYS) + AROUND
    turns = (Assessment.opens_at, Assessment.due_at, Assessment.grace_until)
    query = (
        select(Assessment)
        .join(Assessment.participant)
        .join(Participant.site)
        .where(at_sites(study, site_ids))
        .where(state_at(now).in_((State.NOT_DUE.value, State.OPEN.value)))
        .where(or_(*(at.between(first, last) for at in turns)))
        .options(contains_eager(Assessment.participant).contains_eager(Participant.site))
        .options(selectinload(Assessment.protocol))
    )
    return db.session.scalars(
        query.order_by(Participant.code, Assessment.day, Assessment.id).limit(MOST_VISITS + 1)
    ).all()
