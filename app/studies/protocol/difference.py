"""What an amendment changes, from one version of a protocol to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.studies.protocol.definition import Protocol
from app.studies.protocol.plain_values import plain
from app.studies.protocol.visits import ReminderPlan, VisitPlan


class ChangeKind(StrEnum):
    VISIT_ADDED = "visit added"
    VISIT_REMOVED = "visit removed"
    DAY = "day changed"
    WINDOW = "window changed"
    ASKED = "asked otherwise"
    INSTRUMENTS = "instruments changed"
    TEXT = "text changed"
    SETTING = "setting changed"


@dataclass(frozen=True)
class Change:
    """`old` is None for what is new, `new` for what is gone; `where` is the place in the file."""

    kind: ChangeKind
    where: str
    old: object
    new: object

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.where}: {self.kind}: {self.new}"
        if self.new is None:
            return f"{self.where}: {self.kind}: was {self.old}"
        return f"{self.where}: {self.kind}: {self.old} -> {self.new}"


def difference(old: Protocol, new: Protocol) -> tuple[Change, ...]:
    """Visits first, in the order of their days, then everything else in the order of the file; empty for equals."""
    return (*_visits(old, new), *_rest(old, new))


def _visits(old: Protocol, new: Protocol) -> Iterator[Change]:
    before, after = {v.code: v for v in old.visits}, {v.code: v for v in new.visits}
    for visit in sorted({**before, **after}.values(), key=lambda visit: visit.day):
        where = f"visits.{visit.code}"
        if visit.code not in before:
            yield Change(ChangeKind.VISIT_ADDED, where, None, visit.when)
        elif visit.code not in after:
            yield Change(ChangeKind.VISIT_REMOVED, where, visit.when, None)
        else:
            yield from _visit(where, before[visit.code], after[visit.code])


def _visit(where: str, old: VisitPlan, new: VisitPlan) -> Iterator[Change]:
    if (old.distance, old.anchor) != (new.distance, new.anchor):
        same_anchor = old.anchor == new.anchor
        days = (old.distance, new.distance) if same_anchor else (old.when, new.when)
        yield Change(ChangeKind.DAY, f"{where}.day", *days)
    for name, before, after in _leaves(_asked(old), _asked(new), where):
        yield Change(ChangeKind.ASKED, name, before, after)
    for name, before, after in _leaves(_window(old), _window(new), f"{where}.window"):
        yield Change(ChangeKind.WINDOW, name, before, after)
    if old.instruments != new.instruments:
        yield Change(
            ChangeKind.INSTRUMENTS, f"{where}.instruments", ", ".join(old.instruments), ", ".join(new.instruments)
        )
    if old.minutes != new.minutes:
        yield Change(ChangeKind.SETTING, f"{where}.minutes", old.minutes, new.minutes)


def _asked(visit: VisitPlan) -> dict[str, Any]:
    """At what hour, at which sites, and if what holds; and what it is called."""
    return {name: plain(getattr(visit, name)) for name in ("at", "random", "sites", "only_if", "opened_by", "title")}


def _window(visit: VisitPlan) -> dict[str, Any]:
    """What the window does, whatever its name."""
    window = visit.window
    return {
        "opens": plain(window.opens),
        "due": plain(window.due),
        "closes": "with the anchor event" if window.closes_at_anchor else plain(window.closes),
        "grace": plain(window.grace),
        "reminders": ", ".join(map(_reminder, window.reminders)),
    }


def _reminder(reminder: ReminderPlan) -> str:
    return f"day {reminder.day} at {reminder.at:%H:%M}" if reminder.at else f"{reminder.day} after opening"


def _rest(old: Protocol, new: Protocol) -> Iterator[Change]:
    """Windows count where they are used, with the visits."""
    before, after = (
        {key: value for key, value in protocol.to_dict().items() if key not in ("visits", "windows")}
        for protocol in (old, new)
    )
    for where, was, becomes in _leaves(before, after, ""):
        language = where.rpartition(".")[2]
        is_text = language in (*old.languages, *new.languages)
        yield Change(ChangeKind.TEXT if is_text else ChangeKind.SETTING, where, was, becomes)


def _leaves(old: Any, new: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """The places whose values differ; lists of things with codes are compared by code."""
    old, new = _by_code(old), _by_code(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            yield from _leaves(old.get(key), new.get(key), f"{where}.{key}" if where else key)
    elif old != new:
        yield where, old, new


def _by_code(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and "code" in item for item in value):
        return {item["code"]: item for item in value}
    return value
