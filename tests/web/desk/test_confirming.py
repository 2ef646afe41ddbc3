"""A form that signs, or confirms what was shown before, is marked: a click for the page before does nothing there."""

import re
from pathlib import Path

import pytest

from app import __file__ as package

DESK = Path(package).parent / "templates" / "desk"
FORM = re.compile(r"<form (?P<head>(?:[^<>]|\{\{.*?\}\})*)>.*?</form>", re.DOTALL)
BUTTONS = (
    r'name="(?:confirmed|decision)"',
    r'name="act" value="correct"',
    "desk_upload.enrol",
    "desk_amendments.apply",
    *(rf'_\("{words}"\)' for words in ("Pause texts", "Sign the lock", "Sign")),
)
CONFIRMS = re.compile("|".join(BUTTONS))
TEMPLATES = {path.name: path.read_text("utf-8") for path in sorted(DESK.glob("*.html"))}
FINAL = [
    "amendment.html", "correction.html", "event.html", "lock.html", "many.html", "pause.html", "record.html",
    "sign_off.html", "upload_checked.html",
]  # fmt: skip


def test_these_pages_confirm_or_sign() -> None:
    assert [name for name, text in TEMPLATES.items() if any(map(confirms, FORM.finditer(text)))] == FINAL


@pytest.mark.parametrize("name", FINAL)
def test_what_confirms_or_signs_is_marked_and_nothing_else(name: str) -> None:
    forms = list(FORM.finditer(TEMPLATES[name]))
    assert [form["head"] for form in forms if confirms(form) is not ("data-final" in form["head"])] == []


def confirms(form: re.Match[str]) -> bool:
    return CONFIRMS.search(form[0]) is not None
