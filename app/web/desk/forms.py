"""What a form sent, as values. Everything that cannot be read is named at once."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from flask import Flask, request
from werkzeug.datastructures import ImmutableMultiDict

from app.core.problems import BadInput
from app.instruments.free_text import cleaned
from app.instruments.plain_signs import plain
from app.instruments.written_days import written_day

YEARS = range(1900, 2200)


def init_app(app: Flask) -> None:
    """Clean what the desk's forms bring, before any of its pages reads it."""
    app.before_request(_clean_form)


def _clean_form() -> None:
    """What is pasted from Word or a record holds signs that no column, page or XML file takes."""
    if request.path.startswith("/desk/") and request.form:
        sent = request.form.items(multi=True)
        request.form = ImmutableMultiDict([(name, cleaned(value)) for name, value in sent])


@dataclass(frozen=True)
class Fields:
    """A form being read; `check` raises BadInput with each field that was wrong."""

    form: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What stands there, without spaces around it."""
        return self.form.get(name, "").strip()

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked: a browser sends only those that were."""
        return name in self.form

    def needed(self, name: str, sentence: str) -> str:
        """What stands there; `sentence` says what is missing."""
        value = self.text(name)
        if not value:
            self.errors[name] = sentence
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """One of the offered values."""
        value = self.text(name)
        if value not in allowed:
            self.errors[name] = "Choose one of the list."
        return value

    def date(self, name: str) -> date:
        """A day; it must be there."""
        try:
            day = _day(plain(self.text(name)))
        except ValueError:
            day = date.min
        if day.year not in YEARS:
            self.errors[name] = "Write a day, such as 14.05.2026."
        return day

    def time(self, name: str, *, needed: bool = True) -> time | None:
        """An hour, or nothing where it may be left open."""
        value = self.text(name)
        if not value and not needed:
            return None
        try:
            return _hour(plain(value))
        except ValueError:
            self.errors[name] = "Write an hour, such as 09:30."
            return None

    def check(self) -> None:
        """Raise BadInput if anything could not be read."""
        if self.errors:
            raise BadInput("Something could not be read; it is marked below.", errors=self.errors)


def _day(written: str) -> date:
    """A day as a browser sends it, or as people here write it: 14.5.2026. ValueError for anything else."""
    if (parts := re.fullmatch(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", written)) is not None:
        day, month, year = map(int, parts.groups())
        return date(year, month, day)
    return written_day(written)


def _hour(written: str) -> time:
    """An hour as a browser sends it, or as people write it: 9:05 or 9.05. ValueError for anything else."""
    if (parts := re.fullmatch(r"(\d{1,2})[:.](\d{2})", written)) is not None:
        return time(int(parts[1]), int(parts[2]))
    return time.fromisoformat(written).replace(tzinfo=None)


def instant(on: date, at: time, zone: str) -> datetime:
    """The instant at which the clocks of `zone` show this; BadInput for the hour that does not exist there."""
    local = datetime.combine(on, at, ZoneInfo(zone))
    shown = local.astimezone(UTC).astimezone(ZoneInfo(zone))
    if shown.replace(tzinfo=None) != local.replace(tzinfo=None):
        sentence = "The clocks go forward that night: this hour does not exist. Check the time."
        raise BadInput(sentence, errors={"time": sentence})
    return local.astimezone(UTC)


def asked_in_address() -> dict[str, str]:
    """What the address of a list asks for, by name, without what no column takes."""
    return {name: value.replace("\0", "").strip() for name, value in request.args.items()}
