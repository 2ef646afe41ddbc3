"""What a visit asks, in the words of one language: as its protocol pinned it, in words as shipped or installed."""

from app.instruments import Instrument
from app.responses.looking_back import EARLIER, as_asked, as_kept
from app.responses.models import Presentation, Response
from app.responses.problems import NotReady
from app.responses.wordings import Shown, in_installed_words
from app.schedule.models import Assessment
from app.studies.questionnaires import asked, asked_at, by_hash
from app.studies.states import REAL


def questionnaire(assessment: Assessment, last: str | None) -> tuple[Instrument, ...]:
    """The instruments of the visit, in the order of the protocol, in the words installed up to `last`."""
    questionnaires = as_asked(assessment, asked_at(assessment.protocol.plan, assessment.visit))
    return questionnaires if last is None else tuple(worded(assessment, each, last) for each in questionnaires)


def worded(assessment: Assessment, questionnaire: Instrument, last: str | None) -> Instrument:
    """A questionnaire in the words that this visit shows."""
    study, pin = assessment.participant.study, assessment.protocol.plan.instruments.get(questionnaire.code)
    opened_at = assessment.opens_at if study.state in REAL else None
    return in_installed_words(questionnaire, last, Shown(study.id, pin.wordings if pin else {}, opened_at))


def answered(response: Response, code: str) -> Instrument:
    """The questionnaire of this code as this response answered it, whatever its participant's protocol asks now."""
    seen = response.instruments.get(code, {})
    sha256 = seen.get("sha256")
    plan = response.assessment.protocol.plan
    return as_kept(by_hash(code, sha256) if isinstance(sha256, str) else asked(plan, code), seen)


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
        "sha256": questionnaire.sha256,
        "wording_version": words.version,
        "wording_sha256": words.sha256,
        "demonstration": words.demonstration,
        **({EARLIER: dict(questionnaire.earlier)} if questionnaire.earlier else {}),
    }
