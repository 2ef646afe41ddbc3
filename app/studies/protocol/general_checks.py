"""Checks of who and where: languages, zone, country, sites, events, hours, safety."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from zoneinfo import available_timezones

import phonenumbers

from app.studies.protocol.codes import same_codes
from app.studies.protocol.document import Document, Path
from app.studies.protocol.errors import ProtocolError
from app.studies.protocol.known import Known

EARLIEST, LATEST = "06:00", "23:00"


def general_errors(document: Document, known: Known) -> Iterator[ProtocolError]:
    yield from _language_errors(document, known)
    yield from _missing_texts(document)
    yield from _place_errors(document)
    yield from _phone_errors(document)
    yield from same_codes(document, [(*site, "code") for site in document.children("sites")])
    yield from _anchor_errors(document)
    yield from _hour_errors(document)
    yield from _safety_errors(document, known)


def _language_errors(document: Document, known: Known) -> Iterator[ProtocolError]:
    seen: set[str] = set()
    for path, language in document.texts("languages"):
        if language not in known.languages:
            yield document.error(path, f"the language `{language}` is not known", f"Use {_any_of(known.languages)}")
        if language in seen:
            yield document.error(path, f"the language `{language}` stands twice", "Write each language once")
        seen.add(language)


def _missing_texts(document: Document) -> Iterator[ProtocolError]:
    """Whatever people read must be there in each of the protocol's languages, and in no other."""
    languages = [language for _, language in document.texts("languages")]
    for path in [("title",), ("urgent_help",), ("safety", "help"), *_text_places(document)]:
        if not isinstance(found := document.get(*path), dict):
            continue
        for language in languages:
            if language not in found:
                yield document.error(path, f"has no text in `{language}`", f"Add `{language}: ...`")
        for language in found:
            if languages and language not in languages:
                remedy = "Delete it, or add the language to `languages`"
                yield document.error((*path, language), f"`{language}` is not a language of this protocol", remedy)


def _text_places(document: Document) -> list[Path]:
    senders: list[Path] = [(*site, "sender") for site in document.children("sites")]
    return [*senders, *document.children("events"), *document.children("messages")]


def _place_errors(document: Document) -> Iterator[ProtocolError]:
    zone, country = document.text("zone"), document.text("country")
    if zone and zone not in available_timezones():
        close = get_close_matches(zone, available_timezones(), n=1, cutoff=0.5)
        remedy = f"Did you mean `{close[0]}`?" if close else "Write a name such as `Europe/Oslo`"
        yield document.error(("zone",), f"there is no time zone `{zone}`", remedy)
    if country and country not in phonenumbers.SUPPORTED_REGIONS:
        yield document.error(("country",), f"there is no country `{country}`", "Write its two letters, such as `NO`")
    elif country and document.text("sending", "holidays") == "wait" and not _has_holidays(country):
        remedy = "Write `holidays: send`; texts then go out on holidays too"
        yield document.error(("sending", "holidays"), f"the public holidays of {country} are not known", remedy)


def _has_holidays(country: str) -> bool:
    from holidays import country_holidays

    try:
        country_holidays(country)
    except NotImplementedError:
        return False
    return True


def e164(phone: str, country: str | None) -> str | None:
    """The number as the network writes it, or None where it is not a possible number."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    form = phonenumbers.PhoneNumberFormat.E164
    return phonenumbers.format_number(number, form) if phonenumbers.is_valid_number(number) else None


def _phone_errors(document: Document) -> Iterator[ProtocolError]:
    for site in document.children("sites"):
        path = (*site, "phone")
        phone = document.text(*path)
        if phone and e164(phone, document.text("country")) is None:
            yield document.error(
                path, f'"{phone}" is not a telephone number', 'Write it whole, such as "+47 21 23 45 61"'
            )


def _anchor_errors(document: Document) -> Iterator[ProtocolError]:
    anchor, events = document.text("anchor"), document.get("events")
    if anchor and isinstance(events, dict) and anchor not in events:
        remedy = f"Add `{anchor}:` to `events`, or name one of {_any_of(events)}"
        yield document.error(("anchor",), f"`{anchor}` is not one of the events", remedy)


def _hour_errors(document: Document) -> Iterator[ProtocolError]:
    """Hours at which a clock somewhere is changed come twice on one day of the year and not at all on another."""
    earliest, latest = document.text("sending", "earliest"), document.text("sending", "latest")
    for name, hour in (("earliest", earliest), ("latest", latest)):
        if hour and not EARLIEST <= hour <= LATEST and _is_hour(hour):
            yield document.error(("sending", name), *_night(hour))
    if earliest and latest and earliest >= latest:
        remedy = 'Write, for example, `earliest: "08:00"` and `latest: "20:00"`'
        yield document.error(("sending", "latest"), f"{latest} is not after `earliest` ({earliest})", remedy)
    for path in _sending_hours(document):
        yield from _quiet_hour(document, path, earliest, latest)


def _sending_hours(document: Document) -> list[Path]:
    windows = [(*window, "reminders") for window in document.children("windows")]
    return [("sending", "at"), *((*reminder, "at") for window in windows for reminder in document.children(*window))]


def _quiet_hour(document: Document, path: Path, earliest: str | None, latest: str | None) -> Iterator[ProtocolError]:
    hour = document.text(*path)
    if not hour or not _is_hour(hour):
        return
    if not EARLIEST <= hour <= LATEST:
        yield document.error(path, *_night(hour))
    elif earliest and latest and not earliest <= hour < latest:
        remedy = f"Write an hour from {earliest} to before {latest}, or change `earliest` and `latest`"
        yield document.error(path, f"{hour} lies in the quiet hours", remedy)


def _night(hour: str) -> tuple[str, str]:
    if hour.startswith("02:"):
        message = f"{hour} does not exist, or comes twice, on the days when the clocks change"
    else:
        message = f"{hour} is in the night"
    return message, f"Write an hour from {EARLIEST} to {LATEST}"


def _is_hour(text: str) -> bool:
    """Anything else has been reported as the wrong shape."""
    hours, _, minutes = text.partition(":")
    return len(text) == 5 and hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60


def _safety_errors(document: Document, known: Known) -> Iterator[ProtocolError]:
    if document.get("safety") is not None:
        return
    for visit in document.children("visits"):
        for path, code in document.texts(*visit, "instruments"):
            if code in known.safety_instruments:
                message = f"`{code}` asks about danger to life, and the protocol does not say who answers"
                yield document.error(path, message, "Add `safety:` with `answered_by`, `within_hours` and `help`")
                return


def _any_of(names: object) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))  # type: ignore[call-overload]
