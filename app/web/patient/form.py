"""What a patient's browser sent, field by field: what one field holds that cannot be kept never costs her the others.

A fault in what we ourselves put into the page (the controls) refuses the whole: then it is not known what she wants.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_to_bytes

from flask import Request

from app.core.problems import BadInput
from app.instruments import AnswerProblem
from app.instruments.free_text import cleaned
from app.instruments.plain_signs import plain
from app.instruments.problems import Fault
from app.request_size import LARGEST_BODY, MOST_FIELDS
from app.responses.fields import FieldProblem, named, of_field
from app.responses.models import Mode, Presentation
from app.responses.two_phones import WRITTEN_AT_MOST, PhoneSays, read_says

LONGEST_FIELD = 10_000
"""Of one field, in characters; far beyond what an item takes, so that a draft cannot grow without bounds."""
CONTROLS = {
    "_act": ("submit", "start", "draft", "not_able", "call_me", "open", "links"),
    "_mode": ("self", "helped"),
    "_asked": ("1",),
    "_shown": (
        Presentation.PAGE,
        Presentation.PAGED,
        Presentation.AROUND_TRANSLATED,
        Presentation.QUESTIONS_TRANSLATED,
    ),
}
FREE_CONTROLS = {"_pin": 12, "_birth_year": 12, "_key": 200, "_told": WRITTEN_AT_MOST}
DIGITS = frozenset({"_pin", "_birth_year"})
"""Read as plain digits: what cannot be seen, as a mark of writing direction, is no fault of theirs."""
ASKED_FOR = re.compile(rb"(?:^|&)_act=([^&]*)", re.ASCII)
UNREADABLE = "We could not read what was sent. Go back, and try once more."


@dataclass(frozen=True)
class SentForm:
    """One form: what the patient wants (`act`), the fields as they came, and which of them cannot be taken."""

    controls: Mapping[str, str]
    fields: Mapping[str, str]
    problems: tuple[FieldProblem, ...] = ()

    @cached_property
    def sound(self) -> dict[str, str]:
        """The fields that can be kept."""
        if not self.problems:
            return dict(self.fields)
        faulty = {of_field(code, problem.item) for code, problem in self.problems}
        return {name: value for name, value in self.fields.items() if named(name) not in faulty}

    @property
    def act(self) -> str:
        return self.controls.get("_act", "submit")

    @property
    def mode(self) -> Mode:
        return Mode.HELPED if self.controls.get("_mode") == "helped" else Mode.PAGE

    @property
    def asked(self) -> bool:
        """Whether she was asked once about what is empty."""
        return "_asked" in self.controls

    @property
    def says(self) -> PhoneSays | None:
        """When each was answered, where the page says it."""
        return read_says(self.controls["_told"]) if "_told" in self.controls else None

    @property
    def presentation(self) -> Presentation:
        return Presentation(self.controls.get("_shown", Presentation.PAGE))


def wanted(request: Request) -> str:
    """What a form asks for by its first word on it, before it is read; what is no form asks for nothing else."""
    given = ASKED_FOR.search(request.get_data(cache=True))
    return given[1].decode("utf-8", "replace") if given else "submit"


def read_form(request: Request) -> SentForm:
    """The form, its text cleaned; BadInput if it is none, or if a control of it cannot be read."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise BadInput("Answers are sent as a form. Open the link again, and send from there.")
    controls: dict[str, str] = {}
    fields: dict[str, str] = {}
    errors: dict[str, str] = {}
    problems: list[FieldProblem] = []
    for name, value in _pairs(request.get_data(cache=False)):
        if name.startswith("_"):
            if wrong := _wrong_control(name, value, controls):
                errors[named(name)] = wrong
            controls[name] = value or ""
        elif name not in fields and value is not None and len(value) <= LONGEST_FIELD and value.isprintable():
            fields[name] = value  # as nearly all are: nothing to clean, nothing wrong
        else:
            clean = None if value is None else cleaned(value)
            problems += _wrong_field(name, clean, fields)
            fields.setdefault(name, clean or "")
    if errors:
        raise BadInput(UNREADABLE, errors=errors)
    return SentForm(controls, fields, tuple(problems))


def _pairs(body: bytes) -> Iterator[tuple[str, str | None]]:
    """Names and values; no value for one that is missing, or that is not UTF-8."""
    if len(body) > LARGEST_BODY:
        raise BadInput("What was sent is too large.")
    parts = [part for part in body.split(b"&") if part]
    if len(parts) > MOST_FIELDS:
        raise BadInput(UNREADABLE)
    if body.isascii() and b"%" not in body and b"+" not in body:
        yield from (_split(part.decode()) for part in parts)
        return
    for part in parts:
        name, equals, value = part.partition(b"=")
        yield _unquoted(name).decode("utf-8", "backslashreplace"), _text(_unquoted(value)) if equals else None


def _split(part: str) -> tuple[str, str | None]:
    name, equals, value = part.partition("=")
    return name, value if equals else None


def _unquoted(piece: bytes) -> bytes:
    return unquote_to_bytes(piece.replace(b"+", b" ")) if b"%" in piece or b"+" in piece else piece


def _text(value: bytes) -> str | None:
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _wrong_field(name: str, value: str | None, before: Mapping[str, str]) -> Iterator[FieldProblem]:
    """What is wrong with a field, whatever visit it belongs to."""
    code, _, item = named(name).partition(".")
    if value is None:
        yield code, AnswerProblem(item, Fault.BAD_CHARACTERS, "is not text in UTF-8; write it again")
    elif before.get(name, value) != value:
        yield code, AnswerProblem(item, Fault.GIVEN_TWICE, "was sent twice; keep one answer")
    elif len(value) > LONGEST_FIELD:
        limits = {"max_length": LONGEST_FIELD}
        yield code, AnswerProblem(item, Fault.TOO_LONG, f"has {len(value)} characters; at most {LONGEST_FIELD}", limits)


def _wrong_control(name: str, value: str | None, before: Mapping[str, str]) -> str:
    if name in before:
        return "was sent twice"
    if name in CONTROLS:
        return "" if value in CONTROLS[name] else "is not one of its values"
    if name in FREE_CONTROLS:
        written = plain(value) if value is not None and name in DIGITS else value
        fits = written is not None and len(written) <= FREE_CONTROLS[name] and written.isprintable()
        return "" if fits else "cannot be read"
    return "is not known"
