"""How staff pages write instants, days and states: in a named zone, in words, in the reader's language."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.units import format_unit
from flask import Flask

from app.accounts.roles import Permission
from app.studies.models import Site
from app.studies.protocol import Channel
from app.web.language import gettext, spoken

MIDNIGHT = time(0)
DAY_PATTERNS = {"en": "EEE d MMM y"}
NUMBERED = {"reminder": "reminder %(number)s", "question": "question %(number)s"}
"""Codes that are counted: `reminder-2`."""
KILO = 1000
SHORT = {"en": "d MMM y, HH:mm"}
LANGUAGE_NAMES = {"nb": "Norwegian (bokmål)", "nn": "Norwegian (nynorsk)", "en": "English"}


def moment(at: datetime | None, zone: str) -> str:
    """`Thu 14 May 2026, 09:00` on the clocks of `zone`; a dash where there is no instant."""
    if not at:  # nothing, or what a template did not find
        return "–"
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def short(at: datetime | None, zone: str) -> str:
    """`14 May 2026, 09:00`, for tables of many instants."""
    if not at:
        return "–"
    return format_datetime(at.astimezone(ZoneInfo(zone)), SHORT.get(spoken(), "d. MMM y, HH:mm"), locale=spoken())


def from_day(at: datetime | None, zone: str) -> str:
    """An instant from which something holds: the day alone where it is the day's first moment."""
    local = at.astimezone(ZoneInfo(zone)) if at else None
    return day(local.date()) if local and local.time() == MIDNIGHT else moment(at, zone)


def to_day(at: datetime | None, zone: str) -> str:
    """An instant until which something holds: the last whole day where it ends with that day."""
    local = at.astimezone(ZoneInfo(zone)) if at else None
    return day(local.date() - timedelta(days=1)) if local and local.time() == MIDNIGHT else moment(at, zone)


def day(on: date | None) -> str:
    """`Thu 14 May 2026`; a dash where there is no date."""
    return "–" if on is None else format_date(on, DAY_PATTERNS.get(spoken(), "EEE d. MMM y"), locale=spoken())


def written_day(instant: str) -> str:
    """The day of an instant that a library wrote as text, such as `2026-05-14T09:00:00+00:00`."""
    return day(datetime.fromisoformat(instant).date())


def channel_names(channels: Iterable[Channel]) -> list[tuple[str, str]]:
    """Channels with their names, for a list to choose from."""
    names = {Channel.SMS: gettext("Text message"), Channel.EMAIL: gettext("E-mail")}
    return [(channel.value, names[channel]) for channel in channels]


def words(name: str) -> str:
    """A code as words: `not_due` is "not due", in the reader's language where its catalogue has it."""
    kind, _, number = name.rpartition("-")
    if number.isdecimal() and kind in NUMBERED:
        return gettext(NUMBERED[kind], number=number)
    return gettext(name.replace("_", " ")) if name else ""


def options(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes as options of a list, in words."""
    return [(code, words(code)) for code in codes]


def percent(share: float | None) -> str:
    """`93 %`; a dash where nothing was expected."""
    return "–" if share is None else f"{100 * share:.0f} %"


def size(count: int) -> str:
    """`68 bytes`, `1.3 kB`: how large a file is."""
    if count < KILO:
        return format_unit(count, "digital-byte", "long", locale=spoken())
    scale = 1 if count < KILO**2 else 2 if count < KILO**3 else 3
    unit = ("kilo", "mega", "giga")[scale - 1]
    return format_unit(round(count / KILO**scale, 1), f"digital-{unit}byte", "short", locale=spoken())


def pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    """Options of a list that are shown as they are sent."""
    return [(value, value) for value in values]


def site_names(sites: Iterable[Site]) -> list[tuple[str, str]]:
    """Sites as options of a list: code and name."""
    return [(site.code, f"{site.code} {site.name}") for site in sites]


def language_names(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Languages as options, each as the reader calls it."""
    return [(code, _language(code)) for code in codes]


def _language(code: str) -> str:
    if code in LANGUAGE_NAMES:
        return gettext(LANGUAGE_NAMES[code])
    name = Locale.parse(code).get_display_name(spoken()) or code
    return name[:1].upper() + name[1:]


def event_names(events: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """The protocol's events as options."""
    return [(kind, texts.get(spoken()) or next(iter(texts.values()), kind)) for kind, texts in events.items()]


def total(counts: Mapping[tuple[str, str], int], kind: str | None = None, state: str | None = None) -> int:
    """The sum of a table of counts, or of one row or column of it."""
    return sum(number for (k, s), number in counts.items() if kind in (None, k) and state in (None, s))


def init_app(app: Flask) -> None:
    """Give the templates these words."""
    filters = (
        moment,
        short,
        from_day,
        to_day,
        day,
        written_day,
        words,
        percent,
        options,
        pairs,
        size,
        site_names,
        language_names,
        channel_names,
        event_names,
        total,
    )
    app.jinja_env.filters.update({function.__name__: function for function in filters})
    app.jinja_env.globals.update({"Permission": Permission})
