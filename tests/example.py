"""The example protocol's text, also with some of its words exchanged; loads no application."""

from collections.abc import Mapping
from pathlib import Path

BACKTOBASIC = Path(__file__).resolve().parent.parent / "examples" / "backtobasic" / "protocol.yaml"


def example(changes: Mapping[str, str] | None = None) -> str:
    """The example protocol's text, with some of its words exchanged."""
    text = BACKTOBASIC.read_text("utf-8")
    for old, new in (changes or {}).items():
        assert old in text, f"{old!r} is not in the example"
        text = text.replace(old, new)
    return text
