"""What a coordinator does about one participant's texts: a new link, a test, and STOP or START told by telephone."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.messages.queueing.coordinating import reissue, send_test
from app.participants.enrolment import opt_in, opt_out
from app.participants.models import Participant
from app.permitting import current_scope
from app.schedule.models import Assessment
from app.web.desk.enrolment import Answer
from app.web.desk.finding import participant
from app.web.desk.forms import Fields
from app.web.desk.participants import page
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_texts", __name__, url_prefix="/desk/<study>/participants/<code>/texts")


@blueprint.post("/")
@requires(Permission.MANAGE_MESSAGES)
def act(code: str) -> Answer:
    """One of the acts; the reason goes into the audit trail."""
    someone, fields = participant(code), Fields(request.form)
    try:
        chosen, reason = fields.choice("act", ACTS), fields.text("reason")
        if not reason:
            fields.errors["reason"] = "Say why."
        fields.check()
        start_acting(actor(), reason)
        told = ACTS[chosen](someone, fields.text("visit"), now())
    except Problem as problem:
        return page(someone, problem=problem, about="texts", sent=request.form), problem.status
    flash(told)
    return redirect(url_for("desk_participants.one", study=current_scope().study.code, code=someone.code), 303)


def _new_link(someone: Participant, visit: str, at: datetime) -> str:
    query = select(Assessment).where(Assessment.participant_id == someone.id, Assessment.visit == visit)
    assessment = db.session.scalar(query)
    if assessment is None:
        raise BadInput("Say for which visit.", errors={"visit": "Choose one of the list."})
    reissue(assessment, at)
    return f"The old link for {visit} is dead. A new one leaves as soon as it may."


def _test(someone: Participant, _: str, at: datetime) -> str:
    send_test(someone, at)
    return "A test text leaves now, without a link."


def _stop(someone: Participant, _: str, at: datetime) -> str:
    opt_out(someone, at)
    return f"{someone.code} gets no more texts, and stays in the study."


def _start(someone: Participant, _: str, at: datetime) -> str:
    opt_in(someone)
    return f"{someone.code} gets texts again; what is still due is owed."


ACTS: dict[str, Callable[[Participant, str, datetime], str]] = {
    "link": _new_link,
    "test": _test,
    "stop": _stop,
    "start": _start,
}
