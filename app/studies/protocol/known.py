"""What a protocol may refer to: questionnaires and languages that Svar has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any

LANGUAGES = frozenset({"nb", "nn", "en"})


@dataclass(frozen=True)
class Known:
    """`instruments` is None where nobody knows which there are; then their codes are not checked."""

    instruments: frozenset[str] | None
    safety_instruments: frozenset[str]
    languages: frozenset[str] = LANGUAGES


def known(instruments: Collection[str] | None, safety_instruments: Collection[str] | None) -> Known:
    """What the caller knows, and for the rest what `app.instruments` ships."""
    shipped = _shipped() if instruments is None or safety_instruments is None else ()
    codes = frozenset(i.code for i in shipped) or None if instruments is None else frozenset(instruments)
    if safety_instruments is None:
        return Known(codes, frozenset(i.code for i in shipped if i.safety_items))
    return Known(codes, frozenset(safety_instruments))


def _shipped() -> tuple[Any, ...]:
    """Asked for late, because reading a protocol with one's own list needs no questionnaire."""
    try:
        return tuple(import_module("app.instruments").instruments())
    except ModuleNotFoundError:
        return ()
