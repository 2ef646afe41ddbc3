"""The week ahead as iCalendar (RFC 5545), in the reader's language."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import url_for

from app.config import current_settings
from app.schedule.ahead import ComingUp
from app.version import VERSION
from app.web.desk.filters import words
from app.web.desk.telling import titled
from app.web.language import gettext


def calendar_file(study: str, lines: Iterable[ComingUp], now: datetime) -> bytes:
    """One event for each line: read again next week, it takes the place of what was read before, by its UID.

    What has no hour is an event of the whole day, on the participant's calendar; an hour is in her zone.
    """
    from icalendar import Calendar, Event

    base = current_settings().public_base_url
    host = urlsplit(base).hostname or "localhost"
    calendar = Calendar.new(name=gettext("%(study)s: week ahead", study=study), prodid=f"-//Svar//{VERSION}//EN")
    for line in lines:
        visit, code = line.visit, line.visit.participant.code
        summary = f"{code}: {titled(visit.protocol.plan, visit.visit)}, {words(line.what)}"
        event = Event.new(
            uid=f"{study}-{visit.id}-{line.what.name.lower()}@{host}",
            stamp=now,
            start=line.at or line.day,
            end=line.at or line.day + timedelta(days=1),
            summary=summary,
            url=base + url_for("desk_participants.show", study=study, code=code),
        )
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content
