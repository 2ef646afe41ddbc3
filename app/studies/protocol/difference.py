"""What an amendment changes, from one version of a protocol to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.studies.protocol.definition import Protocol, VisitPlan


class ChangeKind(StrEnum):
    VISIT_ADDED = "visit added"
    VISIT_REMOVED = "visit removed"
    DAY = "day changed"
    WINDOW = "window changed"
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
            yield Change(ChangeKind.VISIT_ADDED, where, None, f"day {visit.day}")
        elif visit.code not in after:
            yield Change(ChangeKind.VISIT_REMOVED, where, f"day {visit.day}", None)
        else:
            yield from _visit(where, before[visit.code], after[visit.code])


def _visit(where: str, old: VisitPlan, new: VisitPlan) -> Iterator[Change]:
    if old.day != new.day:
        yield Change(ChangeKind.DAY, f"{where}.day", old.day, new.day)
    for name, before, after in _leaves(_window(old), _window(new), f"{where}.window"):
        yield Change(ChangeKind.WINDOW, name, before, after)
    if old.instruments != new.instruments:
        yield Change(
            ChangeKind.INSTRUMENTS, f"{where}.instruments", ", ".join(old.instruments), ", ".join(new.instruments)
        )
    if old.minutes != new.minutes:
        yield Change(ChangeKind.SETTING, f"{where}.minutes", old.minutes, new.minutes)


def _window(visit: VisitPlan) -> dict[str, Any]:
    """What the window does, whatever its name."""
    window = visit.window
    return {
        "opens": window.opens,
        "due": window.due,
        "closes": "with the anchor event" if window.closes_at_anchor else window.closes,
        "grace": window.grace,
        "reminders": ", ".join(f"day {reminder.day} at {reminder.at:%H:%M}" for reminder in window.reminders),
    }


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
