"""Responses a page at a time, with the rows that leave of them: the rules of the nightly tables, asked of a few."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, select

from app.core.database import db
from app.exports import shapes
from app.exports.queries import answered
from app.exports.queries.placing import Question, may_be_used
from app.exports.tables import Cell, Shape
from app.participants.models import Participant
from app.responses.models import Correction, CorrectionOutcome, Response, StaffEntry
from app.schedule.models import Assessment
from app.studies.models import Site, Study

Row = dict[str, Cell]


class ListedResponse(NamedTuple):
    """One submission, without what was answered."""

    id: int
    participant_id: int
    participant: str
    site: str
    practice: bool
    visit: str
    submitted_at: datetime
    voided_at: datetime | None
    mode: str
    language: str
    instruments: list[str]
    sha256: str


class ResponsesWanted(NamedTuple):
    """Which: all, or those that are news since then, after that one, of one participant, of one visit."""

    since: datetime | None = None
    after: int | None = None
    participant: str | None = None
    visit: str | None = None


class ResponsePage(NamedTuple):
    """Some submissions, and the one after which the next page begins, if there is one."""

    items: list[ListedResponse]
    next: int | None


def responses(study: Study, wanted: ResponsesWanted, limit: int) -> ResponsePage:
    """A page, in the order in which they were stored."""
    columns = (
        Response.id, Participant.id, Participant.code, Site.code, Participant.practice, Assessment.visit,
        Response.submitted_at, Assessment.voided_at, Response.mode, Response.language, Response.instruments,
        Response.sha256,
    )  # fmt: skip
    query: Question = select(*columns).join(Response.assessment).join(Assessment.participant).join(Participant.site)
    query = _narrowed(query.where(Participant.study_id == study.id, may_be_used()), wanted)
    rows: Sequence[Any] = db.session.execute(query.order_by(Response.id).limit(limit + 1)).all()
    items = [ListedResponse(*row)._replace(instruments=sorted(row[10])) for row in rows[:limit]]
    return ResponsePage(items, items[-1].id if len(rows) > limit else None)


def _narrowed(query: Question, wanted: ResponsesWanted) -> Question:
    if wanted.since is not None:
        query = query.where(_is_news(wanted.since))
    if wanted.after is not None:
        query = query.where(Response.id > wanted.after)
    if wanted.participant is not None:
        query = query.where(Participant.code == wanted.participant)
    if wanted.visit is not None:
        query = query.where(Assessment.visit == wanted.visit)
    return query


def _is_news(since: datetime) -> ColumnElement[bool]:
    """That it came, was typed from paper, corrected or called off since: whoever follows a study has heard of none of
    these before."""
    typed = select(StaffEntry.assessment_id).where(StaffEntry.typed_at >= since)
    decided = select(Correction.response_id).where(
        Correction.decided_at >= since, Correction.outcome == CorrectionOutcome.APPROVED
    )
    return or_(
        Response.submitted_at >= since,
        Assessment.voided_at >= since,
        Response.assessment_id.in_(typed),
        Response.id.in_(decided),
    )


def answers_of(study: Study, page: Sequence[ListedResponse]) -> list[Row]:
    """Every item of these, as the table of answers has it: the value that holds, or why there is none."""
    question = answered.answers(study).where(Response.id.in_([each.id for each in page]))
    return _rows(shapes.ANSWERS, question)


def scores_of(study: Study, page: Sequence[ListedResponse]) -> list[Row]:
    """Every current score of these, as the table of scores has it; what is baseline is seen over all of a person."""
    of_people = answered.scores(study).where(Participant.id.in_({each.participant_id for each in page}))
    wanted = {(each.participant, each.visit) for each in page}
    return [row for row in _rows(shapes.SCORES, of_people) if (row["participant"], row["visit"]) in wanted]


def _rows(shape: Shape, question: Question) -> list[Row]:
    return [dict(zip(shape.names, row, strict=True)) for row in db.session.execute(question)]
