"""What was perhaps meant by a name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: object, candidates: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest one, or all that there are."""
    names = sorted(candidates)
    small = {each.casefold(): each for each in names}
    if close := get_close_matches(str(name).casefold(), small, n=1):
        return f"Did you mean `{small[close[0]]}`?"
    return "Use one of: " + ", ".join(names) if names else "There is none yet; write it first"
