"""Read a protocol file: all of its errors at once, or a protocol."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.studies.protocol.definition import Protocol
from app.studies.protocol.errors import ProtocolErrors
from app.studies.protocol.fields import EXAMPLE_PROTOCOL
from app.studies.protocol.formats import from_dict, is_second, shape_errors
from app.studies.protocol.holiday_checks import holiday_errors
from app.studies.protocol.hour_checks import hour_errors
from app.studies.protocol.known import Known, known
from app.studies.protocol.language_checks import language_errors
from app.studies.protocol.message_checks import channel_errors, message_errors
from app.studies.protocol.pin_checks import pin_errors
from app.studies.protocol.rule_checks import rule_errors
from app.studies.protocol.site_checks import e164, site_errors
from app.studies.protocol.span_checks import span_errors
from app.studies.protocol.visit_checks import visit_errors
from app.studies.protocol.window_checks import window_errors
from app.yaml_files import Document, Mistake, Unreadable, read_yaml


def read_protocol(
    source: Path | str | bytes,
    known_instruments: Collection[str] | None = None,
    safety_instruments: Collection[str] | None = None,
    *,
    facts: Known | None = None,
) -> Protocol:
    """The protocol in a file (a path) or in a text (bytes, or a string with line breaks).

    Raises `ProtocolErrors` with everything that is wrong. The known questionnaires, and those which ask about danger to
    life, are `app.instruments`' own unless given; `facts` are all that an installation knows, its own ones too.
    """
    return _checked(_content(source), facts or known(known_instruments, safety_instruments))


def line_of(source: Path, visit: int, window: str, reminder: int | None) -> int:
    """Where a file that was read writes a visit, or one of the reminders of its window."""
    document = _document(_content(source))
    if reminder is None:
        return document.line(("visits", visit))
    return document.line((*(("windows", window) if window else ("visits", visit)), "reminders", reminder))


@lru_cache(maxsize=16)
def _checked(content: bytes, facts: Known) -> Protocol:
    """The same content is read once in the life of a process; what is wrong is found anew each time."""
    document = _document(content)
    errors = [
        *document.mistakes,
        *shape_errors(document),
        *language_errors(document, facts),
        *site_errors(document),
        *holiday_errors(document),
        *hour_errors(document),
        *(_second_errors(document, facts) if is_second(document) else _first_errors(document, facts)),
        *pin_errors(document, facts),
        *message_errors(document),
        *channel_errors(document),
    ]
    if errors:
        raise ProtocolErrors(errors)
    return from_dict(_with_whole_numbers(document))


def _first_errors(document: Document, facts: Known) -> Iterator[Mistake]:
    yield from window_errors(document)
    yield from visit_errors(document, facts)


def _second_errors(document: Document, facts: Known) -> Iterator[Mistake]:
    yield from span_errors(document)
    yield from rule_errors(document, facts)


def _content(source: Path | str | bytes) -> bytes:
    """Of a file, or the text itself: a string with a line break is text, without one it is a path."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and ("\n" in source or not source.strip()):
        return source.encode("utf-8", "surrogatepass")
    try:
        return Path(source).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not usable"
        mistake = Mistake(1, "", f"{source} cannot be read: {reason}", "Give the path of a protocol file")
        raise ProtocolErrors([mistake]) from error


def _document(content: bytes) -> Document:
    try:
        return read_yaml(content, EXAMPLE_PROTOCOL)
    except Unreadable as error:
        raise ProtocolErrors([error.mistake]) from error


def _with_whole_numbers(document: Document) -> dict[str, Any]:
    """The file's values with the sites' telephone numbers as E.164."""
    plain: dict[str, Any] = document.data  # type: ignore[assignment]  # the schema has just said so
    countries = [site.get("country", plain["country"]) for site in plain["sites"]]
    sites = [
        {**site, "phone": e164(site["phone"], country)} for site, country in zip(plain["sites"], countries, strict=True)
    ]
    return {**plain, "sites": sites}
