"""What a patient's browser sent, read strictly: every field known, each once, all of it text that can be kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Request

from app.core.problems import BadInput
from app.responses.fields import named
from app.responses.models import Mode

LARGEST = 128 * 1024
LONGEST = 10_000
"""Of one field, in characters; far beyond what an item takes, so that a draft cannot grow without bounds."""
CONTROLS = {
    "_act": ("submit", "start", "draft", "not_able", "call_me", "open"),
    "_mode": ("self", "helped"),
    "_asked": ("1",),
    "_shown": ("page", "paged"),
}
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FREE_CONTROLS = {"_pin": 12, "_birth_year": 12, "_key": 200}
UNREADABLE = "We could not read what was sent. Go back, and try once more."


@dataclass(frozen=True)
class Sent:
    """One form: what the patient wants (`act`), and the fields as they came."""

    controls: Mapping[str, str]
    fields: Mapping[str, str]

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
    def presentation(self) -> str:
        return self.controls.get("_shown", "page")


def read_form(request: Request) -> Sent:
    """The form, or BadInput; errors name each field."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise BadInput("Answers are sent as a form. Open the link again, and send from there.")
    pairs = _pairs(request.get_data(cache=False))
    errors = {named(name): wrong for name, value in pairs if (wrong := _wrong(name, value))}
    seen: dict[str, str] = {}
    for name, value in pairs:
        if name in seen:
            errors[named(name)] = "was sent twice"
        seen[name] = value
    if errors:
        raise BadInput(UNREADABLE, errors=errors)
    controls = {name: value for name, value in seen.items() if name.startswith("_")}
    return Sent(controls, {name: value for name, value in seen.items() if name not in controls})


def _pairs(body: bytes) -> list[tuple[str, str]]:
    if len(body) > LARGEST:
        raise BadInput("What was sent is too large.")
    if not body:
        return []
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=500
        )
    except ValueError:  # also what is not UTF-8
        raise BadInput(UNREADABLE) from None


def _wrong(name: str, value: str) -> str:
    """What is wrong with a field, whatever visit it belongs to."""
    if not name.startswith("_"):
        if len(value) > LONGEST:
            return f"holds more than {LONGEST} characters"
        return "holds characters that are not text" if NOT_TEXT.search(value) else ""
    if name in CONTROLS:
        return "" if value in CONTROLS[name] else "is not one of its values"
    if name in FREE_CONTROLS:
        return "" if len(value) <= FREE_CONTROLS[name] and value.isprintable() else "cannot be read"
    return "is not known"
