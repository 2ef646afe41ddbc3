"""Who takes part: the list, with its filters in the address, and one participant with all that happened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts.roles import Permission
from app.core.database import db
from app.core.time import now
from app.messages.models import Message
from app.participants.events import anchor
from app.participants.models import Disclosure, Event, EventState, Participant, Task
from app.permitting import current_scope
from app.schedule.compliance import assessments
from app.schedule.models import ANSWERED, Assessment, State
from app.studies.models import Site
from app.web.desk.finding import participant
from app.web.staff.access import requires

blueprint = Blueprint("desk_participants", __name__, url_prefix="/desk/<study>/participants")


@dataclass(frozen=True)
class Line:
    """One participant of the list."""

    participant: Participant
    anchor: Event | None
    answered: int
    expected: int
    open: tuple[Assessment, ...]
    next: Assessment | None

    @property
    def standing(self) -> str:
        """How she stands, in a word or two."""
        if self.participant.withdrawn_at is not None:
            return "withdrawn"
        if self.anchor is None:
            return "no day 0"
        contact = self.participant.contact
        if contact.opted_out_at is not None:
            return "said STOP"
        return "number unusable" if contact.unusable_since is not None else "taking part"


STANDINGS: dict[str, Callable[[Line], bool]] = {
    "taking part": lambda line: line.standing == "taking part",
    "open now": lambda line: bool(line.open),
    "not reachable": lambda line: line.standing in ("said STOP", "number unusable"),
    "no day 0": lambda line: line.standing == "no day 0",
    "withdrawn": lambda line: line.standing == "withdrawn",
}


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def listing() -> str:
    """Everybody at my sites, narrowed by `site`, `standing` and `code` of the address."""
    sites = db.session.scalars(select(Site).where(Site.id.in_(current_scope().site_ids)).order_by(Site.code)).all()
    lines = _lines(now())
    shown = [line for line in lines if _wanted(line)]
    return render_template(
        "desk/participants.html", lines=shown, total=len(lines), sites=sites, standings=STANDINGS, wanted=request.args
    )


@blueprint.get("/<code>")
@requires(Permission.VIEW_PARTICIPANT)
def one(code: str) -> str:
    """One participant."""
    return page(participant(code))


def page(someone: Participant, **more: object) -> str:
    """The participant's page; forms that were refused are shown on it again."""
    mine = {"participant_id": someone.id}
    planned = db.session.scalars(select(Assessment).filter_by(**mine).order_by(Assessment.day)).all()
    messages = db.session.scalars(select(Message).filter_by(**mine).order_by(Message.owed_at, Message.id)).all()
    by_visit: dict[int | None, list[Message]] = {}
    for message in messages:
        by_visit.setdefault(message.assessment_id, []).append(message)
    return render_template(
        "desk/participant.html",
        participant=someone,
        anchor=anchor(someone),
        assessments=planned,
        messages=messages,
        texts_of=by_visit,
        tasks=db.session.scalars(select(Task).filter_by(**mine).order_by(Task.done_at.desc(), Task.id)).all(),
        disclosures=db.session.scalars(select(Disclosure).filter_by(**mine).order_by(Disclosure.id)).all(),
        happened=EventState.HAPPENED,
        asks_birth_year=someone.protocol.plan.answers.asks_birth_year,
        at=now(),
        **more,
    )


def _lines(moment: datetime) -> list[Line]:
    rows = assessments(current_scope().study, current_scope().site_ids)
    planned = {key: list(group) for key, group in groupby(rows, lambda row: row.participant_id)}
    query = (
        select(Participant)
        .where(Participant.study_id == current_scope().study.id, Participant.site_id.in_(current_scope().site_ids))
        .options(selectinload(Participant.contact), selectinload(Participant.events), selectinload(Participant.site))
        .order_by(Participant.code)
    )
    return [_line(someone, planned.get(someone.id, []), moment) for someone in db.session.scalars(query)]


def _line(someone: Participant, planned: list[Assessment], moment: datetime) -> Line:
    states = [(row, row.state(moment)) for row in planned]
    answered = sum(state in ANSWERED for _, state in states)
    return Line(
        participant=someone,
        anchor=next((e for e in someone.events if e.is_anchor and e.state is not EventState.CANCELLED), None),
        answered=answered,
        expected=answered + sum(state is State.MISSED for _, state in states),
        open=tuple(row for row, state in states if state is State.OPEN),
        next=next((row for row, state in states if state is State.NOT_DUE), None),
    )


def _wanted(line: Line) -> bool:
    site, standing, code = (request.args.get(name, "").strip() for name in ("site", "standing", "code"))
    if site and line.participant.site.code != site:
        return False
    if standing in STANDINGS and not STANDINGS[standing](line):
        return False
    return code.lower() in line.participant.code.lower()
