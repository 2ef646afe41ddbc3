"""Checks of the windows of format 2: they open, are due and close in this order, remind in between, by day."""

from __future__ import annotations

from collections.abc import Iterator

from app.studies.protocol.rule_checks import anchors_of, events_of
from app.studies.protocol.spans import Offset, about, in_hours, in_months, offset
from app.studies.protocol.window_checks import closing_event
from app.yaml_files import Document, Mistake, Path

OWN_KEYS = ("opens", "due", "closes", "reminders")


def span_errors(document: Document) -> Iterator[Mistake]:
    """Windows that close before they open, and reminders outside them or out of order."""
    own = [
        visit for visit in document.children("visits") if any(document.get(*visit, key) is not None for key in OWN_KEYS)
    ]
    for window in (*document.children("windows"), *own):
        yield from list(_order_errors(document, window)) or _reminder_errors(document, window)
    for visit in document.children("visits"):
        yield from _closing_errors(document, visit)


def window_place(document: Document, visit: Path) -> Path:
    """Where the window of a visit is written."""
    name = document.text(*visit, "window")
    return ("windows", name) if name else visit


def _closing_errors(document: Document, visit: Path) -> Iterator[Mistake]:
    """A window closes with an event only on the very day of it, and only with that from which its visit is counted."""
    window = window_place(document, visit)
    closes = closing_event(document, window)
    if closes is None:
        return
    anchors, place = anchors_of(document, visit), (*visit, "window" if window != visit else "closes")
    if not set(anchors) <= set(events_of(document)):
        return  # said where the event is named
    if anchors != [closes]:
        remedy = f"Write a stretch of time such as `7d`, or `after: {closes}` at the visit"
        yield document.error(place, f"closes with `{closes}`, from which the visit is not counted", remedy)
    elif any(document.get(*visit, key) not in (None, 0) for key in ("day", "every", "days")):
        remedy = "Use such a window for a visit on day 0 only"
        yield document.error(place, f"closes with `{closes}`, which is on day 0", remedy)


def _order_errors(document: Document, window: Path) -> Iterator[Mistake]:
    opens, due, closes = (_distance(document, window, key) for key in ("opens", "due", "closes"))
    if opens is not None and in_months(opens):
        remedy = "Count it in days or weeks before the visit's day"
        yield document.error(
            (*window, "opens"), "opens so many months before the day, which are not equally long", remedy
        )
    if due is not None and about(due) < about(opens or 0):
        message = f"is due {_said(due)}, before it opens {_said(opens or 0)}"
        yield document.error((*window, "due"), message, "Write `due` equal to `opens` or later")
    latest = max((each for each in (opens or 0, due) if each is not None), key=about)
    if closes is not None and (about(closes) < about(latest) or (in_hours(closes) and about(closes) == about(latest))):
        message = f"closes {_said(closes)}, before it is due or opens {_said(latest)}"
        yield document.error((*window, "closes"), message, "Write `closes` later than that")


def _distance(document: Document, window: Path, key: str) -> Offset | None:
    """What is said; a window that closes with an event closes on day 0."""
    return 0 if key == "closes" and closing_event(document, window) else offset(document.get(*window, key))


def _said(distance: Offset) -> str:
    return f"on day {distance}" if isinstance(distance, int) else f"after {distance}"


def _reminder_errors(document: Document, window: Path) -> Iterator[Mistake]:
    opens = _distance(document, window, "opens") or 0
    before = (about(opens), document.text("sending", "at") or "")
    if any(in_hours(each) for key in OWN_KEYS[:3] if (each := _distance(document, window, key)) is not None):
        before = (about(opens), "")
    for path in document.children(*window, "reminders"):
        day, at = offset(document.get(*path, "day")), document.text(*path, "at")
        if day is None:
            continue
        if in_months(day) or in_hours(day) == (at is not None):
            remedy = 'Write a day with its hour, `{day: 3, at: "17:00"}`, or hours after opening, `{day: 2h}`'
            yield document.error((*path, "day"), "is neither a day with its hour, nor hours after opening", remedy)
            continue
        place = (about(day), at or "") if at else (about(opens) + about(day), "")
        if place <= before:
            remedy = "Put it later than the invitation and the reminder before it"
            yield document.error((*path, "day"), "a reminder does not come after the text before it", remedy)
        elif (closes := _distance(document, window, "closes")) is not None and _is_late(
            place, closes, document, window
        ):
            message = f"a reminder {_said(day)} comes after the window closes"
            yield document.error((*path, "day"), message, "Write an earlier one, or let the window close later")
        before = place


def _is_late(place: tuple[float, str], closes: Offset, document: Document, window: Path) -> bool:
    """Days are over at their end; with an event a window closes at an hour which nobody knows yet."""
    if closing_event(document, window):
        return place[0] >= 0
    return place[0] >= about(closes) if in_hours(closes) else place[0] > about(closes)
