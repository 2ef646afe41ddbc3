"""Find somebody by her telephone number: by its fingerprint, so that no number is opened, and always on the record."""

from datetime import datetime

from sqlalchemy import select

from app.core import newer_keys
from app.core.crypto import keyring
from app.core.database import db
from app.core.problems import BadInput
from app.instruments.plain_signs import plain
from app.participants.models import Contact, LookUp, Participant
from app.participants.phone import mobile
from app.participants.visible import visible
from app.studies.access import Scope
from app.studies.installing import current_protocol
from app.studies.protocol import Protocol

FEWEST_DIGITS = 6
"""What has fewer is no telephone number, but the beginning of a pseudonym."""


def is_number(words: str) -> bool:
    """Whether somebody typed a telephone number: digits, and signs that people put between them."""
    written = plain(words)
    digits = sum(sign.isdigit() for sign in written)
    return digits >= FEWEST_DIGITS and all(sign.isdigit() or sign in "+() -./" for sign in written)


def find_by_phone(scope: Scope, number: str, by: str, now: datetime) -> list[Participant]:
    """Everybody at her sites with this number, by pseudonym, for `by` (an actor). BadInput if it is no mobile.

    That nobody has it is on the record too: whoever tries numbers one after the other is seen to.
    """
    numbers = _written(number, current_protocol(scope.study).plan)
    newer_keys.wait_if_used()
    fingerprints = [each for written in numbers for each in keyring().fingerprints(written)]
    query = (
        select(Participant)
        .join(Participant.contact)
        .where(visible(scope))
        .where(Contact.phone_fingerprint.in_(fingerprints))
        .order_by(Participant.code)
    )
    people = list(db.session.scalars(query))
    whom: list[int | None] = [person.id for person in people] or [None]
    made = {"study_id": scope.study.id, "looked_up_by": by, "looked_up_at": now}
    db.session.add_all(LookUp(participant_id=person_id, **made) for person_id in whom)
    db.session.flush()
    return people


def _written(number: str, plan: Protocol) -> list[str]:
    """As the network would write it in each country of the study's sites; BadInput where it is a mobile in none."""
    countries = dict.fromkeys((plan.country, *(plan.place(site.code).country for site in plan.sites)))
    numbers, refused = [], []
    for country in countries:
        try:
            numbers.append(mobile(number, country, abroad=True))
        except BadInput as wrong:
            refused.append(wrong)
    if not numbers:
        raise refused[0]
    return numbers
