"""CONTRIBUTING's first changes are of today's house: what it says to add is not there yet, and what it names is."""

import re
from pathlib import Path

import pytest

from app.messages.kinds import REMINDERS, MessageKind
from app.studies.texts import MOST_REMINDERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([\w/]+\.py)` \| (.+) \|$", PAGE, re.MULTILINE)
NAMED = [(file, name) for file, what in ROWS for name in re.findall(r"`([A-Za-z]\w{3,})`", what)]


def test_the_next_reminder_is_the_one_that_there_is_not() -> None:
    added = f"REMINDER_{len(REMINDERS) + 1}"
    assert added not in MessageKind.__members__
    assert f"`{added}` in `MessageKind` and in `REMINDERS`" in PAGE
    assert f"`MOST_REMINDERS = {MOST_REMINDERS + 1}`" in PAGE


@pytest.mark.parametrize(("file", "name"), [row for row in NAMED if not row[1].startswith("REMINDER_")])
def test_what_is_to_be_added_to_is_there(file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / file).read_text("utf-8"))
