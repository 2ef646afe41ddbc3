"""A participant's page: how she stands, her visits, all that happened to her, and what can be done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from flask import render_template
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.database import db
from app.core.problems import Problem
from app.core.time import now
from app.messages.models import Message
from app.messages.queueing.pausing import current_pause
from app.participants.following import last_calls
from app.participants.going_on import consents_of
from app.participants.grades import FOLLOWS, LeavingGrade
from app.participants.leaving import coming_departure
from app.participants.models import Disclosure, Participant, Task
from app.permitting import current_scope
from app.responses.course import course_of
from app.responses.final_words import holds, sign_offs
from app.responses.locked import data_at
from app.schedule.models import Assessment
from app.schedule.standing import progress
from app.schedule.unscheduled import openable
from app.web.desk.facts import marks
from app.web.desk.names import names_of
from app.web.language import spoken

NOTHING: Mapping[str, str] = {}


def page(of: Participant, problem: Problem | None = None, *, about: str = "", sent: Mapping[str, str] = NOTHING) -> str:
    """The participant's page; a form that was refused is shown on it again."""
    plan, scope, at = of.protocol.plan, current_scope(), data_at(of.study, now())
    forms = {"problem": problem, "about": about, "sent": sent, "seen": marks(of, problem, about)}
    planned = db.session.scalars(
        select(Assessment).filter_by(participant_id=of.id).order_by(Assessment.day, Assessment.id)
    ).all()
    standing = progress(of, planned, at)
    texts, notes = (scope.may_at(of.site_id, each) for each in (Permission.VIEW_MESSAGES, Permission.REVEAL_CONTACT))
    course = course_of(of, spoken(), texts=texts, notes=notes)
    hers, signed = {"participant_id": of.id}, sign_offs(of)
    messages = db.session.scalars(select(Message).filter_by(**hers).order_by(Message.owed_at, Message.id)).all()
    return render_template(
        "desk/participant.html",
        participant=of,
        standing=standing.standing,
        open_now=standing.open,
        next_visit=standing.next,
        last_call=last_calls([of.id]).get(of.id),
        anchor=standing.anchor,
        anchor_title=plan.event_title(plan.anchor, spoken()),
        events=[(kind, plan.event_title(kind, spoken())) for kind in plan.noted_events],
        consents=consents_of(of),
        coming=coming_departure(of),
        grades=FOLLOWS[_left_as(of)],
        assessments=planned,
        messages=messages,
        texts_of=_by_visit(messages),
        tasks=db.session.scalars(select(Task).filter_by(**hers).order_by(Task.done_at.desc(), Task.id)).all(),
        disclosures=db.session.scalars(select(Disclosure).filter_by(**hers).order_by(Disclosure.id)).all(),
        course=course,
        signed_off=signed[-1] if signed else None,
        signature_holds=bool(signed) and holds(signed[-1]),
        names=names_of(moment.by for moment in course),
        pause=current_pause(of, now()),
        openable=openable(of),
        asks_birth_year=plan.answers.asks_birth_year,
        at=at,
        **forms,
    )


def _left_as(of: Participant) -> LeavingGrade | None:
    return of.left_as or (LeavingGrade.NO_QUESTIONNAIRES if of.withdrawn_at is not None else None)


def _by_visit(messages: Sequence[Message]) -> dict[int | None, list[Message]]:
    of_visit: defaultdict[int | None, list[Message]] = defaultdict(list)
    for message in messages:
        of_visit[message.assessment_id].append(message)
    return of_visit
