"""What a protocol may refer to: questionnaires and languages that Svar has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TRANSLATIONS = Path(__file__).parents[2] / "translations"


@cache
def languages() -> frozenset[str]:
    """The languages that our pages speak: English, in which they are written, and each that has a catalogue."""
    catalogues = TRANSLATIONS.glob("*/LC_MESSAGES/messages.mo")
    return frozenset({"en", *(catalogue.parents[1].name for catalogue in catalogues)})


@dataclass(frozen=True)
class Known:
    """The codes of questionnaires, which of them ask about safety, and the languages we speak."""

    instruments: frozenset[str]
    safety_instruments: frozenset[str]
    languages: frozenset[str] = field(default_factory=languages)


def known(instruments: Collection[str] | None, safety_instruments: Collection[str] | None) -> Known:
    """What the caller knows, and for the rest what `app.instruments` ships."""
    if instruments is not None and safety_instruments is not None:
        return Known(frozenset(instruments), frozenset(safety_instruments))
    from app.instruments import instruments as shipped  # late: one's own list needs no questionnaire

    if instruments is None:
        instruments = [questionnaire.code for questionnaire in shipped()]
    if safety_instruments is None:
        safety_instruments = [questionnaire.code for questionnaire in shipped() if questionnaire.safety_items]
    return Known(frozenset(instruments), frozenset(safety_instruments))
