"""What a protocol may refer to: questionnaires and their versions, value sets, and languages that Svar has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.request_size import FormSize
from app.studies.protocol.catalogues import languages

if TYPE_CHECKING:
    from app.instruments import Instrument


@dataclass(frozen=True)
class KnownQuestionnaire:
    """What a protocol can be held to of one version of a questionnaire; None where it is not known."""

    code: str
    version: str | None = None
    sha256: str | None = None
    safety: bool = False
    languages: frozenset[str] | None = None
    minimum_up_to: int | None = None
    """How many answers a study may ask for at least, where it may choose."""
    valued: bool = False
    """Whether its scores need value sets."""
    scores: frozenset[str] | None = None
    items: frozenset[str] | None = None
    size: FormSize = field(default_factory=FormSize)
    """What its form takes at most."""


@dataclass(frozen=True)
class Known:
    """The questionnaires, of each code the one last that is asked where no version is named; value sets; languages."""

    questionnaires: tuple[KnownQuestionnaire, ...]
    value_sets: frozenset[str] = frozenset()
    languages: frozenset[str] = field(default_factory=languages)

    @property
    def instruments(self) -> frozenset[str]:
        """The codes of the questionnaires."""
        return frozenset(each.code for each in self.questionnaires)

    def of(self, code: str, version: str | None = None) -> KnownQuestionnaire | None:
        """The newest questionnaire of this code, and of this version where one is named."""
        fitting = [each for each in self.questionnaires if each.code == code and version in (None, each.version)]
        return fitting[-1] if fitting else None


def known(instruments: Collection[str] | None, safety_instruments: Collection[str] | None) -> Known:
    """What the caller knows, and for the rest what `app.instruments` ships."""
    if instruments is not None and safety_instruments is not None:
        return Known(tuple(KnownQuestionnaire(code, safety=code in safety_instruments) for code in sorted(instruments)))
    from app.instruments.library import sound_instruments  # late: one's own list needs no questionnaire
    from app.instruments.value_set_files import value_set_ids

    shipped = known_questionnaires(sound_instruments())
    if instruments is not None:
        shipped = tuple(KnownQuestionnaire(code) for code in sorted(instruments))
    if safety_instruments is not None:
        shipped = tuple(KnownQuestionnaire(each.code, safety=each.code in safety_instruments) for each in shipped)
    return Known(shipped, frozenset(value_set_ids()))


def known_questionnaires(instruments: Iterable[Instrument]) -> tuple[KnownQuestionnaire, ...]:
    """What a protocol is held to of these questionnaires."""
    return tuple(_known_questionnaire(each) for each in instruments)


def _known_questionnaire(instrument: Instrument) -> KnownQuestionnaire:
    from app.instruments.form_size import form_size

    return KnownQuestionnaire(
        code=instrument.code,
        version=instrument.version,
        sha256=instrument.sha256,
        safety=bool(instrument.safety_items),
        languages=frozenset(instrument.languages),
        minimum_up_to=len(instrument.items) if instrument.minimum_may_be_chosen else None,
        valued=instrument.valued,
        scores=frozenset(score.name for score in instrument.scores),
        items=frozenset(item.code for item in instrument.items),
        size=form_size(instrument),
    )
