"""What was answered otherwise than what counts is kept, closed, and a person of the staff is asked to look at both.

So is what another phone sent after the answers were received, and what it had answered where nothing tells which answer
is the newer one. What counts is changed by a correction alone.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.crypto import keyring
from app.core.database import db
from app.participants.models import TaskKind
from app.responses.admission import is_in_time
from app.responses.another_time import RefusingVisit, in_time
from app.responses.answering import response_to
from app.responses.attention import READ_WITHIN, look_at, needs_a_person
from app.responses.fields import asked_here, understood
from app.responses.models import Answer, SecondAnswers
from app.responses.other_answers import OtherAnswer, differing
from app.responses.questionnaire import questionnaire
from app.responses.two_phones import PhoneSays
from app.schedule.models import Assessment
from app.schedule.not_done import not_done

KEPT_OF_A_FIELD = 10
"""Answers that differ, of one question: a person looks at them, and nobody may fill the table."""
PLACE = ("second_answers", "answers_sealed")


def keep_second(
    assessment: Assessment, fields: Mapping[str, str], says: PhoneSays | None, wordings: str | None, now: datetime
) -> bool:
    """Keep what differs, in what came after the answers to a visit that is held; false where nothing does.

    As long as answers to the visit are taken, and later what was given by then, as the phone says. Nothing is kept of
    what else comes later.
    """
    response = response_to(assessment)
    if response is None:
        return False
    questionnaires = questionnaire(assessment, wordings)
    received = {f"{answer.instrument}.{answer.item}": answer.value for answer in _answers(response.id)}
    others = differing(received, asked_here(fields, questionnaires), says, questionnaires, now)
    if not is_in_time(assessment, now):
        others = in_time(others, refusing(assessment, now), now)
    keep_others(assessment, others, now)
    look_at(
        assessment, questionnaires, understood({name: each.value for name, each in others.items()}, questionnaires), now
    )
    return bool(others)


def refusing(assessment: Assessment, now: datetime) -> RefusingVisit:
    """How a visit stands that takes no answers; where the site ended it, with the end that its window had."""
    row = not_done(assessment) or assessment
    ends_at = row.grace_until if assessment.protocol.plan.answers.keeps_late else row.closes_at
    return RefusingVisit(assessment.state(now), ends_at, assessment.participant.withdrawn_at)


def keep_others(
    assessment: Assessment,
    others: Mapping[str, OtherAnswer],
    now: datetime,
    kind: TaskKind = TaskKind.TWO_ANSWERS,
) -> None:
    """Keep these beside what counts, each once, and ask a person to look. Twice changes nothing."""
    kept = other_answers(assessment.id)
    fresh = [name for name, other in others.items() if _is_fresh(other, kept.get(name, []))]
    if not fresh:
        return
    together = kept | {name: [*kept.get(name, []), others[name]] for name in fresh}
    sealed = keyring().encrypt(json.dumps(together, ensure_ascii=False), *PLACE, assessment.id)
    row = insert(SecondAnswers).values(assessment_id=assessment.id, answers_sealed=sealed)
    newest = {"answers_sealed": row.excluded.answers_sealed}
    db.session.execute(row.on_conflict_do_update(index_elements=["assessment_id"], set_=newest))
    needs_a_person(assessment, kind, now, fresh, now + READ_WITHIN)


def other_answers(assessment_id: int) -> dict[str, list[OtherAnswer]]:
    """What was answered otherwise than what counts, by field, in the order in which it came."""
    query = select(SecondAnswers.answers_sealed).where(SecondAnswers.assessment_id == assessment_id)
    sealed = db.session.scalar(query)
    kept = json.loads(keyring().decrypt(sealed, *PLACE, assessment_id)) if sealed is not None else {}
    return {name: [OtherAnswer(*values) for values in each] for name, each in kept.items()}


def _is_fresh(other: OtherAnswer, kept: list[OtherAnswer]) -> bool:
    return len(kept) < KEPT_OF_A_FIELD and (not kept or kept[-1].value != other.value)


def _answers(response_id: int) -> list[Answer]:
    query = select(Answer).where(Answer.response_id == response_id)
    return list(db.session.scalars(query.order_by(Answer.position, Answer.id)))
