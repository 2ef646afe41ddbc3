"""Catalogues: the words of the patients' pages in a language, one folder a language, ours and those of the site.

A catalogue is gettext's (`LANGUAGE/LC_MESSAGES/messages.po`, compiled beside it); the head of its text says who has
read it as a native reader: `X-Reviewed-By`. English is written in the code itself.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

TRANSLATIONS = Path(__file__).parents[2] / "translations"
COMPILED, TEXT = "LC_MESSAGES/messages.mo", "LC_MESSAGES/messages.po"
REVIEWED = re.compile(r'^"X-Reviewed-By:([^"\\]+)', re.MULTILINE)
ORIGINAL = {"en": "Svar (the original)"}
"""Languages whose words are no translation."""


def languages() -> frozenset[str]:
    """The languages that our pages speak of themselves; with what a site brought, see `app.studies.spoken`."""
    return languages_in((TRANSLATIONS,))


@cache
def languages_in(places: tuple[Path, ...]) -> frozenset[str]:
    """English, in which they are written, and each that has a catalogue in these folders; looked at once."""
    catalogues = (compiled for folder in places for compiled in folder.glob(f"*/{COMPILED}"))
    return frozenset({"en", *(catalogue.parents[1].name for catalogue in catalogues)})


def reviewer_in(language: str, places: tuple[Path, ...]) -> str | None:
    """The native reader who has seen the words of this language, as the last of these folders says; else None."""
    if language in ORIGINAL:
        return ORIGINAL[language]
    there = [text for folder in places if (text := folder / language / TEXT).exists()]
    said = REVIEWED.search(there[-1].read_text("utf-8")) if there else None
    return said[1].strip() or None if said else None
