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

_of_site: list[Path] = []


def also_from(folder: Path) -> None:
    """Let this folder's catalogues stand beside ours, and before them."""
    if _of_site != [folder]:
        _of_site[:] = [folder]
        languages.cache_clear()


def folders() -> tuple[Path, ...]:
    """Where catalogues are, the site's own last: it is the one that counts."""
    return (TRANSLATIONS, *_of_site)


@cache
def languages() -> frozenset[str]:
    """The languages that our pages speak: English, in which they are written, and each that has a catalogue."""
    catalogues = (compiled for folder in folders() for compiled in folder.glob(f"*/{COMPILED}"))
    return frozenset({"en", *(catalogue.parents[1].name for catalogue in catalogues)})


def reviewer(language: str) -> str | None:
    """The native reader who has seen the words of this language, as the catalogue that counts says; else None."""
    if language in ORIGINAL:
        return ORIGINAL[language]
    there = [text for folder in folders() if (text := folder / language / TEXT).exists()]
    said = REVIEWED.search(there[-1].read_text("utf-8")) if there else None
    return said[1].strip() or None if said else None
