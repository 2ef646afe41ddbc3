"""How to reach somebody as it was before a number or an address was corrected, to put it back where that was a slip."""

from collections.abc import Sequence
from datetime import datetime

from app.core.database import db
from app.participants.channels import ReachedBy
from app.participants.models import Contact, Participant

ADDRESSES = ("phone", "email")
INSTANTS = ("unusable_since", "email_unusable_since")
WORDS = ("unusable_because", "email_unusable_because")
Pairs = Sequence[tuple[str, str]]
"""Names with their values, as a form has them; what there was not is empty."""


def former_contact(participant: Participant) -> Pairs:
    """What a correction of number or address may change. A number is in it: it is kept closed, or not at all."""
    contact = participant.contact
    words = [(name, getattr(contact, name) or "") for name in (*ADDRESSES, *WORDS)]
    instants = [(name, at.isoformat() if (at := getattr(contact, name)) else "") for name in INSTANTS]
    return [*words, *instants, ("reached_by", participant.reached_by.value)]


def put_back(participant: Participant, former: Pairs) -> None:
    """The contact is as it was; it counts as another one, so that what is due is asked about anew."""
    contact, was = participant.contact, dict(former)
    for name in (*ADDRESSES, *WORDS):
        setattr(contact, name, was[name] or None)
    for name in INSTANTS:
        setattr(contact, name, datetime.fromisoformat(was[name]) if was[name] else None)
    participant.reached_by = ReachedBy(was["reached_by"])
    contact.version = Contact.version + 1
    db.session.flush()
