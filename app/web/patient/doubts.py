"""What she is told where two phones, or a window that was moved, leave open which of her answers holds."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from flask_babel import force_locale

from app.instruments import Instrument
from app.instruments.model import ItemType
from app.responses.opening import Opening
from app.responses.questionnaire import questionnaire
from app.responses.two_phones import Doubt, DraftContent, GivenWhen
from app.web.language import day_as_said, gettext
from app.web.patient.page import Page
from app.web.patient.visit import Frame, visit_page
from app.web.questions import Question, section

TICK_SET = "1"


def doubt_sentences(
    draft: DraftContent, doubts: Mapping[str, GivenWhen], questionnaires: Sequence[Instrument], language: str
) -> dict[str, str]:
    """A sentence for each field at which she should look once more."""
    if not doubts:
        return {}
    with force_locale(language):
        drawn = [question for each in questionnaires for question in section(each, language).questions]
    questions = {field: question for question in drawn for field in question.fields}
    return {
        name: _sentence(given, _otherwise(name, questions.get(name), draft, language)) for name, given in doubts.items()
    }


def page_of_draft(opened: Opening, frame: Frame, typed: Mapping[str, str] | None = None, **more: Any) -> Page:
    """The visit's page with what was answered before, or what she was typing when she was asked something else."""
    assessment, draft = opened.assessment, opened.draft
    instruments = questionnaire(assessment, opened.wordings)
    errors = {} if typed else doubt_sentences(draft, draft.doubts, instruments, frame.language)
    came = draft.came if draft.fields and not typed else 0
    return visit_page(assessment, opened.wordings, frame, typed or draft.fields, errors, came=came, **more)


def _sentence(given: GivenWhen, other: str) -> str:
    if given.doubt == Doubt.EARLY:
        return gettext("You answered this before these questions were opened. See whether it still holds.")
    if not other:
        return gettext("On another phone, or in another browser, you left this empty. What stands here is sent.")
    sentence = "On another phone, or in another browser, you answered “%(answer)s”. What stands here is sent."
    return gettext(sentence, answer=other)


def _otherwise(name: str, question: Question | None, draft: DraftContent, language: str) -> str:
    """What she answered elsewhere, as the page says it; of a list of ticks every line, for one alone says little."""
    if question is None or not question.ticks:
        return _as_said(draft.when[name].other, question, language)
    lines = [tick.label for tick in question.ticks if _elsewhere(tick.field, draft) == TICK_SET]
    return gettext("”, “").join(lines)


def _elsewhere(field: str, draft: DraftContent) -> str:
    given = draft.when.get(field)
    return given.other if given is not None and given.doubt == Doubt.OTHER else draft.fields.get(field, "")


def _as_said(value: str, question: Question | None, language: str) -> str:
    """An answer as she reads it: the words that were chosen, a day, a number with its unit."""
    if question is None or not value:
        return value
    if question.kind == ItemType.DATE:
        with suppress(ValueError):
            return day_as_said(date.fromisoformat(value), language)
    return dict(question.choices).get(value) or f"{value} {question.unit}".strip()
