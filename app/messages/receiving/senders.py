"""Whose number a text came from, in the one form in which numbers are kept: E.164, whatever channel brought it (pure).

Providers write a sender as the channel does: `+4740612345`, `rcs:+47...`, `whatsapp:+47...`, `tel:+47-406-12-345`,
`sip:+47...@host`, with signs as %2B, or as the country dials it. A sender that is no telephone (a name, an account)
stays what it is; nobody has that number.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException

from app.instruments.plain_signs import plain

SCHEME = re.compile(r"[a-z][a-z0-9.+-]*:(?://)?", re.IGNORECASE)
TRUNK = re.compile(r"\( *0 *\)")
"""The nought that is dialled at home alone, written also where a country has none: `+47 (0) 406 12 345`."""
COUNTRY = re.compile(r"[A-Z]{2}")


def canonical(sender: str, countries: Iterable[str] = ()) -> str:
    """The sender in E.164; what is dialled without a country is tried in each of `countries` (ISO 3166), in order."""
    bare, dialled = _bare(sender), _before_its_host(sender)
    digits = re.sub(r"\D", "", TRUNK.sub("", dialled.partition(";")[0]))
    tried: list[tuple[str, str | None]] = (
        [(dialled, None), (f"+{digits[2:]}", None)] if digits.startswith("00") else [(dialled, None)]
    )
    tried += [(dialled, country) for country in countries if COUNTRY.fullmatch(country)]
    tried.append((f"+{digits}", None))
    return next((number for written, country in tried if (number := _parsed(written, country))), bare)


def is_dialled(sender: str) -> bool:
    """Whether it is a number without its country, so that somebody must say which country is meant."""
    return _parsed(_before_its_host(sender), None) is None


def _bare(sender: str) -> str:
    return SCHEME.sub("", _plain(sender), count=1)


def _before_its_host(sender: str) -> str:
    """What may be a number of `sip:+47...@host:5060`, also where an address was written with signs as %2B."""
    return _bare(unquote(sender)).partition("@")[0]


def _plain(sender: str) -> str:
    return "".join(filter(str.isprintable, plain(sender[:200]))).strip()


def _parsed(written: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(f"tel:{written}", country)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
