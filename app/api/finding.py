"""Rows by the names in an address or a body, within the token's sites. What lies outside of them is not found."""

from flask import request

from app.api.matching import hold_as_seen
from app.core.problems import BadInput, NotFound
from app.exports.models import Snapshot
from app.exports.replaced import newest_first, snapshot_of
from app.instruments.plain_signs import plain
from app.instruments.written_days import written_day
from app.participants.enrolment import find_at
from app.participants.models import Participant
from app.permitting import LOOKING, current_scope
from app.studies.access import sites
from app.studies.models import Site

NEWEST_EXPORT = "latest"


def site(code: str) -> Site:
    """The site of this code, for something that is to be written there."""
    by_code = {site.code: site for site in sites(current_scope())}
    if code not in by_code:
        raise BadInput("There is no such site for you.", errors={"site": f"Write one of: {', '.join(by_code)}."})
    return by_code[code]


def participant(code: str) -> Participant:
    """The participant of this pseudonym; for a change, as the program saw her, if it says so."""
    person = find_at(current_scope(), code) if plain(code).isprintable() else None
    if person is None:
        raise NotFound("There is nobody with this code at your sites.")
    if request.method not in LOOKING:
        hold_as_seen(person)
    return person


def snapshot(day: str) -> Snapshot:
    """The export of this day, or the `latest`."""
    if day == NEWEST_EXPORT:
        newest = newest_first(current_scope().study, most=1)
        if not newest:
            raise NotFound("There is no export yet.")
        return newest[0]
    try:
        on = written_day(day)
    except ValueError:
        raise NotFound("Write the day of an export as 2026-04-07.") from None
    written = snapshot_of(current_scope().study, on)
    if written is None:
        raise NotFound(f"There is no export of {on}.")
    return written
