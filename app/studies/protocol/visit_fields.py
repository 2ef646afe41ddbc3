"""Fields of a visit in a protocol of format 2: stretches of time, hours, anchors, stretches of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from re import fullmatch
from typing import Any

from marshmallow import ValidationError, fields

from app.studies.protocol.fields import ARROW, CODE, HOUR, LAST_DAY, messages
from app.studies.protocol.spans import Offset, about, offset
from app.studies.protocol.visits import days_of

UNITS = "h (hours), d (days), w (weeks), m (months) or y (years)"
MOST_HOURS = 24
TEN_YEARS = LAST_DAY + 3
"""With their leap days."""
MOST_ANCHORS = 9


class SpanField(fields.Field[Offset]):
    """A stretch of time, `3m`, or a number of days; one of the words that `besides` allows passes as it is."""

    def __init__(self, example: str, *, shortest: int = -LAST_DAY, besides: str = "", default: Any = ...) -> None:
        self.example, self.shortest, self.besides = example, shortest, besides
        left_out: dict[str, Any] = {"required": True} if default is ... else {"load_default": default}
        super().__init__(error_messages=messages(example), **left_out)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        if self.besides and isinstance(value, str) and fullmatch(CODE, value):
            return value
        distance = offset(value)
        if distance is None:
            shown = f'"{value}"' if isinstance(value, str | int) and not isinstance(value, bool) else "this"
            kinds = f"no stretch of time{self.besides and f', nor {self.besides}'}"
            raise ValidationError(f"{shown} is {kinds}{ARROW}Write a number and {UNITS}, such as `{self.example}`")
        if not self.shortest <= about(distance) <= TEN_YEARS:
            least = "" if self.shortest < 0 else f"at least {self.shortest} and "
            raise ValidationError(f"{value} is out of range{ARROW}Write {least}at most ten years")
        return distance


class HoursField(fields.Field[tuple[time, ...]]):
    """One hour of the day, or several in their order."""

    def __init__(self) -> None:
        super().__init__(load_default=(), error_messages=messages('at: "07:30"'))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> tuple[time, ...]:
        written = value if isinstance(value, list) else [value]
        if not written or len(written) > MOST_HOURS:
            raise ValidationError(f"has too few or too many hours{ARROW}Write 1 to {MOST_HOURS} of them")
        for each in written:
            if not isinstance(each, str) or not fullmatch(HOUR, each):
                raise ValidationError(f'"{each}" is not an hour of the day{ARROW}Write, for example, `at: "07:30"`')
        if written != sorted(set(written)):
            raise ValidationError(f"the hours are not in their order{ARROW}Write each once, the earliest first")
        return tuple(map(time.fromisoformat, written))


class NamesField(fields.Field[tuple[str, ...]]):
    """One name, or several, each once: events, sites."""

    def __init__(self, example: str, pattern: str = CODE) -> None:
        self.example, self.pattern = example, pattern
        super().__init__(load_default=(), error_messages=messages(example))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> tuple[str, ...]:
        written = value if isinstance(value, list) else [value]
        for name in written:
            if not isinstance(name, str) or not fullmatch(self.pattern, name):
                raise ValidationError(f"is not written as it should be{ARROW}Write, for example, `{self.example}`")
        if not written or len(written) > MOST_ANCHORS or len(set(written)) < len(written):
            raise ValidationError(f"has too few, too many or equal names{ARROW}Write 1 to {MOST_ANCHORS}, each once")
        return tuple(written)


class DaysField(fields.String):
    """The first and the last of days in a row, `1-14`."""

    def __init__(self) -> None:
        super().__init__(load_default=None, validate=self._check, error_messages=messages("days: 1-14"))

    def _check(self, value: str) -> None:
        days = days_of(value)
        if days is None or not -LAST_DAY <= days[0] < days[1] <= LAST_DAY:
            raise ValidationError(f'"{value}" is no row of days{ARROW}Write its first and last day, such as `1-14`')
