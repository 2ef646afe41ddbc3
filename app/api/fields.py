"""The library's fields, stricter: no number as a text, no text as a flag, no instant without its zone."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from unicodedata import category

from marshmallow import ValidationError, fields, validate

from app.instruments.free_text import NOT_TEXT
from app.instruments.plain_signs import plain
from app.instruments.written_days import WRITTEN_DAY
from app.schedule.listing import ListPosition, list_position

BEGINS_WITH_DAY = re.compile(rf"{WRITTEN_DAY.pattern}(?![0-9])")


def printable(text: str) -> None:
    """No control characters, nor what is no character: nobody types them, and no XML file takes all of them."""
    if NOT_TEXT.search(text) or any(category(character) == "Cc" for character in text):
        raise ValidationError("Leave control characters out.")


def text(longest: int = 200, **options: Any) -> fields.String:
    """A line of text."""
    checks: list[Callable[[str], object]] = [
        validate.Length(max=longest, error=f"At most {longest} characters."),
        printable,
    ]
    return fields.String(validate=checks, **options)


def count() -> fields.Integer:
    """A number that we counted; nobody sends one."""
    return fields.Integer(strict=True, dump_only=True)


class Flag(fields.Boolean):
    """true or false, and nothing that looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Write true or false.")
        return value


class Day(fields.Date):
    """A day as 2026-04-07, in digits of any script: no week of a year, no eight digits in a row."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day: date = super()._deserialize(_begins_with_day(value), attr, data, **kwargs)
        return day


class Instant(fields.AwareDateTime):
    """An instant with its zone, of this century or the last; given out in UTC, to the second."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        instant: datetime = super()._deserialize(_begins_with_day(value), attr, data, **kwargs)
        if not 1900 < instant.year < 2200:
            raise ValidationError("Check the year.")
        return instant

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class ListPlace(fields.String):
    """Where a page of a list ends, as it was given out."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> ListPosition:  # type: ignore[override]
        try:
            return list_position(super()._deserialize(value, None, None))
        except (ValueError, TypeError, RecursionError) as wrong:
            raise ValidationError("Give the `next` of the page before, as it was given.") from wrong


def _begins_with_day(value: Any) -> Any:
    written = plain(value).strip() if isinstance(value, str) else value
    if isinstance(written, str) and not BEGINS_WITH_DAY.match(written):
        raise ValidationError("Write the day as 2026-04-07.")
    return written
