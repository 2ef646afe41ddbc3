"""Checks of hours: texts leave by day, at hours which every day has exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from re import fullmatch

from app.studies.protocol.fields import HOUR
from app.yaml_files import Document, Mistake, Path

# Clocks are changed at night, in Nuuk and on Easter Island as early as 22:00: between these hours none comes twice and
# none is left out, whatever the participant's zone.
EARLIEST_HOUR, LATEST_HOUR = "06:00", "21:00"


def hour_errors(document: Document) -> Iterator[Mistake]:
    """Hours at which no patient may be texted, or that are in the wrong order."""
    earliest, latest = document.text("sending", "earliest"), document.text("sending", "latest")
    for name, hour in (("earliest", earliest), ("latest", latest)):
        if hour and not EARLIEST_HOUR <= hour <= LATEST_HOUR and _is_hour(hour):
            yield document.error(("sending", name), *_night(hour))
    if earliest and latest and earliest >= latest:
        remedy = 'Write, for example, `earliest: "08:00"` and `latest: "20:00"`'
        yield document.error(("sending", "latest"), f"{latest} is not after `earliest` ({earliest})", remedy)
        earliest = latest = None  # no hour could lie between them
    for path in _sending_hours(document):
        yield from _quiet_hour(document, path, earliest, latest)


def _sending_hours(document: Document) -> list[Path]:
    """Of invitations, of visits with hours of their own, and of reminders, wherever their window is written."""
    visits = document.children("visits")
    own = [place for visit in visits for place in (document.children(*visit, "at") or [(*visit, "at")])]
    stretches = [(*visit, "random", end) for visit in visits for end in ("earliest", "latest")]
    windows = [(*window, "reminders") for window in (*document.children("windows"), *visits)]
    reminders = [(*reminder, "at") for window in windows for reminder in document.children(*window)]
    return [("sending", "at"), *own, *stretches, *reminders]


def _quiet_hour(document: Document, path: Path, earliest: str | None, latest: str | None) -> Iterator[Mistake]:
    hour = document.text(*path)
    if not hour or not _is_hour(hour):
        return
    if not EARLIEST_HOUR <= hour <= LATEST_HOUR:
        yield document.error(path, *_night(hour))
    elif (
        earliest and latest and not earliest <= hour < latest and (path[-2:] != ("random", "latest") or hour != latest)
    ):
        remedy = f"Write an hour from {earliest} to before {latest}, or change `earliest` and `latest`"
        yield document.error(path, f"{hour} lies in the quiet hours", remedy)


def _night(hour: str) -> tuple[str, str]:
    if hour.startswith("02:"):
        message = f"{hour} does not exist, or comes twice, on the days when the clocks change"
    else:
        message = f"{hour} is in the night"
    return message, f"Write an hour from {EARLIEST_HOUR} to {LATEST_HOUR}"


def _is_hour(text: str) -> bool:
    """Anything else has been reported as the wrong shape."""
    return fullmatch(HOUR, text) is not None
