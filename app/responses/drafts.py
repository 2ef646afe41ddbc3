"""Answers on their way: kept as they are given, closed with the field keys, gone when the visit is answered or over.

A draft is not data. Whether one that was never sent is thrown away, or kept as a partial answer, is the protocol's
choice, which its patients read on the first screen.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from app.responses.other_answers import newest_answers
from app.responses.problems import AlreadyAnswered, NothingAnswered
from app.responses.questionnaire import questionnaire
from app.responses.refused_sends import tell_of_early
from app.responses.second_answers import keep_others, keep_second
from app.responses.two_phones import (
    NOTHING_SAID,
    AnswerStands,
    Doubt,
    DraftContent,
    GivenWhen,
    PhoneSays,
    given_at,
    milliseconds,
    read_written,
    stands_of,
    written,
)
from app.responses.writing import note_opened
from app.schedule.models import Assessment
from app.studies.models import Study

DRAFTS = table(Draft)
ANSWER_TAKEN = AnswerStands.TAKEN
WHEN = "_when"
"""Beside the fields, as one more: what is known of when each was given. A service of before reads over it."""
OF_VISIT = bindparam("assessment_id", type_=DRAFTS.c.assessment_id.type)
SEALED = Prepared(select(DRAFTS.c.answers_sealed).where(DRAFTS.c.assessment_id == OF_VISIT))
DRAFT_COLUMNS = {name: bindparam(name, type_=DRAFTS.c[name].type) for name in ("answers_sealed", "updated_at")}
KEEPING = Prepared(
    insert(DRAFTS)
    .values({"assessment_id": OF_VISIT, **DRAFT_COLUMNS})
    .on_conflict_do_update(index_elements=[DRAFTS.c.assessment_id], set_=DRAFT_COLUMNS)
    .returning(DRAFTS.c.id)
)


@dataclass(frozen=True)
class DraftSaved:
    """What came of a draft that a phone sent: what needs another look, and what was answered later elsewhere."""

    problems: tuple[FieldProblem, ...]
    content: DraftContent
    newer: Mapping[str, str]
    doubts: Mapping[str, GivenWhen]


def save_draft(
    assessment: Assessment, fields: Mapping[str, str], now: datetime, *, holding: Held | None = None
) -> tuple[FieldProblem, ...]:
    """Keep these fields of a form beside those kept before; an empty one takes its earlier value away.

    The same fields again change nothing. Refused as an answer would be. Returned are the fields that are not asked,
    which are not kept, and the dates that cannot be, which are, for her to mend.
    """
    return save_from_phone(assessment, fields, None, now, holding=holding).problems


def save_from_phone(
    assessment: Assessment,
    fields: Mapping[str, str],
    says: PhoneSays | None,
    now: datetime,
    *,
    holding: Held | None = None,
) -> DraftSaved:
    """The same of a phone that says when each was answered: what was answered later on another one stands."""
    held_visit = holding or held(assessment)
    questionnaires = questionnaire(assessment, held_visit.wordings)
    answered = asked_here(fields, questionnaires)
    if held_visit.submitted_at is not None:
        raise AlreadyAnswered()
    admit(assessment, now)
    if assessment.opened_at is None:
        note_opened(assessment, held_visit.opened_at or now)
    before = kept_draft(assessment.id)
    content = _together(before, answered, says, now, assessment.opens_at)
    _write(assessment.id, content, now)
    answers = understood(answered, questionnaires)
    look_at(assessment, questionnaires, answers, now)
    wrong = wrong_dates(questionnaires, answers, answered_on(assessment, now))
    problems = (*not_asked_here(fields, questionnaires), *wrong)
    return DraftSaved(problems, content, *_told(content, answered, says))


def _together(
    before: DraftContent, answered: Mapping[str, str], says: PhoneSays | None, now: datetime, opens_at: datetime
) -> DraftContent:
    """What is kept from now on; what comes gets an order of its own, after all that came before."""
    at, opens = milliseconds(now), milliseconds(opens_at)
    came, fields, when = max(at, before.came + 1), dict(before.fields), dict(before.when)
    for name, value in answered.items():
        said, earlier = says.of_field.get(name) if says else None, before.fields.get(name, "")
        same = value.strip() == earlier.strip()
        stands = stands_of(name, before.when.get(name), earlier, value, says, at, opens) if says else ANSWER_TAKEN
        if stands is AnswerStands.OLDER or (same and said is None and name in when):
            continue
        fields[name], given = value, given_at(said, at)
        when[name] = GivenWhen(came, at if given is None else given, page=says.page if says else "")
        if stands is AnswerStands.UNSURE:
            when[name] = when[name]._replace(doubt=Doubt.OTHER, other=earlier)
        elif stands is AnswerStands.EARLY:
            when[name] = when[name]._replace(doubt=Doubt.EARLY)
    return DraftContent({name: value for name, value in sorted(fields.items()) if value.strip()}, when)


def _told(
    content: DraftContent, answered: Mapping[str, str], says: PhoneSays | None
) -> tuple[dict[str, str], dict[str, GivenWhen]]:
    """What stands and this phone has not: it came after what the phone has of ours; and what it should look at."""
    if says is None:
        return {}, {}
    came = content.came
    unseen = [name for name, given in content.when.items() if name in answered or says.has < given.came]
    newer = {name: content.fields.get(name, "") for name in unseen}
    newer = {name: value for name, value in newer.items() if answered.get(name, None) != value}
    return newer, {name: given for name, given in content.doubts.items() if name in answered and given.came == came}


def keep_written(
    assessment: Assessment,
    fields: Mapping[str, str],
    says: PhoneSays | None,
    now: datetime,
    *,
    holding: Held | None = None,
) -> None:
    """Keep what stood in the form when she asked for something else, so that it is there when she comes back.

    What cannot be kept is let go: it must not stand between her and the telephone.
    """
    written = {name: value for name, value in fields.items() if value.strip()}
    if written and takes_answers_until(assessment, now) is not None:
        save_from_phone(assessment, written, says or NOTHING_SAID, now, holding=holding)


def kept_draft(assessment_id: int) -> DraftContent:
    """The draft as it is now that the assessment is ours: whoever held it before may have written to it."""
    (sealed,) = SEALED.first({"assessment_id": assessment_id}) or (None,)
    return content_of(assessment_id, sealed)


def opened(assessment_id: int, sealed: bytes | None) -> Mapping[str, str]:
    """The fields of a draft, or none."""
    return content_of(assessment_id, sealed).fields


def content_of(assessment_id: int, sealed: bytes | None) -> DraftContent:
    """All of a draft, or nothing."""
    if sealed is None:
        return DraftContent({}, {})
    fields: dict[str, str] = json.loads(keyring().decrypt(sealed, "drafts", "answers_sealed", assessment_id))
    when = read_written(fields.pop(WHEN, ""))
    return DraftContent(fields, when)


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


def _write(assessment_id: int, content: DraftContent, now: datetime) -> None:
    text = json.dumps({**content.fields, WHEN: written(content.when)}, ensure_ascii=False, separators=(",", ":"))
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
    if assessment.submitted_at is not None:
        _keep_what_differs(draft)
    if unanswered and holds and assessment.protocol.plan.answers.keeps_drafts:
        _keep(draft)
    db.session.execute(delete(Draft).where(Draft.id == draft.id))


def _keep_what_differs(draft: Draft) -> None:
    """Of a draft that was saved in the moment in which the visit was answered."""
    fields = opened(draft.assessment_id, draft.answers_sealed)
    held(draft.assessment)
    keep_second(draft.assessment, fields, None, None, draft.updated_at)


def _keep(draft: Draft) -> None:
    """Submit what can be taken of it, as of when it was last saved; whatever is in doubt, a person sees."""
    assessment = draft.assessment
    questionnaires = questionnaire(assessment, None)
    content = content_of(assessment.id, draft.answers_sealed)
    newest = newest_answers(content, content.fields, NOTHING_SAID, draft.updated_at, assessment.opens_at)
    answers = understood(newest.fields, questionnaires)
    checked = check_visit(assessment.visit, questionnaires, answers, answered_on(assessment, draft.updated_at))
    for code, problem in checked.problems:
        answers[code].pop(problem.item, None)
    try:
        submit(assessment, answers, draft.updated_at, language=assessment.participant.language, unsent=True)
    except NothingAnswered:
        return
    keep_others(assessment, newest.others, draft.updated_at)
    tell_of_early(assessment, newest.early, draft.updated_at)
