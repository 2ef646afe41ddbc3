"""Enrol everybody of a list, or nobody: what is wrong is said by row and column; twice changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.core import newer_keys
from app.core.crypto import keyring
from app.core.database import db
from app.core.problems import BadInput, Conflict, Problem
from app.instruments.plain_signs import plain
from app.instruments.written_days import written_day
from app.participants.email_address import email_address, looked_up
from app.participants.enrolment import Person, enrol
from app.participants.import_files import FIRST_ROW, Row, place
from app.participants.models import Contact, Participant
from app.participants.phone import mobile
from app.studies.guarding import allow
from app.studies.installing import protocol_at
from app.studies.models import Protocol, Site, Study
from app.studies.states import Act

YES, NO = ("1", "yes", "true", "x", "ja"), ("", "0", "no", "false", "nei")
FLAGS = ("abroad", "shared_phone", "sms_answers")
TEXT_COLUMNS = ("code", "name", "language", "zone", "pin", "birth_year", "email", "channel")
LONGEST_OF_COLUMN = {
    "phone": 30, "code": 20, "name": 200, "language": 5, "zone": 64, "pin": 8, "birth_year": 4, "email": 254,
    "channel": 5,
}  # fmt: skip


@dataclass(frozen=True)
class ImportedRow:
    """What came of a row of the list, by its number in the sheet."""

    number: int
    site: str
    code: str
    is_new: bool


@dataclass(frozen=True)
class Imported:
    """Who was enrolled, by pseudonym, and who was there already; and the same by row."""

    enrolled: tuple[str, ...]
    unchanged: tuple[str, ...]
    rows: tuple[ImportedRow, ...] = field(default=(), compare=False)


def import_people(rows: Sequence[Row], sites: Mapping[str, Site], study: Study, now: datetime) -> Imported:
    """Enrol everybody who is not there yet, at these sites (by code). BadInput names row and column; nobody is then.

    Each follows the version of the protocol that her site follows.
    """
    allow(study, Act.ENROL)
    protocols = {code: protocol_at(site) for code, site in sites.items()}
    done: list[ImportedRow] = []
    errors: dict[str, str] = {}
    with db.session.begin_nested():
        for number, row in enumerate(rows, FIRST_ROW):
            if not row:
                continue
            try:
                participant, is_new = _person(row, sites, protocols, now)
            except Problem as wrong:
                errors |= {place(number, column): why for column, why in (wrong.errors or {"": wrong.detail}).items()}
                continue
            done.append(ImportedRow(number, participant.site.code, participant.code, is_new))
        if errors:
            raise BadInput(f"Nobody was enrolled: {len(errors)} things need another look.", errors=errors)
    enrolled, unchanged = (tuple(row.code for row in done if row.is_new is new) for new in (True, False))
    return Imported(enrolled, unchanged, tuple(done))


def _person(
    row: Row, sites: Mapping[str, Site], protocols: Mapping[str, Protocol], now: datetime
) -> tuple[Participant, bool]:
    """The participant of a row, and whether she is new."""
    site, on, person = _read(row, sites)
    protocol = protocols[site.code]
    existing = _existing(site, protocol, person, on)
    if existing is not None:
        return existing, False
    with db.session.begin_nested():
        return enrol(site, protocol, person, row.get("consent", ""), on, now), True


def _read(row: Row, sites: Mapping[str, Site]) -> tuple[Site, date, Person]:
    errors = {name: f"Write at most {longest} characters." for name, longest in LONGEST_OF_COLUMN.items()
              if len(row.get(name, "")) > longest}  # fmt: skip
    site = sites.get(row.get("site", ""))
    if site is None:
        errors["site"] = f"Write one of: {', '.join(sites)}."
    on = _day(row.get("enrolled_on", ""))
    if on is None:
        errors["enrolled_on"] = "Write the day as 2026-09-22."
    flags = {name: row.get(name, "").lower() for name in FLAGS}
    errors |= {name: "Write yes or no." for name, said in flags.items() if said not in (*YES, *NO)}
    if errors or site is None or on is None:
        raise BadInput("Some of this needs another look.", errors=errors)
    said: dict[str, Any] = {name: row.get(name, "") for name in ("phone", *TEXT_COLUMNS)}
    said |= {name: flag in YES for name, flag in flags.items()}
    return site, on, Person(**said)


def _day(written: str) -> date | None:
    try:
        return written_day(written)
    except ValueError:
        return None


def _existing(site: Site, protocol: Protocol, person: Person, on: date) -> Participant | None:
    """Who was enrolled by this row before. Conflict where the code is somebody else's."""
    number = email = None
    if person.email.strip():
        email = email_address(person.email)
    if person.phone.strip() or not email:
        number = mobile(person.phone, protocol.plan.place(site.code).country, abroad=person.abroad)
    query = select(Participant).join(Participant.contact).where(Participant.study_id == protocol.study_id)
    if person.code:
        hers = db.session.scalar(query.where(Participant.code == plain(person.code).strip()))
    else:
        newer_keys.wait_if_used()
        same_number = Contact.phone_fingerprint.in_(keyring().fingerprints(number or ""))
        same_email = Contact.email_fingerprint.in_(keyring().fingerprints(looked_up(email or "")))
        same = same_number if number else same_email
        hers = db.session.scalar(
            query.where(same, Participant.enrolled_on == on, Participant.site_id == site.id)
            .order_by(Participant.id)
            .limit(1)
        )
    if hers is None:
        return None
    recorded = {
        "site": hers.site.code == site.code,
        "enrolled_on": hers.enrolled_on == on,
        "phone": hers.contact.phone == number,
        "email": not email or hers.contact.email == email,
    }
    said = f"{hers.code} is there already, with another value."
    differing = {name: said for name, same in recorded.items() if not same}
    if differing:
        raise Conflict(f"{hers.code} is there already, and not as in this row.", errors=differing)
    return hers
