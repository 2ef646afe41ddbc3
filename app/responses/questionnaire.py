"""What a visit asks, in the words of one language: structure from `app.instruments`, words as shipped or installed."""

from app.instruments import Instrument, instrument
from app.responses.problems import NotReady
from app.responses.wordings import in_installed_words
from app.schedule.models import Assessment
from app.studies.models import StudyState


def questionnaire(assessment: Assessment, last: str | None) -> tuple[Instrument, ...]:
    """The instruments of the visit, in the order of the protocol, in the words installed up to `last`."""
    codes = assessment.protocol.plan.visit(assessment.visit).instruments
    return tuple(in_installed_words(instrument(code), last) for code in codes)


def refuse_demonstration(assessment: Assessment, asked: tuple[Instrument, ...], language: str) -> None:
    """A live study shows no demonstration wording where the licence asks for the original. NotReady names it."""
    if assessment.participant.study.state is not StudyState.LIVE:
        return
    demonstrated = [one.code for one in asked if not one.ready_for_patients(language)]
    if demonstrated:
        raise NotReady(demonstrated, language)


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
