"""Take a visit's answers once: check, keep as they came, score. Thirty at once leave one response."""

from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from app.core.database import db
from app.core.patience import says_limits_each_transaction
from app.instruments import ComputedScore as Scored
from app.instruments import Instrument
from app.instruments.scores import score_checked
from app.responses.admission import admit
from app.responses.attention import look_at, read_later, safety_fields, written_fields
from app.responses.checking import CheckedVisit, VisitAnswers, check_visit
from app.responses.earlier import settings_for
from app.responses.fields import FieldProblem
from app.responses.models import Mode, Presentation, Response
from app.responses.problems import AlreadyAnswered, NothingAnswered, Unanswered, WrongAnswers
from app.responses.questionnaire import questionnaire, refuse_demonstration, shown
from app.responses.wordings import newest
from app.responses.writing import Closing, NewResponse, NewScore, NewSubmission, note_opened, write, write_alone
from app.schedule.models import Assessment

HELD_VISIT = (
    select(Assessment.submitted_at, Assessment.opened_at, newest())
    .where(Assessment.id == bindparam("assessment_id"))
    .with_for_update(of=Assessment, key_share=True)
)


class Held(NamedTuple):
    """Facts of an assessment that is ours until the transaction ends, and the wording installed last."""

    submitted_at: datetime | None
    opened_at: datetime | None
    wordings: str | None


def begin(assessment: Assessment, now: datetime) -> None:
    """The patient's first act on this visit: note when it was opened. Refused as an answer would be."""
    if assessment.submitted_at is None:
        admit(assessment, now)
        if assessment.opened_at is None:
            note_opened(assessment, now)


def submit(
    assessment: Assessment,
    answers: VisitAnswers | CheckedVisit,
    now: datetime,
    *,
    mode: Mode = Mode.PAGE,
    language: str,
    presentation: Presentation = Presentation.PAGE,
    unsent: bool = False,
    holding: Held | None = None,
) -> Response:
    """The one response of this visit, new or the one that these same answers made before.

    AlreadyAnswered if other answers came first; NotOpenYet, Closed, Left or StudyOver if none are taken now;
    WrongAnswers, Unanswered or NothingAnswered if these cannot be. Nothing is stored then. What is only left empty
    makes the visit partial, where the protocol lets it be; what was `unsent` (a draft that the protocol keeps) is
    always partial, and was admitted when it was saved: a window that moved since takes nothing away.
    """
    held_visit = holding or held(assessment)
    questionnaires = questionnaire(assessment, held_visit.wordings)
    checked = answers if isinstance(answers, CheckedVisit) else check(assessment, answers, now)
    if held_visit.submitted_at is not None:
        return _same(assessment, checked)
    if not unsent:
        admit(assessment, now)
    refuse_demonstration(assessment, questionnaires, language)
    refuse_wrong(checked, gaps=unsent or not assessment.protocol.plan.answers.refuses_gaps)
    seen = shown(questionnaires, language, Presentation.DRAFT if unsent else presentation)
    new = NewResponse(assessment.id, now, mode, language, checked.canonical, checked.sha256, seen)
    closing = Closing(now, held_visit.opened_at or now, unsent or bool(checked.missing))
    response = write(
        assessment, NewSubmission(new, closing, checked.rows(), _scores(assessment, questionnaires, checked, now))
    )
    look_at(assessment, questionnaires, checked.said, now)
    read_later(assessment, questionnaires, checked.said, now)
    return response


def submit_alone(
    assessment: Assessment,
    checked: CheckedVisit,
    now: datetime,
    *,
    mode: Mode,
    language: str,
    presentation: Presentation,
    seen: Held,
    row_version: str,
) -> bool:
    """`submit` by one statement of its own, of a visit that was looked at and is not held; errors as there.

    False, and nothing was done, where it takes more: the visit is answered, or not as it was seen; an answer is wrong
    or missing; a person must see to something; or each transaction says first how long it may wait.
    """
    questionnaires = questionnaire(assessment, seen.wordings)
    whole = not (checked.problems or checked.missing or checked.empty)
    to_be_seen = safety_fields(questionnaires, checked.said) or written_fields(questionnaires, checked.said)
    if seen.submitted_at is not None or not whole or to_be_seen or says_limits_each_transaction(db.engine):
        return False
    admit(assessment, now)
    refuse_demonstration(assessment, questionnaires, language)
    what = shown(questionnaires, language, presentation)
    new = NewResponse(assessment.id, now, mode, language, checked.canonical, checked.sha256, what)
    closing = Closing(now, seen.opened_at or now, False)
    rows = NewSubmission(new, closing, checked.rows(), _scores(assessment, questionnaires, checked, now))
    return write_alone(rows, row_version)


def _scores(
    assessment: Assessment, questionnaires: tuple[Instrument, ...], checked: CheckedVisit, now: datetime
) -> list[NewScore]:
    given = {code: answers_of.scorable for code, answers_of in checked.instruments.items()}
    return [
        new_score(score, now)
        for each in questionnaires
        for score in score_checked(each, given[each.code], settings_for(each, assessment, now))
    ]


def response_to(assessment: Assessment) -> Response | None:
    """What was submitted for this visit, if anything."""
    return db.session.scalar(select(Response).where(Response.assessment_id == assessment.id))


def check(
    assessment: Assessment, answers: VisitAnswers, now: datetime, unreadable: tuple[FieldProblem, ...] = ()
) -> CheckedVisit:
    """What the visit's questionnaires say of these answers, beside what could not be read."""
    checked = check_visit(assessment.visit, questionnaire(assessment, None), answers, answered_on(assessment, now))
    return replace(checked, unreadable=unreadable)


def answered_on(assessment: Assessment, now: datetime) -> date:
    """The day of answering where she lives; what was received keeps its day, whoever sends it again."""
    return (assessment.submitted_at or now).astimezone(ZoneInfo(assessment.participant.zone)).date()


def held(assessment: Assessment) -> Held:
    """The facts of the assessment, ours until this transaction ends: others who answer it wait here."""
    return Held(*db.session.execute(HELD_VISIT, {"assessment_id": assessment.id}).one())


def _same(assessment: Assessment, checked: CheckedVisit) -> Response:
    """The stored response, if these are the same answers."""
    first = response_to(assessment)
    if first is None or checked.problems or first.sha256 != checked.sha256:
        raise AlreadyAnswered()
    return first


def refuse_wrong(checked: CheckedVisit, *, gaps: bool) -> None:
    """WrongAnswers, NothingAnswered or, unless `gaps` may be, Unanswered."""
    if checked.problems:
        raise WrongAnswers(checked.problems)
    if checked.empty:
        raise NothingAnswered()
    if checked.missing and not gaps:
        raise Unanswered(checked.missing)


def new_score(score: Scored, now: datetime) -> NewScore:
    """A computed score as its row is written."""
    return NewScore(
        instrument=score.instrument,
        name=score.name,
        value=score.value,
        value_set=score.value_set,
        category=score.category,
        n_answered=score.n_answered,
        missing_reason=score.reason,
        rule=score.rule,
        instrument_version=score.instrument_version,
        scorer_version=score.scorer_version,
        input_sha256=score.input_sha256,
        scored_at=now,
    )
