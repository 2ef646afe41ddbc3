"""What follows from a signed correction beside the scores: a person must see it, and the visit is whole or partial."""

from datetime import datetime

from app.responses.attention import kept_number, safety_answer, safety_task
from app.responses.checking import CheckedVisit
from app.responses.models import Correction, Presentation, Response
from app.responses.questionnaire import answered


def follow(correction: Correction, checked: CheckedVisit, now: datetime) -> None:
    """Look at the visit as it holds now; `checked` are its answers with the correction upon them."""
    assessment = correction.response.assessment
    assessment.partial = was_never_sent(correction.response) or bool(checked.missing)
    if is_new_alarm(correction):
        safety_task(assessment, [f"{correction.instrument}.{correction.item}"], now)


def was_never_sent(response: Response) -> bool:
    """Whether it is a draft that the protocol kept: partial, however much of it was answered."""
    return any(shown.get("presentation") == Presentation.DRAFT for shown in response.instruments.values())


def is_new_alarm(correction: Correction) -> bool:
    """Whether a safety item stands now at an answer that a person must see, and that is worse than what stood there."""
    questionnaire = answered(correction.response, correction.instrument or "")
    item, proposed, before = correction.item or "", correction.proposed_value, correction.previous_value
    worse = (kept_number(proposed) or 0) > (kept_number(before) or 0)
    return worse and safety_answer(questionnaire, item, proposed)
