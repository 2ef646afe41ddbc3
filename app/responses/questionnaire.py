"""What a visit asks, in the words of one language: structure from `app.instruments`, words as shipped or installed."""

from app.instruments import Instrument, instrument
from app.responses.models import Presentation
from app.responses.problems import NotReady
from app.responses.wordings import in_installed_words
from app.schedule.models import Assessment
from app.studies.states import REAL


def questionnaire(assessment: Assessment, last: str | None) -> tuple[Instrument, ...]:
    """The instruments of the visit, in the order of the protocol, in the words installed up to `last`."""
    codes = assessment.protocol.plan.visit(assessment.visit).instruments
    return tuple(in_installed_words(instrument(code), last) for code in codes)


def refuse_demonstration(assessment: Assessment, questionnaires: tuple[Instrument, ...], language: str) -> None:
    """A live study shows no demonstration wording where the licence asks for the original. NotReady names it."""
    if assessment.participant.study.state not in REAL:
        return
    demonstrated = [each.code for each in questionnaires if not each.ready_for_patients(language)]
    if demonstrated:
        raise NotReady(demonstrated, language)


def shown(
    questionnaires: tuple[Instrument, ...], language: str, presentation: Presentation
) -> dict[str, dict[str, object]]:
    """By instrument, what the patient saw: versions, wording and its hash, and how it was presented."""
    return {each.code: _shown(each, language) | {"presentation": presentation.value} for each in questionnaires}


def _shown(questionnaire: Instrument, language: str) -> dict[str, object]:
    words = questionnaire.wording(language)
    return {
        "version": questionnaire.version,
        "wording_version": words.version,
        "wording_sha256": words.sha256,
        "demonstration": words.demonstration,
    }
