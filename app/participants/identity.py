"""What may be asked before the questions are shown: the PIN that she chose, and the year in which she was born.

The year of birth is no secret and protects nothing: where the protocol asks for it, it notices a text that reached
somebody else. Each try is counted before it is looked at, so that many at once are many tries; PIN and year are asked
together and count together.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update

from app.core.database import db
from app.core.problems import BadInput, TooMany
from app.instruments.plain_signs import plain
from app.participants.models import Contact
from app.participants.pin import close_what_is_open, is_pin, set_pin
from app.studies.protocol import Protocol

WRONG_TRIES = 5
YEAR = re.compile(r"[0-9]{4}", re.ASCII)
OLDEST = 120


class Locked(TooMany):
    """Five wrong tries: the coordinator has to open it again."""

    title = "This page is closed for now"

    def __init__(self) -> None:
        super().__init__("That was wrong five times, so the page is closed. We call you, or you can call us.")


@dataclass(frozen=True)
class Checks:
    """What is asked of a participant before her questions."""

    pin: bool
    birth_year: bool

    def __bool__(self) -> bool:
        return self.pin or self.birth_year


def checks(protocol: Protocol, *, pin_chosen: bool, birth_year_noted: bool) -> Checks:
    """What of that which is known of her is asked; a year that is not on record cannot be."""
    return Checks(pin_chosen, birth_year_noted and protocol.answers.asks_birth_year)


def passes(contact: Contact, required: Checks, pin: str, birth_year: str, now: datetime) -> bool:
    """Whether all that is asked is right. Locked when the tries are used up; the wrong fifth one locks it."""
    counting = update(Contact).where(Contact.id == contact.id, Contact.check_locked_at.is_(None))
    counted = counting.values(check_failures=Contact.check_failures + 1).returning(Contact.check_failures)
    tries = db.session.scalar(counted)
    if tries is None or tries > WRONG_TRIES:
        raise Locked()
    if _right(contact, required, pin, birth_year):
        contact.check_failures = 0
        return True
    if tries == WRONG_TRIES:
        contact.check_locked_at = now
        close_what_is_open(contact)
    return False


def _right(contact: Contact, required: Checks, pin: str, birth_year: str) -> bool:
    same_year = not required.birth_year or contact.birth_year == plain(birth_year).strip()
    return same_year and (not required.pin or is_pin(contact, pin))


def note_birth_year(contact: Contact, year: str, protocol: Protocol, today: date) -> None:
    """Keep the year of birth, closed, and forget wrong tries. BadInput says what is wrong with it."""
    wrong = wrong_birth_year(year, protocol, today)
    if wrong:
        raise BadInput(wrong, errors={"birth_year": wrong})
    contact.birth_year = plain(year).strip()
    close_what_is_open(contact)
    forget_tries(contact)


def wrong_birth_year(year: str, protocol: Protocol, today: date) -> str:
    """What is wrong with a year of birth, or nothing."""
    if not protocol.answers.asks_birth_year:
        return "This protocol does not ask for the year of birth, so it is not kept."
    typed = plain(year).strip()
    if not YEAR.fullmatch(typed) or not today.year - OLDEST <= int(typed) <= today.year:
        return "Write the year of birth with four digits, such as 1979."
    return ""


def change_checks(
    contact: Contact, protocol: Protocol, today: date, *, pin: str = "", no_pin: bool = False, birth_year: str = ""
) -> None:
    """Ask for this from now on: what is left empty stays as it is, and wrong tries are forgotten in any case.

    BadInput where there is nothing to change and nothing to open again, or where something is wrong with PIN or year.
    """
    if not (pin or no_pin or birth_year or contact.check_locked_at is not None):
        raise BadInput("Nothing was filled in, so there is nothing to save.")
    if no_pin:
        set_pin(contact, None)
    elif pin:
        set_pin(contact, pin)
    if birth_year:
        note_birth_year(contact, birth_year, protocol, today)
    forget_tries(contact)


def forget_tries(contact: Contact) -> None:
    """Open it again after wrong tries."""
    contact.check_failures, contact.check_locked_at = 0, None
