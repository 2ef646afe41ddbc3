"""Answers on their way: kept as they are given, closed with the field keys, gone when the visit is answered or over.

A draft is not data. Whether one that was never sent is thrown away, or kept as a partial answer, is the protocol's
choice, which its patients read on the first screen.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Select, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.core.batches import table
from app.core.crypto import keyring
from app.core.database import db
from app.core.prepared import Prepared
from app.participants.models import Participant
from app.responses.admission import admit, takes_answers_until
from app.responses.answering import Held, answered_on, held, submit
from app.responses.attention import look_at
from app.responses.checking import check_visit, wrong_dates
from app.responses.fields import FieldProblem, asked_here, not_asked_here, understood
from app.responses.models import Draft
from app.responses.problems import AlreadyAnswered, NothingAnswered
from app.responses.questionnaire import questionnaire
from app.responses.writing import note_opened
from app.schedule.models import Assessment
from app.studies.models import Study

DRAFTS = table(Draft)
OF_VISIT = bindparam("assessment_id", type_=DRAFTS.c.assessment_id.type)
SEALED = Prepared(select(DRAFTS.c.answers_sealed).where(DRAFTS.c.assessment_id == OF_VISIT))
DRAFT_COLUMNS = {name: bindparam(name, type_=DRAFTS.c[name].type) for name in ("answers_sealed", "updated_at")}
KEEPING = Prepared(
    insert(DRAFTS)
    .values({"assessment_id": OF_VISIT, **DRAFT_COLUMNS})
    .on_conflict_do_update(index_elements=[DRAFTS.c.assessment_id], set_=DRAFT_COLUMNS)
    .returning(DRAFTS.c.id)
)


def save_draft(
    assessment: Assessment, fields: Mapping[str, str], now: datetime, *, holding: Held | None = None
) -> tuple[FieldProblem, ...]:
    """Keep these fields of a form beside those kept before; an empty one takes its earlier value away.

    The same fields again change nothing. Refused as an answer would be. Returned are the fields that are not asked,
    which are not kept, and the dates that cannot be, which are, for her to mend.
    """
    held_visit = holding or held(assessment)
    questionnaires = questionnaire(assessment, held_visit.wordings)
    answered = asked_here(fields, questionnaires)
    if held_visit.submitted_at is not None:
        raise AlreadyAnswered()
    admit(assessment, now)
    if assessment.opened_at is None:
        note_opened(assessment, held_visit.opened_at or now)
    kept = {**_kept(assessment.id), **answered}
    _write(assessment.id, {name: value for name, value in sorted(kept.items()) if value.strip()}, now)
    answers = understood(answered, questionnaires)
    look_at(assessment, questionnaires, answers, now)
    wrong = wrong_dates(questionnaires, answers, answered_on(assessment, now))
    return (*not_asked_here(fields, questionnaires), *wrong)


def keep_written(
    assessment: Assessment, fields: Mapping[str, str], now: datetime, *, holding: Held | None = None
) -> None:
    """Keep what stood in the form when she asked for something else, so that it is there when she comes back.

    What cannot be kept is let go: it must not stand between her and the telephone.
    """
    written = {name: value for name, value in fields.items() if value.strip()}
    if written and takes_answers_until(assessment, now) is not None:
        save_draft(assessment, written, now, holding=holding)


def _kept(assessment_id: int) -> dict[str, str]:
    """The draft as it is now that the assessment is ours: whoever held it before may have written to it."""
    (sealed,) = SEALED.first({"assessment_id": assessment_id}) or (None,)
    return opened(assessment_id, sealed)


def opened(assessment_id: int, sealed: bytes | None) -> dict[str, str]:
    """The fields of a draft, or none."""
    if sealed is None:
        return {}
    kept: dict[str, str] = json.loads(keyring().decrypt(sealed, "drafts", "answers_sealed", assessment_id))
    return kept


def expire_drafts(now: datetime) -> int:
    """End the drafts whose visit is answered or over; returns how many. Twice changes nothing."""
    ended = 0
    for draft in _ended(now):
        _end(draft)
        ended += 1
    return ended


def end_drafts_of(study: Study) -> None:
    """End every draft of the study, also of visits that could still be answered: it asks nobody any more."""
    for draft in db.session.scalars(_drafts().where(Participant.study_id == study.id)):
        _end(draft)


def _write(assessment_id: int, kept: dict[str, str], now: datetime) -> None:
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    sealed = keyring().encrypt(text, "drafts", "answers_sealed", assessment_id)
    KEEPING.first({"assessment_id": assessment_id, "answers_sealed": sealed, "updated_at": now})


def _ended(now: datetime) -> Iterator[Draft]:
    over = or_(
        Assessment.submitted_at.is_not(None), Assessment.grace_until <= now, Participant.withdrawn_at.is_not(None),
        Assessment.opened_at.is_(None),
    )  # fmt: skip
    yield from db.session.scalars(_drafts().where(over).with_for_update(of=Draft, skip_locked=True, key_share=True))


def _drafts() -> Select[Draft]:
    query = select(Draft).join(Draft.assessment).join(Assessment.participant).order_by(Draft.id)
    loading = joinedload(Draft.assessment).options(joinedload(Assessment.participant), joinedload(Assessment.protocol))
    return query.options(loading)


def _end(draft: Draft) -> None:
    assessment = draft.assessment
    was_begun = assessment.opened_at is not None  # or else it was, for a day that was wrong or called off
    unanswered = assessment.submitted_at is None and was_begun
    if unanswered:
        assessment.draft_existed = True
    holds = assessment.participant.withdrawn_at is None and assessment.cancelled_at is None
    if unanswered and holds and assessment.protocol.plan.answers.keeps_drafts:
        _keep(draft)
    db.session.execute(delete(Draft).where(Draft.id == draft.id))


def _keep(draft: Draft) -> None:
    """Submit what can be taken of it, as of when it was last saved."""
    assessment = draft.assessment
    questionnaires = questionnaire(assessment, None)
    answers = understood(opened(assessment.id, draft.answers_sealed), questionnaires)
    checked = check_visit(assessment.visit, questionnaires, answers, answered_on(assessment, draft.updated_at))
    for code, problem in checked.problems:
        answers[code].pop(problem.item, None)
    try:
        submit(assessment, answers, draft.updated_at, language=assessment.participant.language, unsent=True)
    except NothingAnswered:
        return
