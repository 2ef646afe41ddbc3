"""Codes that people could take for one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.yaml_files import Document, Mistake, Path


def same_codes(document: Document, paths: Iterable[Path]) -> Iterator[Mistake]:
    """Codes that are equal or differ only by leading zeros or by `-` and `_`: 01 and 001, d7 and d07."""
    seen: dict[str, Path] = {}
    for path in paths:
        if (code := document.text(*path)) is None:
            continue
        first = seen.setdefault(likeness(code), path)
        if first != path:
            other = f"`{document.text(*first)}` on line {document.line(first)}"
            yield document.error(path, f"`{code}` overlaps with {other}", "Give each a code of its own")


def likeness(code: str) -> str:
    """What is the same in codes that people could take for one another."""
    return re.sub(r"[-_]", "", re.sub(r"(?<!\d)0+(?=\d)", "", code.casefold()))
