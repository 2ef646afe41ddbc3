"""A link to practise with: one visit as a patient sees it, of somebody made up, before any patient comes.

She has no telephone and no address, so that nothing is ever sent to her, and no day 0, so that nothing else is planned.
What is answered there is practice like all else of hers: marked, and put aside with her before the study goes live.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.core import zone_rules
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict
from app.participants.codes import free_code
from app.participants.models import Consent, Contact, Participant
from app.schedule.calendar import local_day
from app.schedule.models import Assessment
from app.studies.models import Protocol, Site
from app.studies.protocol import VisitPlan
from app.studies.states import MEANING, PRACTICE

LASTS = timedelta(days=7)
"""So long a link to practise with opens its visit."""
CONSENT = "practice"
"""What stands for the version of a consent form that nobody signed."""


def practise(site: Site, protocol: Protocol, code: str, language: str, now: datetime) -> Assessment:
    """This visit, open from now on, of somebody made up at this site. Conflict once the study is no practice any more.

    Without a language it is asked in the site's.
    """
    lock(f"enrol:{site.study_id}")
    db.session.refresh(site.study, ["state"])
    if site.study.state not in PRACTICE:
        raise Conflict(f"{site.study.code} is {MEANING[site.study.state]}. Links to practise with are for before that.")
    visit = _asked(site, protocol, code, language)
    person = _made_up(site, protocol, language, now)
    today, ends = local_day(now, ZoneInfo(person.zone)), now + LASTS
    assessment = Assessment(
        participant=person,
        protocol=protocol,
        visit=visit.code,
        day=visit.day,
        anchor_on=today - timedelta(days=visit.day),
        opens_at=now,
        send_at=now,
        due_at=ends,
        closes_at=ends,
        grace_until=ends,
        planned_at=now,
        zone_rules=zone_rules.release(),
    )
    db.session.add(assessment)
    db.session.flush()
    return assessment


def _asked(site: Site, protocol: Protocol, code: str, language: str) -> VisitPlan:
    """The visit; BadInput lists what there is to choose from."""
    plan, errors = protocol.plan, {}
    asked_there = {visit.code: visit for visit in plan.visits if not visit.sites or site.code in visit.sites}
    if code not in asked_there:
        errors["visit"] = f"At site {site.code} these visits are asked: {', '.join(asked_there)}."
    if language and language not in plan.languages:
        errors["language"] = f"This study speaks {', '.join(plan.languages)}."
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)
    return asked_there[code]


def _made_up(site: Site, protocol: Protocol, language: str, now: datetime) -> Participant:
    plan = protocol.plan
    zone = plan.zone_at(site.code)
    today = local_day(now, ZoneInfo(zone))
    person = Participant(
        study=site.study,
        site=site,
        protocol=protocol,
        code=free_code(site, ""),
        language=language or plan.language_at(site.code),
        zone=zone,
        enrolled_on=today,
        practice=True,
    )
    db.session.add(person)
    db.session.flush()
    consent = Consent(participant=person, document=CONSENT, given_on=today, recorded_at=now)
    db.session.add_all([Contact(participant_id=person.id, opted_out_at=now), consent])
    db.session.flush()
    return person
