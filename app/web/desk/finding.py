"""Who and what a page of the desk is about."""

from sqlalchemy import select

from app.core.database import db
from app.core.problems import NotFound
from app.participants.enrolment import find_at
from app.participants.models import Participant
from app.permitting import current_scope
from app.schedule.models import Assessment
from app.studies.access import sites
from app.studies.models import Site
from app.web.language import gettext


def participant(code: str) -> Participant:
    """The participant with this pseudonym at my sites; NotFound alike for nobody and for somebody of another site."""
    person = find_at(current_scope(), code)
    if person is None:
        raise NotFound(f"There is no participant {code} at your sites. Check the code.")
    return person


def assessment(of: Participant, visit: str) -> Assessment | None:
    """Her assessment for the visit with this code, if she has one."""
    return db.session.scalar(select(Assessment).filter_by(participant_id=of.id, visit=visit))


def visit_of(code: str, visit: str) -> Assessment:
    """The visit of a participant at my sites; NotFound alike for none and for one of another site."""
    planned = assessment(participant(code), visit)
    if planned is None:
        raise NotFound(gettext("%(code)s has no such visit.", code=code))
    return planned


def site_of(code: str) -> Site:
    """The site with this code, where I work; NotFound alike for none and for one of which I see nothing."""
    site = next((each for each in sites(current_scope()) if each.code == code), None)
    if site is None:
        raise NotFound(gettext("There is no such site, or you do not work there."))
    return site
