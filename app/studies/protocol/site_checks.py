"""Checks of places: zone, country, sites and their telephones."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers

from app.studies.protocol.codes import same_codes
from app.yaml_files import Document, Mistake


def site_errors(document: Document) -> Iterator[Mistake]:
    """Zones, countries and telephone numbers that do not exist, and codes that stand twice."""
    yield from _zone_errors(document)
    yield from _country_errors(document)
    yield from same_codes(document, [(*site, "code") for site in document.children("sites")])
    yield from _phone_errors(document)


AMBIGUOUS = {"localtime", "posixrules", "Factory", "CET", "EET", "MET", "WET"}
"""Names that mean something else to another machine or to PostgreSQL, or nothing.

Of `CET` and its like PostgreSQL takes the abbreviation, which knows no summer time.
"""


def zones() -> set[str]:
    """All names of time zones that mean one thing."""
    return available_timezones() - AMBIGUOUS


def is_zone(name: str) -> bool:
    """Whether it is the name of a time zone; to list them all would take reading hundreds of files."""
    if name in AMBIGUOUS or name.startswith(("posix/", "right/")):
        return False
    try:
        return ZoneInfo(name).key == name
    except (LookupError, ValueError, OSError):
        return False


def _zone_errors(document: Document) -> Iterator[Mistake]:
    for place in ((), *document.children("sites")):
        zone = document.text(*place, "zone")
        if zone and not is_zone(zone):
            close = get_close_matches(zone, zones(), n=1, cutoff=0.5)
            remedy = f"Did you mean `{close[0]}`?" if close else "Write a name such as `Europe/Oslo`"
            yield document.error((*place, "zone"), f"there is no time zone `{zone}`", remedy)


def _country_errors(document: Document) -> Iterator[Mistake]:
    country = document.text("country")
    if country and country not in phonenumbers.SUPPORTED_REGIONS:
        yield document.error(("country",), f"there is no country `{country}`", "Write its two letters, such as `NO`")
    for site in document.children("sites"):
        own = document.text(*site, "country")
        if own and own not in phonenumbers.SUPPORTED_REGIONS:
            yield document.error(
                (*site, "country"), f"there is no country `{own}`", "Write its two letters, such as `NO`"
            )


def _phone_errors(document: Document) -> Iterator[Mistake]:
    for site in document.children("sites"):
        path = (*site, "phone")
        phone = document.text(*path)
        if phone and e164(phone, document.text(*site, "country") or document.text("country")) is None:
            yield document.error(
                path, f'"{phone}" is not a telephone number', 'Write it whole, such as "+47 21 23 45 61"'
            )


def e164(phone: str, country: str | None) -> str | None:
    """The number as the network writes it, or None where it is not a possible number."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    form = phonenumbers.PhoneNumberFormat.E164
    return phonenumbers.format_number(number, form) if phonenumbers.is_valid_number(number) else None
