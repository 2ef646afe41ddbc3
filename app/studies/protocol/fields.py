"""Fields of the protocol file whose messages say what to write instead.

A message is `what is wrong -> what to do`; `schema.py` splits it at the arrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from re import fullmatch
from typing import Any, TypeVar
from unicodedata import category

from marshmallow import ValidationError, fields, validate

Choice = TypeVar("Choice", bound=StrEnum)
ARROW = " -> "
EXAMPLE_PROTOCOL = "examples/backtobasic/protocol.yaml"
CODE = r"[a-z][a-z0-9_-]{0,31}"
HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]"
DAY_OF_YEAR = r"([0-9]{4}-)?[0-9]{2}-[0-9]{2}"
LAST_DAY = 3650
"""No study day, and no distance from one, is further away."""


def messages(example: str) -> dict[str, Any]:
    """The three messages every field can give; `example` is a line as it would stand in the file."""
    remedy = f"{ARROW}Write, for example, `{_literal(example)}`"
    return {
        "required": f"is missing{remedy}",
        "null": f"is empty{remedy}",
        "invalid": f"is not what belongs here{remedy}",
    }


def _literal(example: str) -> str:
    """The library fills in braces of its messages; ours stay as they are."""
    return example.replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True)
class Line(validate.Validator):
    """Text that can be seen, no longer than `longest`, and written as the `pattern` says."""

    example: str
    pattern: str | None
    longest: int

    def __call__(self, value: str) -> str:
        if not value.strip():
            raise ValidationError(f"is empty{ARROW}Write, for example, `{self.example}`")
        if hidden := [character for character in value if category(character) in ("Cc", "Cs") and character != "\n"]:
            shown = f"U+{ord(hidden[0]):04X}"
            raise ValidationError(f"holds the character {shown}, which cannot be seen or kept{ARROW}Delete it")
        if self.pattern and not fullmatch(self.pattern, value):
            remedy = f"Write, for example, `{self.example}`"
            raise ValidationError(f'"{value}" is not written as it should be{ARROW}{remedy}')
        if len(value) > self.longest:
            raise ValidationError(f"has {len(value)} characters{ARROW}Write at most {self.longest}")
        return value


def text(example: str, pattern: str | None = None, *, longest: int = 200, required: bool = True) -> fields.String:
    """A line of text; what does not fit the pattern is answered with the example."""
    invalid = f"is not text{ARROW}Write it in quotes, for example `{_literal(example)}`"
    kinds = {**messages(example), "invalid": invalid}
    return fields.String(required=required, validate=Line(example, pattern, longest), error_messages=kinds)


def day_of_year() -> fields.String:
    """A date, or the month and day that come every year."""

    def check(value: str) -> None:
        if not fullmatch(DAY_OF_YEAR, value) or not _is_day(value):
            raise ValidationError(
                f'"{value}" is not a day{ARROW}Write a date such as `2026-12-24`, or `"12-24"` for every year'
            )

    kinds = {**messages("2026-12-24"), "invalid": f"is not a day{ARROW}Write a date such as `2026-12-24`"}
    return fields.String(required=True, validate=check, error_messages=kinds)


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value if len(value) > len("12-24") else f"2024-{value}")  # a leap year has every day
    except ValueError:
        return False
    return True


def whole(
    example: str, lowest: int, highest: int, default: int | None = None, *, required: bool = True
) -> fields.Integer:
    """A whole number of a range, which is told with what is out of it; without a default it must be there."""

    def check(value: int) -> None:
        if not lowest <= value <= highest:
            raise ValidationError(f"{value} is out of range{ARROW}Write a whole number from {lowest} to {highest}")

    invalid = f"is not a whole number{ARROW}Write digits only, for example `{example}`"
    sentences = {**messages(example), "invalid": invalid}
    left_out: dict[str, Any] = {"required": required} if default is None else {"load_default": default}
    return fields.Integer(strict=True, validate=check, error_messages=sentences, **left_out)


def choice(kind: type[Choice], default: Choice | None = None, *, required: bool = True) -> fields.Enum[Choice]:
    """One word of a few, as its type; without a default it must be there, unless it is not `required`."""
    either = " or ".join(f"`{word}`" for word in kind)
    kinds = {"required": "is missing", "null": "is empty", "unknown": "is not one of the choices"}
    error_messages: dict[str, Any] = {name: f"{message}{ARROW}Write {either}" for name, message in kinds.items()}
    left_out: dict[str, Any] = {"required": True} if required and default is None else {"load_default": default}
    return fields.Enum(kind, by_value=True, error_messages=error_messages, **left_out)


def listing(
    inner: fields.Field[Any], example: str, *, longest: int = 100, shortest: int = 1, required: bool = True
) -> fields.List[Any]:
    """A list of so many entries of one kind."""
    shown = f"for example `{_literal(example)}`"
    error = f"has too few or too many entries{ARROW}Write {shortest} to {longest} of them, {shown}"
    invalid = f"is not a list{ARROW}Write one, {shown}"
    return fields.List(
        inner,
        required=required,
        validate=validate.Length(min=shortest, max=longest, error=error),
        error_messages={**messages(example), "invalid": invalid},
    )


class Mapped(fields.Dict):
    """Names of our own choosing, each with a value."""

    def __init__(
        self, values: fields.Field[Any], example: str, *, required: bool = True, name: str = r".{1,60}"
    ) -> None:
        key = text("a_short_name", name)
        kinds = {
            **messages(example),
            "invalid": f"is not a list of `name: value`{ARROW}Write, for example, `{_literal(example)}`",
        }
        super().__init__(keys=key, values=values, required=required, error_messages=kinds)


def texts(example: str, *, required: bool = True) -> Mapped:
    """One text per language; which languages there must be is a check of its own."""
    return Mapped(text(example, longest=2000), f"nb: {example}", required=required)


class Switch(fields.Boolean):
    """`true` or `false` as they are written; 1 is neither."""

    def __init__(self, example: str, *, required: bool = True) -> None:
        left_out: dict[str, Any] = {"required": True} if required else {"load_default": False}
        super().__init__(error_messages=messages(example), **left_out)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class LocalHour(fields.Field[time]):
    """An hour of the day as people write it, `09:00`."""

    def __init__(self, example: str, *, required: bool = True) -> None:
        self.remedy = f"{ARROW}Write an hour from 00:00 to 23:59, for example `{example}`"
        kinds = {**messages(example), "invalid": f"is not an hour of the day{self.remedy}"}
        left_out: dict[str, Any] = {"required": True} if required else {"load_default": None}
        super().__init__(error_messages=kinds, **left_out)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> time:
        if not isinstance(value, str) or not fullmatch(HOUR, value):
            shown = f'"{value}" ' if isinstance(value, str | int | Decimal) else ""
            raise ValidationError(f"{shown}is not an hour of the day{self.remedy}")
        return time.fromisoformat(value)


class ClosingField(fields.Field[int | str]):
    """The last day of a window, or the name of the anchor event at whose start it closes."""

    def __init__(self, example: str) -> None:
        super().__init__(required=True, error_messages=messages(example))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> int | str:
        if isinstance(value, str) and fullmatch(CODE, value):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LAST_DAY:
            remedy = "Write a number of days such as `7`, or the name of the anchor event"
            raise ValidationError(f"is neither a day nor an event{ARROW}{remedy}")
        return value
