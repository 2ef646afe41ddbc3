"""Somebody goes on in the study in another way: with a new version of the consent form, or at another site."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.participants.correcting import RecordCorrection, put_right
from app.participants.enrolment import LONGEST_CONSENT
from app.participants.models import Consent, Participant
from app.studies.guarding import allow
from app.studies.models import Site
from app.studies.states import Act


def consent_anew(participant: Participant, document: str, on: date, now: datetime) -> Consent:
    """She signed this version of the consent form on that day; the earlier ones stay on record."""
    allow(participant.study, Act.RECORD)
    if participant.withdrawn_at is not None:
        raise Conflict(f"{participant.code} has left the study, so nothing is signed for it.")
    named, today = document.strip(), now.astimezone(ZoneInfo(participant.zone)).date()
    errors = {}
    if not 0 < len(named) <= LONGEST_CONSENT:
        errors["document"] = f"Name the version of the consent form in 1 to {LONGEST_CONSENT} characters."
    if not participant.enrolled_on <= on <= today:
        errors["given_on"] = f"Give a day from {participant.enrolled_on}, when she was enrolled, to today."
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)
    if any((consent.document, consent.given_on) == (named, on) for consent in consents_of(participant)):
        raise Conflict(f"This is recorded already: {named}, signed on {on}.")
    consent = Consent(participant=participant, document=named, given_on=on, recorded_at=now)
    db.session.add(consent)
    db.session.flush()
    return consent


def consents_of(participant: Participant) -> Sequence[Consent]:
    """The versions that she signed, in the order in which she did."""
    query = select(Consent).where(Consent.participant_id == participant.id)
    return db.session.scalars(query.order_by(Consent.given_on, Consent.id)).all()


def transfer(participant: Participant, site: Site, now: datetime) -> str:
    """From now on she is at this site, whose sender and telephone stand in her texts; the pseudonym stays.

    Returns the code of the site where she was. Whoever works there alone does not see her any more. The caller acts
    with a reason: it stands beside the two sites in the audit trail.
    """
    allow(participant.study, Act.RECORD)
    if participant.withdrawn_at is not None:
        raise Conflict(f"{participant.code} has left the study.")
    was = participant.site.code
    put_right(participant, RecordCorrection(site=site), now)
    return was
