"""Correct a patient's answer: one asks, the site's investigator signs, and the answer stays as it came.

A correction is a layer. Values are those of the response with the approved corrections upon them, in the order in which
they were signed; scores are computed from these, and what they were before is superseded and kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from app.accounts.models import User
from app.core.database import db
from app.core.problems import BadInput, Conflict, Forbidden, NotFound
from app.instruments.free_text import cleaned
from app.instruments.scores import score_checked
from app.participants.visible import visible
from app.responses.answering import answered_on, held, new_score
from app.responses.checking import CheckedVisit, check_visit
from app.responses.corrected import follow
from app.responses.earlier import settings_for
from app.responses.fields import typed
from app.responses.models import Answer, Correction, CorrectionKind, CorrectionOutcome, Response, Score
from app.responses.questionnaire import answered
from app.responses.signatures import SIGNED_MEANINGS, signature
from app.schedule.models import Assessment
from app.studies.access import Scope
from app.studies.guarding import allow
from app.studies.states import Act

LONGEST_CORRECTION_REASON = 1000


@dataclass(frozen=True)
class Query:
    """What somebody asks for: another value of an item, why, and where it says so."""

    instrument: str
    item: str
    proposed: str
    """As typed; nothing where the item should stand as not answered."""
    reason: str
    source: str


def ask(response: Response, query: Query, user: User, now: datetime) -> Correction:
    """Ask that an item have another value. BadInput where the instrument does not take it, or nothing would change."""
    _allowed(response)
    held(response.assessment)
    _still_counts(response)
    value = _proposed(response, query, now)
    original = _answer(response, query.instrument, query.item)
    earlier = _current(response, query.instrument, query.item, original)
    if value == earlier:
        raise BadInput("That is what is recorded already.", errors={"proposed": "Give another value."})
    return _asked(
        Correction(
            response=response,
            kind=CorrectionKind.ANSWER,
            instrument=query.instrument,
            item=query.item,
            original_value=original.value,
            previous_value=earlier,
            proposed_value=value,
            reason=_said(query.reason, "reason"),
            source=_said(query.source, "source"),
            asked_by=user,
            asked_at=now,
        )
    )


def ask_to_void(response: Response, reason: str, source: str, user: User, now: datetime) -> Correction:
    """Ask that the whole response not count: the wrong person answered, or at the wrong visit."""
    _allowed(response)
    held(response.assessment)
    _still_counts(response)
    return _asked(
        Correction(
            response=response,
            kind=CorrectionKind.VOID,
            reason=_said(reason, "reason"),
            source=_said(source, "source"),
            asked_by=user,
            asked_at=now,
        )
    )


def approve(correction: Correction, signer: User, now: datetime) -> None:
    """Sign that the change is right: from now on it holds, and the scores are those that come of it."""
    _allowed(correction.response)
    _still_open(correction)
    _still_counts(correction.response)
    _sign(correction, CorrectionOutcome.APPROVED, signer, now)
    if correction.kind is CorrectionKind.VOID:
        correction.response.assessment.voided_at = now
        _supersede(correction.response, now)
    else:
        checked = checked_with(correction.response, {}, now)
        _score_anew(correction, checked, now)
        follow(correction, checked, now)
    db.session.flush()


def refuse(correction: Correction, signer: User, reason: str, now: datetime) -> None:
    """Sign that the change is not made, and why."""
    _allowed(correction.response)
    _still_open(correction)
    correction.decision_reason = _said(reason, "reason")
    _sign(correction, CorrectionOutcome.REFUSED, signer, now)


def close(correction: Correction, user: User, reason: str, now: datetime) -> None:
    """The query needs no decision any more, and why; nothing changes."""
    _allowed(correction.response)
    _still_open(correction)
    correction.decision_reason = _said(reason, "reason")
    correction.outcome, correction.decided_by, correction.decided_at = CorrectionOutcome.CLOSED, user, now
    db.session.flush()


def find_response(scope: Scope, response_id: int) -> Response:
    """The response of this id at her sites; NotFound alike for none and for one of another site."""
    response = db.session.get(Response, response_id)
    if response is None or response.assessment.participant.site_id not in scope.site_ids:
        raise NotFound("There is no such response at your sites.")
    return response


def find_correction(scope: Scope, correction_id: int) -> Correction:
    """The query of this id at her sites; NotFound alike for none and for one of another site."""
    correction = db.session.get(Correction, correction_id)
    if correction is None or correction.response.assessment.participant.site_id not in scope.site_ids:
        raise NotFound("There is no such query at your sites.")
    return correction


def corrections_at(scope: Scope, *, undecided: bool = False) -> list[Correction]:
    """The queries at her sites, the oldest first."""
    query = select(Correction).join(Correction.response).join(Response.assessment).join(Assessment.participant)
    query = query.where(visible(scope))
    if undecided:
        query = query.where(Correction.outcome.is_(None))
    return list(db.session.scalars(query.order_by(Correction.asked_at, Correction.id)))


def current_values(response: Response) -> dict[tuple[str, str], str | None]:
    """By instrument and item, in the order of the page, what holds now."""
    query = select(Answer).filter_by(response_id=response.id).order_by(Answer.position, Answer.id)
    values = {(answer.instrument, answer.item): answer.value for answer in db.session.scalars(query)}
    return values | {(each.instrument or "", each.item or ""): each.proposed_value for each in _approved(response)}


def checked_with(response: Response, changes: dict[tuple[str, str], str | None], now: datetime) -> CheckedVisit:
    """The response as it holds now, with these changes upon it, checked as it was when it came."""
    answers: dict[str, dict[str, object]] = {}
    for (code, item), value in (current_values(response) | changes).items():
        of_this = answers.setdefault(code, {})
        of_this[item] = None if value is None else typed(answered(response, code).item(item), value)
    day = answered_on(response.assessment, now)
    return check_visit(response.assessment.visit, [answered(response, code) for code in answers], answers, day)


def _approved(response: Response) -> Iterator[Correction]:
    chosen = {"response_id": response.id, "kind": CorrectionKind.ANSWER, "outcome": CorrectionOutcome.APPROVED}
    yield from db.session.scalars(select(Correction).filter_by(**chosen).order_by(Correction.decided_at, Correction.id))


def _proposed(response: Response, query: Query, now: datetime) -> str | None:
    """The proposed value as it would be kept; BadInput names what is wrong with it."""
    _answer(response, query.instrument, query.item)
    checked = checked_with(response, {(query.instrument, query.item): query.proposed.strip()}, now)
    if checked.problems:
        wrong = "; ".join(f"{code}.{problem.item} {problem.message}" for code, problem in checked.problems)
        raise BadInput(f"This value cannot be taken: {wrong}.", errors={"proposed": wrong})
    if checked.empty:
        raise BadInput("Nothing would be answered then. Ask that the response be voided instead.")
    of_item = (row.value for row in checked.rows() if (row.instrument, row.item) == (query.instrument, query.item))
    return next(of_item)


def _answer(response: Response, code: str, item: str) -> Answer:
    answer = db.session.scalar(select(Answer).filter_by(response_id=response.id, instrument=code, item=item))
    if answer is None:
        where = f"{code}.{item}"[:80]
        raise BadInput(f"{where} was not asked at this visit.", errors={"item": "Choose an item of this response."})
    return answer


def _current(response: Response, code: str, item: str, original: Answer) -> str | None:
    return current_values(response).get((code, item), original.value)


def _asked(correction: Correction) -> Correction:
    same = select(Correction.id).filter_by(response_id=correction.response.id, outcome=None)
    same = same.filter_by(instrument=correction.instrument, item=correction.item)
    with db.session.no_autoflush:
        if db.session.scalar(same) is not None:
            raise Conflict("There is an open query about this already. Decide or close that one first.")
    db.session.add(correction)
    db.session.flush()
    return correction


def _said(words: str, name: str) -> str:
    said = cleaned(words).strip()
    if not said:
        raise BadInput(f"Say the {name}, in a few words.", errors={name: f"Say the {name}."})
    if len(said) > LONGEST_CORRECTION_REASON:
        problem = f"has {len(said)} characters; at most {LONGEST_CORRECTION_REASON} are kept"
        raise BadInput(f"The {name} {problem}.", errors={name: problem})
    return said


def _allowed(response: Response) -> None:
    allow(response.assessment.participant.study, Act.CORRECT)


def _still_open(correction: Correction) -> None:
    """Hold the visit and look again: of two who decide at once the second is told."""
    held(correction.response.assessment)
    db.session.refresh(correction)
    if correction.outcome is not None:
        raise Conflict(f"This query was {correction.outcome.value} already.")


def _still_counts(response: Response) -> None:
    db.session.refresh(response.assessment, ["voided_at"])
    if response.assessment.voided_at is not None:
        raise Conflict("This response was voided: nothing of it can be changed any more.")


def _sign(correction: Correction, outcome: CorrectionOutcome, signer: User, now: datetime) -> None:
    if signer.id == correction.asked_by_id:
        raise Forbidden("Who asked for a change cannot decide it. Another investigator of the site can.")
    if not signer.name.strip():
        raise BadInput("A signature prints your name, and your account has none. Ask an administrator to enter it.")
    with db.session.no_autoflush:  # half a decision is refused by the database
        correction.outcome, correction.decided_by_id, correction.decided_at = outcome, signer.id, now
        correction.signer_name, correction.meaning = signer.name.strip(), SIGNED_MEANINGS[outcome]
        correction.sha256 = signature(correction)
    db.session.flush()


def _score_anew(correction: Correction, checked: CheckedVisit, now: datetime) -> None:
    """Supersede the instrument's scores by those of the values that hold now."""
    code, response = correction.instrument or "", correction.response
    _supersede(response, now, Score.instrument == code)
    questionnaire = answered(response, code)
    settings = settings_for(questionnaire, response.assessment, response.submitted_at)
    scores = score_checked(questionnaire, checked.instruments[code].scorable, settings)
    rows = [new_score(each, now) for each in scores]
    if rows:
        db.session.execute(insert(Score), [row._asdict() | {"response_id": response.id} for row in rows])


def _supersede(response: Response, now: datetime, *which: ColumnElement[bool]) -> None:
    """The current scores of the response are so no more; they are kept."""
    current = update(Score).where(Score.response_id == response.id, Score.superseded_at.is_(None), *which)
    db.session.execute(current.values(superseded_at=now))
