"""Take a visit's answers once: check, keep as they came, score. Thirty at once leave one response."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.core.database import Base, db
from app.instruments import Instrument
from app.instruments import score as score_instrument
from app.responses.admission import admit
from app.responses.attention import look_at, read_later
from app.responses.checking import CheckedVisit, VisitAnswers, check_visit
from app.responses.models import Answer, Draft, Mode, Response, Score
from app.responses.problems import AlreadyAnswered, NothingAnswered, Unanswered, WrongAnswers
from app.responses.questionnaire import questionnaire, refuse_demonstration, shown
from app.responses.wordings import newest
from app.schedule.models import Assessment

ASSESSMENTS, DRAFTS = Base.metadata.tables["assessments"], Base.metadata.tables["drafts"]


def begin(assessment: Assessment, now: datetime) -> None:
    """The patient's first act on this visit: note when it was opened. Refused as an answer would be."""
    if assessment.submitted_at is None:
        admit(assessment, now)
        if assessment.opened_at is None:
            assessment.opened_at = now


def submit(
    assessment: Assessment,
    answers: VisitAnswers,
    now: datetime,
    *,
    mode: Mode = Mode.PAGE,
    language: str,
    presentation: str = "page",
    unsent: bool = False,
) -> Response:
    """The one response of this visit, new or the one that these same answers made before.

    AlreadyAnswered if other answers came first; NotOpenYet, Closed or Left if none are taken now; WrongAnswers,
    Unanswered or NothingAnswered if these cannot be. Nothing is stored then. What is only left empty makes the visit
    partial, where the protocol lets it be; what was `unsent` (a draft that the protocol keeps) is always partial.
    """
    found = held(assessment)
    asked = questionnaire(assessment, found.wordings)
    checked = check_visit(assessment.visit, tuple(one.code for one in asked), answers)
    if found.submitted_at is not None:
        return _same(assessment, checked)
    admit(assessment, now)
    refuse_demonstration(assessment, asked, language)
    _refuse(checked, "asked_once" if unsent else assessment.protocol.plan.answers.skipping)
    seen = shown(asked, language, "draft" if unsent else presentation)
    how = {"mode": mode, "language": language, "instruments": seen}
    closing = {"submitted_at": now, "opened_at": found.opened_at or now, "partial": unsent or bool(checked.missing)}
    response = _response(assessment, checked, how, closing)
    _keep(response, asked, checked, now)
    given = {code: one.scorable for code, one in checked.instruments.items()}
    look_at(assessment, asked, given, now)
    read_later(assessment, asked, given, now)
    return response


def response_to(assessment: Assessment) -> Response | None:
    """What was submitted for this visit, if anything."""
    return db.session.scalar(select(Response).where(Response.assessment_id == assessment.id))


def held(assessment: Assessment) -> Row[datetime | None, datetime | None, bytes | None, str | None]:
    """The facts of the assessment and its draft, ours until this transaction ends: others who answer it wait here."""
    facts = (Assessment.submitted_at, Assessment.opened_at, Draft.answers_sealed.label("draft_sealed"))
    query = select(*facts, newest().label("wordings")).outerjoin(Draft, Draft.assessment_id == Assessment.id)
    return db.session.execute(query.where(Assessment.id == assessment.id).with_for_update(of=Assessment)).one()


def _same(assessment: Assessment, checked: CheckedVisit) -> Response:
    """The stored response, if these are the same answers."""
    first = response_to(assessment)
    if first is None or checked.problems or first.sha256 != checked.sha256:
        raise AlreadyAnswered()
    return first


def _refuse(checked: CheckedVisit, skipping: str) -> None:
    if checked.problems:
        raise WrongAnswers(checked.problems)
    if checked.empty:
        raise NothingAnswered()
    if checked.missing and skipping == "refused":
        raise Unanswered(checked.missing)


def _response(assessment: Assessment, checked: CheckedVisit, how: dict[str, Any], closing: dict[str, Any]) -> Response:
    """Write the response, close its visit and drop its draft, all in one statement."""
    closed = update(ASSESSMENTS).where(ASSESSMENTS.c.id == assessment.id).values(**closing)
    dropped = delete(DRAFTS).where(DRAFTS.c.assessment_id == assessment.id)
    facts = {"content": checked.canonical, "sha256": checked.sha256, "submitted_at": closing["submitted_at"]}
    statement = insert(Response).values(assessment_id=assessment.id, **facts, **how).returning(Response)
    response = db.session.scalars(statement.add_cte(closed.cte("closed"), dropped.cte("dropped"))).one()
    for name, value in closing.items():
        set_committed_value(assessment, name, value)
    return response


def _keep(response: Response, asked: tuple[Instrument, ...], checked: CheckedVisit, now: datetime) -> None:
    _insert(Answer, response, list(checked.rows()))
    _insert(Score, response, [row for one in asked for row in _scores(one.code, checked, now)])


def _insert(table: type[Answer] | type[Score], response: Response, rows: list[dict[str, Any]]) -> None:
    """All rows in one statement, nulls written as such."""
    if rows:
        statement = insert(table).execution_options(render_nulls=True)
        db.session.execute(statement, [row | {"response_id": response.id} for row in rows])


def _scores(code: str, checked: CheckedVisit, now: datetime) -> list[dict[str, Any]]:
    found = score_instrument(code, checked.instruments[code].answers)
    same = ("instrument", "name", "value", "value_set", "n_answered", "rule")
    provenance = ("instrument_version", "scorer_version", "input_sha256")
    return [
        {name: getattr(one, name) for name in (*same, *provenance)} | {"missing_reason": one.reason, "scored_at": now}
        for one in found
    ]
