"""Checks of public holidays: whose they are must be known wherever texts wait for them to end."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date
from functools import lru_cache
from itertools import chain, product

import phonenumbers

from app.studies.protocol.choices import Holidays
from app.studies.protocol.conduct import NATIONAL
from app.studies.protocol.days_off import DaysOff, too_many_in_a_row
from app.studies.protocol.suggestions import meant
from app.yaml_files import Document, Mistake, Path

YEARS = range(2020, 2036)
"""So many are compared to see whether the parts of a country have days of their own: some fall on Sundays for years."""
NEAR_YEARS = range(2024, 2101)
LEAP_YEAR = 2028
"""Days off in a row are looked for about the years that the added days name; about this one where none does."""


def holiday_errors(document: Document) -> Iterator[Mistake]:
    """Places without a known calendar of public holidays, and days that are both added and dropped."""
    waits = document.text("sending", "holidays") == Holidays.WAIT
    country, subdivision = document.text("country"), document.text("subdivision")
    sites = document.children("sites")
    if country:
        inherits = any(document.get(*site, "subdivision") is None for site in sites if _is_at(document, site, country))
        yield from _place_errors(document, (), country, subdivision, needed=waits and inherits)
    for site in sites:
        own, part = document.text(*site, "country"), document.text(*site, "subdivision")
        if own and own != country:
            yield from _place_errors(document, site, own, part, needed=waits)
        elif country and part:
            yield from _part_errors(document, site, country, part)
    yield from _day_errors(document)
    if waits:
        yield from _row_errors(document)


def has_holidays(country: str) -> bool:
    """Whether the public holidays of the country are known."""
    from holidays import list_supported_countries

    return country in list_supported_countries()


def subdivisions(country: str) -> dict[str, str]:
    """The parts of a country that have a code, each with its name where one is known."""
    from holidays import country_holidays

    calendar = country_holidays(country)
    names = {code: name for name, code in calendar.subdivisions_aliases.items()}
    return {code: names.get(code, "") for code in calendar.subdivisions}


@lru_cache
def differs_within(country: str) -> bool:
    """Whether public holidays are not the same in all parts of the country."""
    from holidays import country_holidays

    everywhere = set(country_holidays(country, years=YEARS))
    return any(set(country_holidays(country, subdiv=part, years=YEARS)) != everywhere for part in subdivisions(country))


def parts_told(country: str) -> str:
    """The parts of a country as a sentence lists them, and what stands for none of them."""
    parts = subdivisions(country).items()
    listed = ", ".join(f"{code} ({name})" if name and name != code else code for code, name in parts)
    return f"{listed}, or {NATIONAL} if only the days of the whole country are to hold"


def _is_at(document: Document, site: Path, country: str) -> bool:
    return (document.text(*site, "country") or country) == country


def _place_errors(
    document: Document, place: Path, country: str, part: str | None, *, needed: bool
) -> Iterator[Mistake]:
    """A place of its own: the protocol's, or that of a site abroad. A country that is none is said so elsewhere."""
    if country not in phonenumbers.SUPPORTED_REGIONS:
        return
    if not has_holidays(country):
        if needed:
            remedy = "Write `holidays: send`; texts then go out on holidays too"
            yield document.error(("sending", "holidays"), f"the public holidays of {country} are not known", remedy)
    elif part:
        yield from _part_errors(document, place, country, part)
    elif needed and differs_within(country):
        remedy = f"Write there, or at each of its sites, `subdivision:` and one of {parts_told(country)}"
        message = f"is missing: not all parts of {country} have the same public holidays"
        yield document.error((*place, "subdivision"), message, remedy)


def _part_errors(document: Document, place: Path, country: str, part: str) -> Iterator[Mistake]:
    if not has_holidays(country):
        return
    parts = subdivisions(country)
    if part == NATIONAL or part in parts or part in parts.values():
        return
    remedy = meant(part, [*parts, *filter(None, parts.values()), NATIONAL]) if parts else "Leave it out"
    yield document.error((*place, "subdivision"), f"{country} has no part `{part}` with holidays of its own", remedy)


def _day_errors(document: Document) -> Iterator[Mistake]:
    added = {day for _, day in document.texts("sending", "holidays_added")}
    for path, day in document.texts("sending", "holidays_dropped"):
        if day in added:
            yield document.error(path, f"{day} is also among `holidays_added`", "Write each day in one of them")
    listed = chain(document.children("sending", "holidays_added"), document.children("sending", "holidays_dropped"))
    if document.text("sending", "holidays") == Holidays.SEND and (first := next(listed, None)):
        remedy = "Write `holidays: wait`, or leave the days out"
        yield document.error(first, "holidays are days like others here, so none can be added or dropped", remedy)


def _row_errors(document: Document) -> Iterator[Mistake]:
    """Days added that leave a place without a day to send on for so long that no text would wait for it."""
    added = {day: path for path, day in document.texts("sending", "holidays_added")}
    dropped = frozenset(day for _, day in document.texts("sending", "holidays_dropped"))
    years = sorted({int(day[:4]) for day in added if day[:4].isdigit()} & set(NEAR_YEARS)) or [LEAP_YEAR]
    for public, year in product(_calendars(document) if added else (), years):
        days_off = DaysOff(public, frozenset(added), dropped)
        row = too_many_in_a_row(days_off, date(year - 1, 7, 1), date(year + 1, 12, 31))
        if row is not None:
            first, last = row
            message = f"no text could leave from {first} to {last}: {(last - first).days + 1} days off in a row"
            yield document.error(("sending", "holidays_added"), message, "Add fewer: texts wait for 59 at most")
            return


def _calendars(document: Document) -> Iterator[Container[date]]:
    """The public holidays of each place of the study; none where they are not known."""
    from holidays import country_holidays

    usual = document.text("country"), document.text("subdivision")
    places = {usual}
    for site in document.children("sites"):
        own, part = document.text(*site, "country"), document.text(*site, "subdivision")
        places.add((own or usual[0], part or (None if own else usual[1])))
    for country, part in sorted(places, key=str):
        if country and has_holidays(country):
            yield country_holidays(country, subdiv=part if part and part in subdivisions(country) else None)
        else:
            yield frozenset()
