"""A Send whose answers are not taken, or that a person must judge: she is told by one task, and sees what was given.

What is kept beside what counts, or where nothing counts, changes nothing of it (`second_answers`).
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import exists, select

from app.core.database import db
from app.participants.models import Task, TaskKind
from app.responses.another_time import to_judge
from app.responses.answering import held
from app.responses.attention import READ_WITHIN, look_at, needs_a_person
from app.responses.fields import asked_here, understood
from app.responses.other_answers import OtherAnswer
from app.responses.questionnaire import questionnaire
from app.responses.second_answers import keep_others, refusing
from app.responses.two_phones import PhoneSays
from app.schedule.models import Assessment, State
from app.studies.states import Act, may


def tell_of_refused(
    assessment: Assessment, fields: Mapping[str, str], says: PhoneSays | None, wordings: str | None, now: datetime
) -> bool:
    """Tell a person of answers that a visit refused, where she must judge; true if they are kept for her to see.

    Not in a locked study: its data are signed, and no task may be worked off. Whoever sent is told whom to call.
    """
    if not fields or not may(assessment.participant.study.state, Act.RECORD):
        return False
    questionnaires = questionnaire(assessment, wordings)
    judged = to_judge(refusing(assessment, now), asked_here(fields, questionnaires), says, now)
    keep_others(assessment, judged.kept, now, TaskKind.TO_JUDGE)
    values = {name: each.value for name, each in judged.kept.items()}
    look_at(assessment, questionnaires, understood(values, questionnaires), now)
    if judged.came and not judged.kept:
        _tell_once(assessment, now)
    return bool(judged.kept)


def tell_of_early(assessment: Assessment, early: Mapping[str, OtherAnswer], now: datetime) -> None:
    """Tell a person of answers that were received, and given before the questions opened."""
    keep_others(assessment, early, now, TaskKind.TO_JUDGE)


def tell_of_old_link(assessment: Assessment, now: datetime) -> None:
    """Tell a person that answers were sent under a link that was replaced: they are on the phone that sent them.

    Nothing of them is kept, since nobody knows who holds a link that is dead.
    """
    answered = held(assessment).submitted_at is not None
    is_waited_for = assessment.state(now) in (State.NOT_DUE, State.OPEN) and not answered
    if is_waited_for and may(assessment.participant.study.state, Act.ANSWER):
        _tell_once(assessment, now)


def _tell_once(assessment: Assessment, now: datetime) -> None:
    """A task of which nothing is kept comes once a visit: whoever tries again and again tells nothing new."""
    about = (Task.participant_id == assessment.participant_id, Task.visit == assessment.visit)
    if not db.session.scalar(select(exists(select(Task.id).where(*about, Task.kind == TaskKind.TO_JUDGE)))):
        needs_a_person(assessment, TaskKind.TO_JUDGE, now, due_at=now + READ_WITHIN)
