"""Who takes part: the list, with its filters in the address, and one participant with all that happened."""

from flask import Blueprint, render_template, request
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.database import db
from app.core.time import now
from app.messages.models import Message
from app.participants.events import anchor
from app.participants.models import Disclosure, EventState, Participant, Task
from app.permitting import current_scope
from app.schedule.models import Assessment
from app.schedule.standing import Group, WhomToList, people
from app.schedule.unscheduled import openable
from app.studies.access import sites
from app.web.desk.finding import participant
from app.web.staff.access import requires

blueprint = Blueprint("desk_participants", __name__, url_prefix="/desk/<study>/participants")


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def listing() -> str:
    """Everybody at my sites, narrowed by `site`, `standing` and `code` of the address: fifty in a page."""
    scope, sent = current_scope(), {name: value.replace("\0", "").strip() for name, value in request.args.items()}
    group = sent.get("standing", "")
    wanted = WhomToList(sent.get("site") or None, Group(group) if group in set(Group) else None, sent.get("code", ""))
    return render_template(
        "desk/participants.html",
        page=people(scope.study, scope.site_ids, now(), wanted, after=sent.get("after", "")),
        sites=sites(scope),
        groups=list(Group),
        wanted=sent,
    )


@blueprint.get("/<code>")
@requires(Permission.VIEW_PARTICIPANT)
def show(code: str) -> str:
    """One participant: the visits, texts and tasks, and what can be done."""
    return page(participant(code))


def page(of: Participant, **refused: object) -> str:
    """The participant's page; a form that was refused is shown on it again."""
    hers = {"participant_id": of.id}
    planned = db.session.scalars(select(Assessment).filter_by(**hers).order_by(Assessment.day, Assessment.id)).all()
    messages = db.session.scalars(select(Message).filter_by(**hers).order_by(Message.owed_at, Message.id)).all()
    by_visit: dict[int | None, list[Message]] = {}
    for message in messages:
        by_visit.setdefault(message.assessment_id, []).append(message)
    return render_template(
        "desk/participant.html",
        participant=of,
        anchor=anchor(of),
        assessments=planned,
        messages=messages,
        texts_of=by_visit,
        tasks=db.session.scalars(select(Task).filter_by(**hers).order_by(Task.done_at.desc(), Task.id)).all(),
        disclosures=db.session.scalars(select(Disclosure).filter_by(**hers).order_by(Disclosure.id)).all(),
        happened=EventState.HAPPENED,
        openable=openable(of),
        asks_birth_year=of.protocol.plan.answers.asks_birth_year,
        at=now(),
        **refused,
    )
