"""Enrol, withdraw, reach: who takes part and how. Everything here is a verb on rows; nobody is texted from here."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import newer_keys
from app.core.crypto import keyring
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict, NotFound
from app.instruments.plain_signs import plain
from app.participants.channels import chosen
from app.participants.codes import free_code
from app.participants.email_address import email_address
from app.participants.events import default_instant, note_enrolment
from app.participants.grades import LeavingGrade
from app.participants.identity import note_birth_year, wrong_birth_year
from app.participants.leaving import leave
from app.participants.living_zones import wrong_zone
from app.participants.models import Consent, Contact, Event, EventState, Participant
from app.participants.phone import mobile
from app.participants.pin import set_pin
from app.participants.visible import visible
from app.studies.access import Scope
from app.studies.guarding import allow
from app.studies.models import Protocol, Site, Study
from app.studies.protocol import RANDOMISATION, Channel
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.states import PRACTICE, Act

PSEUDONYM = re.compile(r"(?=.{1,20}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)+")
LONGEST_CONSENT = 60
"""Characters that name a version of the consent form."""
NO_EMAILS = "This study writes no e-mails: its protocol has no channel `email`."
LONGEST_AGO = timedelta(days=3660)
"""So long ago may an enrolment be that is noted now: a slip of the keyboard lies farther."""


@dataclass(frozen=True)
class Person:
    """What is known of somebody at enrolment. `code` is given by the site, or made by us when empty."""

    phone: str
    name: str = ""
    language: str = ""
    zone: str = ""
    code: str = ""
    abroad: bool = False
    sms_answers: bool = False
    pin: str = ""
    birth_year: str = ""
    shared_phone: bool = False
    """Two participants have this number, and it is meant."""
    email: str = ""
    channel: str = ""
    """By what she wants to be written to first; without it, as the protocol says."""


def enrol(site: Site, protocol: Protocol, person: Person, consent: str, on: date, now: datetime) -> Participant:
    """A new participant with contact and consent. BadInput names each thing that is wrong; nothing is stored then."""
    allow(site.study, Act.ENROL)
    plan, person = protocol.plan, replace(person, code=plain(person.code).strip())
    if not site.active:
        raise Conflict(f"Site {site.code} is not active yet, so nobody can be enrolled there.")
    number, email = _check(site, person, plan, consent, on, now)
    reached_by = chosen(person.channel, plan.ways, has_phone=bool(number), has_email=bool(email))
    lock(f"enrol:{site.study_id}")
    db.session.refresh(site.study, ["state"])
    allow(site.study, Act.ENROL)  # whoever closes the study holds the same lock
    code = free_code(site, person.code)
    if number and not person.shared_phone:
        _refuse_known_number(site, number)
    participant = Participant(
        study=site.study,
        site=site,
        protocol=protocol,
        code=code,
        language=person.language or plan.language_at(site.code),
        zone=person.zone or plan.zone_at(site.code),
        enrolled_on=on,
        sms_answers=person.sms_answers,
        reached_by=reached_by,
        practice=site.study.state in PRACTICE,
    )
    db.session.add(participant)
    db.session.flush()
    contact = Contact(participant_id=participant.id)
    contact.phone, contact.email, contact.name = number, email, person.name
    if person.pin:
        set_pin(contact, person.pin)
    if person.birth_year:
        note_birth_year(contact, person.birth_year, plan, on)
    db.session.add_all([contact, Consent(participant=participant, document=consent, given_on=on, recorded_at=now)])
    db.session.flush()
    note_enrolment(participant, now)
    return participant


def withdraw(participant: Participant, reason: str, now: datetime) -> None:
    """She takes part no longer. Nothing is cancelled or deleted; from now on nothing more is sent."""
    leave(participant, LeavingGrade.NO_QUESTIONNAIRES, None, reason, now)


def randomise(participant: Participant, on: date, now: datetime) -> None:
    """Note the day of randomisation. The arm is not known to this service, and it has no place to write it."""
    allow(participant.study, Act.RECORD)
    refuse_as_field(participant)
    lock(f"events:{participant.id}")
    if participant.randomised_on is not None:
        raise Conflict(f"{participant.code} was randomised on {participant.randomised_on}.")
    check_randomisation(participant, on, now)
    at, state = default_instant(participant, RANDOMISATION, on), EventState.HAPPENED
    db.session.add(Event(participant=participant, kind=RANDOMISATION, state=state, on=on, at=at, recorded_at=now))
    db.session.flush()


def refuse_as_field(participant: Participant) -> None:
    """Conflict where the protocol names randomisation among its events, or has none."""
    plan = participant.protocol.plan
    if not plan.randomised_by_day:
        is_an_event = RANDOMISATION in plan.events
        raise Conflict(
            f"Note it as the event `{RANDOMISATION}`." if is_an_event else "This protocol has no randomisation."
        )


def check_randomisation(participant: Participant, on: date, now: datetime) -> None:
    """BadInput where she cannot have been randomised on this day."""
    if on < participant.enrolled_on:
        sentence = f"Randomisation cannot come before enrolment on {participant.enrolled_on}."
        raise BadInput(sentence, errors={"randomised_on": sentence})
    if on > now.astimezone(ZoneInfo(participant.zone)).date():
        sentence = "This day lies in the future. Note it once it has come."
        raise BadInput(sentence, errors={"randomised_on": sentence})


def change_phone(participant: Participant, phone: str, *, abroad: bool = False) -> None:
    """A corrected number: the old one is forgotten, a failed one is usable again, and what is still due is owed."""
    allow(participant.study, Act.RECORD)
    contact = participant.contact
    contact.phone = mobile(phone, participant.protocol.plan.place(participant.site.code).country, abroad=abroad)
    plan, first = participant.protocol.plan, participant.reached_by.channels[0]
    participant.reached_by = chosen(first, plan.ways, has_phone=True, has_email=contact.email_sealed is not None)
    contact.version = Contact.version + 1  # counted by the database: two people may correct it at once
    contact.unusable_since = contact.unusable_because = None
    db.session.flush()


def change_email(participant: Participant, email: str, channel: str = "") -> None:
    """A corrected address (nothing: she has none), and by what she is written to first; as `change_phone`."""
    allow(participant.study, Act.RECORD)
    contact, plan = participant.contact, participant.protocol.plan
    address = email_address(email) if email.strip() else None
    if address and Channel.EMAIL not in plan.ways:
        raise BadInput(NO_EMAILS, errors={"email": NO_EMAILS})
    has_phone = contact.phone_sealed is not None
    participant.reached_by = chosen(channel, plan.ways, has_phone=has_phone, has_email=bool(address))
    contact.email = address
    contact.version = Contact.version + 1
    contact.email_unusable_since = contact.email_unusable_because = None
    db.session.flush()


def opt_out(participant: Participant, now: datetime) -> None:
    """STOP: no more texts. She stays in the trial; her coordinator is told."""
    if participant.contact.opted_out_at is None:
        participant.contact.opted_out_at = now


def opt_in(participant: Participant) -> None:
    """START was heard: texts are sent again."""
    participant.contact.opted_out_at = None


def find(study: Study, code: str) -> Participant:
    """The participant with this pseudonym; NotFound otherwise."""
    query = select(Participant).where(Participant.study_id == study.id, Participant.code == plain(code).strip())
    participant = db.session.scalar(query)
    if participant is None:
        raise NotFound(f"Nobody in {study.code} has the code {code}.")
    return participant


def find_at(scope: Scope, code: str) -> Participant | None:
    """The participant with this pseudonym at her sites; nothing alike for nobody and for somebody of another site."""
    query = select(Participant).where(visible(scope))
    return db.session.scalar(query.where(Participant.code == plain(code).strip()))


def _refuse_known_number(site: Site, number: str) -> None:
    """Conflict if somebody at this site who takes part has this number: mostly, what was sent twice."""
    query = select(Participant.code).join(Contact, Contact.participant_id == Participant.id)
    at_site = (Participant.site_id == site.id, Participant.withdrawn_at.is_(None))
    newer_keys.wait_if_used()
    has_number = Contact.phone_fingerprint.in_(keyring().fingerprints(number))
    code = db.session.scalar(query.where(*at_site, has_number).order_by(Participant.code).limit(1))
    if code is not None:
        sentence = f"{code} has this number already. If two participants share a telephone, say so."
        raise Conflict(sentence, errors={"phone": sentence})


def _check(
    site: Site, person: Person, plan: ProtocolFile, consent: str, on: date, now: datetime
) -> tuple[str | None, str | None]:
    """The number as E.164 and the e-mail address; BadInput names everything that is wrong."""
    number, email, errors = _addresses(site, person, plan)
    if person.language and person.language not in plan.languages:
        errors["language"] = f"This study speaks {', '.join(plan.languages)}."
    if person.zone and (no_zone := wrong_zone(person.zone)):
        errors["zone"] = no_zone
    if person.birth_year and (wrong_year := wrong_birth_year(person.birth_year, plan, on)):
        errors["birth_year"] = wrong_year
    if not consent.strip():
        errors["consent"] = "Say which version of the consent form was signed."
    elif len(consent) > LONGEST_CONSENT:
        errors["consent"] = f"Name the consent form in at most {LONGEST_CONSENT} characters."
    if on > now.astimezone(ZoneInfo("UTC")).date() and (on - now.date()).days > 1:
        errors["enrolled_on"] = "The day of enrolment lies in the future."
    if now.date() - on > LONGEST_AGO:
        errors["enrolled_on"] = "The day of enrolment is more than ten years ago. Check the year."
    if person.code and (wrong_code := _wrong_code(site, person.code)):
        errors["code"] = wrong_code
    if errors:
        sentence = next(iter(errors.values())) if len(errors) == 1 else "Some of this needs another look."
        raise BadInput(sentence, errors=errors)
    return number, email


def _addresses(site: Site, person: Person, plan: ProtocolFile) -> tuple[str | None, str | None, dict[str, str]]:
    """By what she can be reached, and what is wrong with it. Who is written e-mails needs no mobile number."""
    errors: dict[str, str] = {}
    number = email = None
    writes_emails = Channel.EMAIL in plan.ways
    if person.email.strip() and not writes_emails:
        errors["email"] = NO_EMAILS
    elif person.email.strip():
        try:
            email = email_address(person.email)
        except BadInput as wrong:
            errors |= wrong.errors
    if person.phone.strip() or not email:
        try:
            number = mobile(person.phone, plan.place(site.code).country, abroad=person.abroad)
        except BadInput as wrong:
            errors |= wrong.errors
    return number, email, errors


def _wrong_code(site: Site, code: str) -> str:
    """What is wrong with a pseudonym as it is written, or nothing."""
    if not code.startswith(f"{site.code}-"):
        return f"Codes at this site begin with {site.code}-."
    if not PSEUDONYM.fullmatch(code):
        return f"A code has letters, digits and hyphens, at most 20, such as {site.code}-017."
    return ""
