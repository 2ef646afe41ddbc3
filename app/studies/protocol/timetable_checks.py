"""Checks of the timetable: visits, their windows, reminders and questionnaires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from app.studies.protocol.codes import same_codes
from app.studies.protocol.document import Document, Path
from app.studies.protocol.errors import ProtocolError
from app.studies.protocol.known import Known


def timetable_errors(document: Document, known: Known) -> Iterator[ProtocolError]:
    for window in document.children("windows"):
        yield from _window_errors(document, window)
        yield from _reminder_errors(document, window)
    visits = document.children("visits")
    yield from same_codes(document, [(*visit, "code") for visit in visits])
    yield from _order_errors(document, visits)
    for visit in visits:
        yield from _visit_window_errors(document, visit)
        yield from _instrument_errors(document, visit, known)


def _window_errors(document: Document, window: Path) -> Iterator[ProtocolError]:
    opens, due = document.whole(*window, "opens"), document.whole(*window, "due")
    last, anchor = last_day(document, window), document.text("anchor")
    closes = document.text(*window, "closes")
    if closes and anchor and closes != anchor:
        remedy = f"Write a number of days such as `7`, or `{anchor}`"
        yield document.error((*window, "closes"), f"closes with `{closes}`, which is not the anchor event", remedy)
    if opens is not None and due is not None and opens > due:
        yield document.error(
            (*window, "due"), f"is due on day {due}, before it opens on day {opens}", _upright("opens", "due")
        )
    if last is not None and due is not None and due > last:
        yield document.error(
            (*window, "closes"), f"closes on day {last}, before it is due on day {due}", _upright("due", "closes")
        )
    elif last is not None and opens is not None and opens > last:
        yield document.error(
            (*window, "closes"), f"closes on day {last}, before it opens on day {opens}", _upright("opens", "closes")
        )


def _upright(first: str, second: str) -> str:
    return f"Write `{second}` equal to `{first}` or later"


def last_day(document: Document, window: Path) -> int | None:
    """The window's last day; with the anchor event that is day 0."""
    return 0 if document.text(*window, "closes") else document.whole(*window, "closes")


def _reminder_errors(document: Document, window: Path) -> Iterator[ProtocolError]:
    opens, last = document.whole(*window, "opens"), last_day(document, window)
    at_anchor = document.text(*window, "closes") is not None
    previous: tuple[int, str] | None = None if opens is None else (opens, document.text("sending", "at") or "")
    for path in document.children(*window, "reminders"):
        day, at = document.whole(*path, "day"), document.text(*path, "at")
        if day is None:
            continue
        if last is not None and (day > last or (at_anchor and day == last)):
            when = "at the anchor event on day 0" if at_anchor else f"at the end of day {last}"
            message = f"a reminder on day {day} comes after the window closes {when}"
            yield document.error((*path, "day"), message, f"Write a day from {opens} to {last - at_anchor}")
        elif previous and (day, at or "") <= previous:
            message = "a reminder does not come after the text before it"
            yield document.error((*path, "day"), message, "Put it later than the invitation and the reminder before it")
        previous = (day, at or "")


def _order_errors(document: Document, visits: Iterable[Path]) -> Iterator[ProtocolError]:
    seen: dict[int, Path] = {}
    latest = -1
    for visit in visits:
        path = (*visit, "day")
        if (day := document.whole(*path)) is None:
            continue
        if day in seen:
            remedy = "Put their questionnaires together; a day has one visit, one message, one link"
            yield document.error(path, f"day {day} has a visit already, on line {document.line(seen[day])}", remedy)
        elif day < latest:
            yield document.error(
                path, f"day {day} comes after day {latest}", "Put the visits in the order of their days"
            )
        seen.setdefault(day, path)
        latest = max(latest, day)


def _visit_window_errors(document: Document, visit: Path) -> Iterator[ProtocolError]:
    path = (*visit, "window")
    name, windows, anchor = document.text(*path), document.get("windows"), document.text("anchor")
    if name is None or not isinstance(windows, dict):
        return
    if name not in windows:
        yield document.error(path, f"there is no window `{name}`", _meant(name, windows))
    elif (
        anchor and document.text("windows", name, "closes") == anchor and document.whole(*visit, "day") not in (0, None)
    ):
        message = f"the window `{name}` closes with the anchor event, which is on day 0"
        yield document.error(path, message, "Use such a window for the visit on day 0 only")


def _instrument_errors(document: Document, visit: Path, known: Known) -> Iterator[ProtocolError]:
    seen: set[str] = set()
    for path, code in document.texts(*visit, "instruments"):
        if known.instruments is not None and code not in known.instruments:
            yield document.error(path, f"there is no instrument `{code}`", _meant(code, known.instruments))
        if code in seen:
            yield document.error(path, f"`{code}` stands twice in one visit", "Write each questionnaire once")
        seen.add(code)


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else "Use one of: " + ", ".join(sorted(known))
