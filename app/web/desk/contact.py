"""The call screen: her number for a reason, on the record; what to say, in her language; and what came of the call.

The number is the answer to a form and has no address of its own; what came of the call is kept, and lets her row on
Today wait.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import flask_babel
from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import Problem
from app.core.time import now
from app.messages.outlook.slips import of_call
from app.participants.contacting import disclose
from app.participants.following import note_call_once
from app.participants.models import CallMade, CallOutcome, Contact, Disclosure, Participant
from app.participants.undoing import UndoableAct
from app.permitting import current_scope
from app.responses.calling import reasons_of, worth
from app.schedule.models import Assessment, open_at
from app.studies.states import Act
from app.web.desk.changing import Answer
from app.web.desk.finding import participant
from app.web.desk.forms import Fields, instant
from app.web.desk.names import names_of
from app.web.desk.scripts import what_to_say
from app.web.desk.telling import told, why
from app.web.desk.undoing import flash_slip
from app.web.language import gettext
from app.web.staff.access import actor, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_contact", __name__, url_prefix="/desk/<study>/participants/<code>/contact")
SHOWN = 10
"""So many of the last calls and of those who looked are shown."""


@blueprint.get("/")
@requires(Permission.REVEAL_CONTACT)
def show(code: str) -> str:
    """All that is needed for a call but the number."""
    return _page(participant(code), None)


@blueprint.post("/")
@requires(Permission.REVEAL_CONTACT)
def reveal(code: str) -> Answer:
    """The contact, once, as the answer to this form: it has no address of its own that could be opened again."""
    person, reason = participant(code), request.form.get("reason", "")
    try:
        refuse_resumed()
        start_acting(actor(), reason)
        contact = disclose(person, actor(), reason, now())
    except Problem as problem:
        return _page(person, problem), problem.status
    return _page(person, None, contact)


@blueprint.post("/calls")
@requires(Permission.REVEAL_CONTACT, act=Act.RECORD)
def called(code: str) -> Answer:
    """What came of the call; her row waits, and I am back at Today."""
    person, fields = participant(code), Fields(request.form)
    try:
        refuse_resumed()
        chosen = fields.choice("outcome", list(CallOutcome))
        again_at = _again(fields, person) if chosen == CallOutcome.CALL_AGAIN else None
        fields.check()
        outcome = CallOutcome(chosen)
        at = now()
        call = note_call_once(person, outcome, actor(), at, again_at=again_at, note=fields.text("note"))
    except Problem as problem:
        return _page(person, problem), problem.status
    sentence = gettext("Kept: %(code)s, %(outcome)s.", code=person.code, outcome=gettext(outcome.value))
    if call.again_at:
        again = told(call.again_at, person.zone)
        sentence += " " + gettext("Back on Today from %(moment)s, if there is still a reason.", moment=again)
    flash_slip(sentence, UndoableAct.CALL, person, of_call(call), at)
    return redirect(url_for("desk_today.today", study=current_scope().study.code), 303)


def _again(fields: Fields, person: Participant) -> datetime | None:
    on, at = fields.date("again_on"), fields.time("again_time")
    return instant(on, at, person.zone) if at is not None and not fields.errors else None


def _page(of: Participant, problem: Problem | None, contact: Contact | None = None) -> str:
    at = now()
    reasons = sorted(reasons_of([of], at)[of.id], key=lambda reason: worth(reason, at))
    visits = select(Assessment).join(Assessment.participant).where(Assessment.participant_id == of.id, open_at(at))
    made = select(CallMade).filter_by(participant_id=of.id).order_by(CallMade.made_at.desc(), CallMade.id.desc())
    looked = select(Disclosure).filter_by(participant_id=of.id, task_id=None).order_by(Disclosure.id.desc())
    calls, looks = (db.session.scalars(query.limit(SHOWN)).all() for query in (made, looked))
    with flask_babel.force_locale(of.language):
        script = what_to_say(of, reasons, member().name, at)
    return render_template(
        "desk/contact.html",
        participant=of,
        contact=contact,
        problem=problem,
        sent=request.form,
        reasons=reasons,
        because=why(reasons[0]) if reasons else "",
        script=script,
        visits=db.session.scalars(visits.order_by(Assessment.closes_at, Assessment.id)).all(),
        calls=calls,
        looks=looks,
        names=names_of({call.made_by for call in calls} | {look.disclosed_by for look in looks}),
        outcomes=[outcome for outcome in CallOutcome if outcome is not CallOutcome.CALL_AGAIN],
        today=at.astimezone(ZoneInfo(of.zone)).date().isoformat(),
        at=at,
    )
