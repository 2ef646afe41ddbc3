"""What a visit asks, in the words of one language: structure from `app.instruments`, words as shipped or installed."""

from app.instruments import Instrument, instrument
from app.schedule.models import Assessment


def questionnaire(assessment: Assessment) -> tuple[Instrument, ...]:
    """The instruments of the visit, in the order of the protocol."""
    codes = assessment.protocol.plan.visit(assessment.visit).instruments
    return tuple(instrument(code) for code in codes)


def shown(asked: tuple[Instrument, ...], language: str, presentation: str) -> dict[str, dict[str, object]]:
    """By instrument, what the patient saw: versions, wording and its hash, and how it was presented."""
    return {one.code: _shown(one, language) | {"presentation": presentation} for one in asked}


def _shown(one: Instrument, language: str) -> dict[str, object]:
    words = one.wording(language)
    return {
        "version": one.version,
        "wording_version": words.version,
        "wording_sha256": words.sha256,
        "demonstration": words.demonstration,
    }
