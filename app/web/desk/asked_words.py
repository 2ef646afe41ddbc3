"""The questions that a task names, as they are asked, in the reader's language: a code tells nothing to who calls."""

from flask import g
from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument, UnknownInstrument, UnknownLanguage, Wording
from app.participants.models import Task
from app.responses.calling import fields_of
from app.responses.wordings import Shown, in_installed_words, newest
from app.studies.protocol import Protocol
from app.studies.questionnaires import asked
from app.web.language import gettext, spoken

NAMED_AT_MOST = 3
LONGEST_QUESTION = 90


def questions_of(task: Task) -> str:
    """The first questions that a task names, and how many more there are."""
    fields, plan = fields_of(task), task.participant.protocol.plan
    named = [f"“{question_of(plan, field, task.participant.study_id)}”" for field in fields[:NAMED_AT_MOST]]
    more = len(fields) - len(named)
    words = ", ".join(named)
    return words if more <= 0 else gettext("%(questions)s and %(number)s more", questions=words, number=more)


def question_of(plan: Protocol, field: str, study_id: int) -> str:
    """What a field asks, at most a line of it; its code where nobody has the words any more."""
    code, _, item = field.partition(".")
    try:
        words = in_installed_words(asked(plan, code), _newest(), _shown(plan, code, study_id))
        return _line(_in_language(words, plan).item(item).text)
    except (UnknownInstrument, UnknownLanguage, KeyError):
        return field


def _in_language(questionnaire: Instrument, plan: Protocol) -> Wording:
    language = spoken() if spoken() in questionnaire.languages else plan.default_language
    return questionnaire.wording(language)


def _shown(plan: Protocol, code: str, study_id: int) -> Shown:
    pin = plan.instruments.get(code)
    return Shown(study_id, pin.wordings if pin else {})


def _newest() -> str | None:
    """The mark of the wording installed last, asked for once an answer."""
    if "newest_wording" not in g:
        g.newest_wording = db.session.scalar(select(newest()))
    mark: str | None = g.newest_wording
    return mark


def _line(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= LONGEST_QUESTION else f"{words[:LONGEST_QUESTION].rpartition(' ')[0]} …"
