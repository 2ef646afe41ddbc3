"""Checks of windows: they open, are due and close in this order, and remind in between."""

from __future__ import annotations

from collections.abc import Iterator
from re import fullmatch

from app.studies.protocol.fields import CODE
from app.yaml_files import Document, Mistake, Path


def window_errors(document: Document) -> Iterator[Mistake]:
    """Windows that close before they open, and reminders outside them or out of order."""
    for window in document.children("windows"):
        yield from _closing_errors(document, window)
        yield from _order_errors(document, window)
        yield from _reminder_errors(document, window)


def closing_event(document: Document, window: Path) -> str | None:
    """The event with which a window closes; what is neither a name nor a stretch of time is told as of no shape."""
    closes = document.text(*window, "closes")
    return closes if closes and fullmatch(CODE, closes) else None


def _closing_errors(document: Document, window: Path) -> Iterator[Mistake]:
    closes, anchor = closing_event(document, window), document.text("anchor")
    if closes and anchor and closes != anchor and anchor in _events(document):
        remedy = f"Write a number of days such as `7`, or `{anchor}`"
        yield document.error((*window, "closes"), f"closes with `{closes}`, which is not the anchor event", remedy)


def _events(document: Document) -> set[str | int]:
    """Their names; an anchor that is none of them is a mistake of its own, reported where it stands."""
    return {path[-1] for path in document.children("events")}


def _last_day(document: Document, window: Path) -> int | None:
    """The window's last day; with the anchor event that is day 0."""
    return 0 if closing_event(document, window) else document.whole(*window, "closes")


def _order_errors(document: Document, window: Path) -> Iterator[Mistake]:
    opens, due, last = document.whole(*window, "opens"), document.whole(*window, "due"), _last_day(document, window)
    if opens is not None and due is not None and opens > due:
        message = f"is due on day {due}, before it opens on day {opens}"
        yield document.error((*window, "due"), message, "Write `due` equal to `opens` or later")
    latest = max((day for day in (opens, due) if day is not None), default=None)
    if last is not None and latest is not None and latest > last:
        message = f"closes on day {last}, before it is due or opens on day {latest}"
        yield document.error((*window, "closes"), message, "Write `closes` equal to `due` or later")


def _reminder_errors(document: Document, window: Path) -> Iterator[Mistake]:
    opens = document.whole(*window, "opens")
    before = None if opens is None else (opens, document.text("sending", "at") or "")
    for path in document.children(*window, "reminders"):
        day, at = document.whole(*path, "day"), document.text(*path, "at")
        if day is None:
            continue
        if late := _too_late(document, window, day):
            yield document.error((*path, "day"), *late)
        elif before and (day, at or "") <= before:
            remedy = "Put it later than the invitation and the reminder before it"
            yield document.error((*path, "day"), "a reminder does not come after the text before it", remedy)
        before = (day, at or "")


def _too_late(document: Document, window: Path, day: int) -> tuple[str, str] | None:
    """A window that closes with the anchor event closes at an hour which nobody knows yet: remind before that day."""
    last = _last_day(document, window)
    if last is None:
        return None
    at_anchor = closing_event(document, window) is not None
    final = last - 1 if at_anchor else last
    if day <= final:
        return None
    when = "with the anchor event on day 0" if at_anchor else f"at the end of day {last}"
    return f"a reminder on day {day} comes after the window closes {when}", f"Write {final} or an earlier day"
