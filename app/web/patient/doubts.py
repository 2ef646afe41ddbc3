"""What she is told where two phones, or a window that was moved, leave open which of her answers holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import force_locale

from app.instruments import Instrument
from app.responses.opening import Opening
from app.responses.questionnaire import questionnaire
from app.responses.two_phones import Doubt, GivenWhen
from app.web.language import gettext
from app.web.patient.page import Page
from app.web.patient.visit import Frame, visit_page
from app.web.questions import section


def doubt_sentences(
    doubts: Mapping[str, GivenWhen], questionnaires: Sequence[Instrument], language: str
) -> dict[str, str]:
    """A sentence for each field at which she should look once more."""
    if not doubts:
        return {}
    words = _words(questionnaires, language)
    return {name: _sentence(given, words.get((name, given.other), given.other)) for name, given in doubts.items()}


def page_of_draft(opened: Opening, frame: Frame, typed: Mapping[str, str] | None = None, **more: Any) -> Page:
    """The visit's page with what was answered before, or what she was typing when she was asked something else."""
    assessment, draft = opened.assessment, opened.draft
    instruments = questionnaire(assessment, opened.wordings)
    errors = {} if typed else doubt_sentences(draft.doubts, instruments, frame.language)
    came = draft.came if draft.fields and not typed else 0
    return visit_page(assessment, opened.wordings, frame, typed or draft.fields, errors, came=came, **more)


def _sentence(given: GivenWhen, other: str) -> str:
    if given.doubt == Doubt.EARLY:
        return gettext("You answered this before these questions were opened. See whether it still holds.")
    if not other:
        return gettext("On another phone, or in another browser, you left this empty. What stands here is sent.")
    sentence = "On another phone, or in another browser, you answered “%(answer)s”. What stands here is sent."
    return gettext(sentence, answer=other)


def _words(questionnaires: Sequence[Instrument], language: str) -> dict[tuple[str, str], str]:
    """The words of each answer to choose, by field and value."""
    with force_locale(language):
        questions = [question for each in questionnaires for question in section(each, language).questions]
    chosen = ((question, field) for question in questions for field in question.fields)
    words = {(field, value): said for question, field in chosen for value, said in question.choices}
    return words | {(tick.field, "1"): tick.label for question in questions for tick in question.ticks}
