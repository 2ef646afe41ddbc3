"""When a day's export is owed, and which studies lack it.

The day and its hours are the study's own: windows have changed at midnight, and at four nobody answers. Two hours later
an export that is still not there is missed by somebody.
"""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from app.core.database import db
from app.exports.models import Snapshot
from app.schedule.calendar import local_day
from app.studies.installing import current_protocol
from app.studies.models import Protocol, Study
from app.studies.states import Act, states_that

DUE_FROM = time(4)
MISSING_FROM = time(6)


def is_past(hour: time, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of `zone` show this hour of the day, or a later one."""
    return now.astimezone(zone).time() >= hour


def due(now: datetime) -> list[Study]:
    """The studies to export: it is past the hour, and today's export is not made. Earlier days are not made up for."""
    return _lacking(DUE_FROM, now)


def missing(now: datetime) -> list[Study]:
    """The studies whose export of last night should long be there, and is not."""
    return _lacking(MISSING_FROM, now)


def newest() -> dict[str, datetime | None]:
    """When the newest export of each study that should have one was made; None if none ever was."""
    made = select(Study.code, func.max(Snapshot.as_of)).outerjoin(Snapshot, Snapshot.study_id == Study.id)
    planned = made.where(Study.id.in_(select(Protocol.study_id)), *_exported())
    return dict(db.session.execute(planned.group_by(Study.code).order_by(Study.code)).all())


def zone(study: Study) -> ZoneInfo:
    """The zone of the study's days."""
    return current_protocol(study).plan.zone_info


def is_of_its_day(snapshot: Snapshot) -> bool:
    """Whether it was made on the day whose export it is; a time that was wrong may have dated it in the future."""
    return local_day(snapshot.as_of, zone(snapshot.study)) == snapshot.day


def _lacking(hour: time, now: datetime) -> list[Study]:
    """The studies with a protocol, the oldest first, that are past the hour and have no export of their day."""
    with_protocol = select(Study).where(Study.id.in_(select(Protocol.study_id)), *_exported()).order_by(Study.id)
    return [study for study in db.session.scalars(with_protocol) if _lacks(study, hour, now)]


def _exported() -> tuple[ColumnElement[bool]]:
    return (Study.state.in_(states_that(Act.EXPORT)),)


def _lacks(study: Study, hour: time, now: datetime) -> bool:
    local = zone(study)
    if not is_past(hour, now, local):
        return False
    made = db.session.scalar(select(Snapshot).filter_by(study_id=study.id, day=local_day(now, local)))
    return made is None or not is_of_its_day(made)
