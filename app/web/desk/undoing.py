"""Undo what was just done at the desk, for ten minutes, where nothing of it left the house."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import BadInput, Conflict, NotFound
from app.core.time import now
from app.hooks.models import HookDelivery, HookEvent
from app.messages.outlook.slips import REASON as REASON
from app.messages.outlook.slips import SLIPS, Before
from app.messages.outlook.staying import hold, stands, stay, texted_since
from app.participants.leaving import find_departure
from app.participants.models import Departure, Participant
from app.participants.undoing import ActDone, UndoableAct, why_not
from app.permitting import current_scope
from app.schedule.models import VisitNotDone
from app.schedule.not_done import not_done, take_back
from app.studies.states import Act, may
from app.web.desk.changing import to_page
from app.web.desk.finding import participant, visit_of
from app.web.language import gettext
from app.web.staff.access import actor, requires

NEEDS = {UndoableAct.EVENT: Act.RECORD, UndoableAct.TRANSFER: Act.CORRECT, UndoableAct.CONTACT: Act.RECORD}
"""Acts on which texts to her depend, with what a study's state must allow to take them back."""
blueprint = Blueprint("desk_undoing", __name__, url_prefix="/desk/<study>/participants/<code>")


@blueprint.post("/leaving/<int:leaving_id>/undo")
@requires(Permission.RECORD_EVENTS, act=Act.CORRECT)
def undo_leaving(code: str, leaving_id: int) -> Response:
    """She stays: it was a slip."""
    leaving = find_departure(participant(code), leaving_id)
    hold(leaving)
    _undo(_leaving(leaving), lambda at: stay(leaving, REASON, at))
    return to_page(leaving.participant)


@blueprint.post("/visits/<visit>/not-done/<int:note_id>/undo")
@requires(Permission.RECORD_EVENTS)
def undo_not_done(code: str, visit: str, note_id: int) -> Response:
    """The visit may be answered: it was a slip."""
    assessment = visit_of(code, visit)
    db.session.refresh(assessment, with_for_update={"key_share": True})
    row = not_done(assessment)
    if row is None or row.id != note_id:
        raise Conflict("This is undone already, or somebody noted something else since. Look at the visit's page.")
    _undo(_not_done(row), lambda at: take_back(assessment, at))
    return redirect(url_for("desk_visit.show", study=current_scope().study.code, code=code, visit=visit), 303)


@blueprint.post("/undo")
@requires(Permission.RECORD_EVENTS)
def undo_slip(code: str) -> Response:
    """What was just done about her was a slip: a call, a note, a taking, an event, a transfer, a number."""
    person = participant(code)
    act, by, at, before = _carried(request.form.get("carried", ""), person)
    db.session.refresh(person, with_for_update={"key_share": True})
    rule = SLIPS[act]
    _undo(
        ActDone(act, by, at, rule.stands(person, before), _left(act, person, at)),
        partial(rule.take_back, person, before),
    )
    return to_page(person)


def flash_slip(sentence: str, act: UndoableAct, person: Participant, before: Before, at: datetime) -> None:
    """Say what was done at `at`, with the button that undoes it where it can be."""
    address = url_for("desk_undoing.undo_slip", study=current_scope().study.code, code=person.code)
    done = ActDone(act, actor(), at, True, _left(act, person, at))
    carried = _signer().dumps([person.id, act.value, actor(), at.isoformat(), before])
    _offer(sentence, done, address, person, NEEDS.get(act, Act.RECORD), str(carried))


def _carried(sent: str, person: Participant) -> tuple[UndoableAct, str, datetime, Before]:
    try:
        whose, act, by, at, before = _signer().loads(sent)
    except BadData:
        raise BadInput("This form is not one of ours as it was sent. Open its page again.") from None
    if whose != person.id:
        raise NotFound(f"{person.code} has recorded no such thing.")
    return UndoableAct(act), by, datetime.fromisoformat(at), before


def _left(act: UndoableAct, person: Participant, at: datetime) -> bool:
    """Whether something of it is out: of what the staff tell each other, nothing ever is."""
    return act in NEEDS and texted_since(person, at)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().signing_secrets, salt="undo")


def flash_leaving(sentence: str, leaving: Departure) -> None:
    """Say what was noted, with the button that undoes it where it can be."""
    person = leaving.participant
    study = current_scope().study.code
    address = url_for("desk_undoing.undo_leaving", study=study, code=person.code, leaving_id=leaving.id)
    _offer(sentence, _leaving(leaving), address, person, Act.CORRECT)


def flash_not_done(sentence: str, row: VisitNotDone) -> None:
    """Say what was noted of the visit, with the button that undoes it where it can be."""
    person, visit = row.assessment.participant, row.assessment.visit
    study = current_scope().study.code
    address = url_for("desk_undoing.undo_not_done", study=study, code=person.code, visit=visit, note_id=row.id)
    _offer(sentence, _not_done(row), address, person, Act.RECORD)


def _offer(sentence: str, done: ActDone, address: str, person: Participant, act: Act, carried: str = "") -> None:
    if why_not(done, actor(), now()) or not may(person.study.state, act):
        flash(sentence)
        return
    until = done.until.astimezone(ZoneInfo(person.zone))
    offered = {"sentence": sentence, "address": address, "until": f"{until:%H:%M}", "carried": carried}
    flash(offered, "undo")  # type: ignore[arg-type]


def _undo(done: ActDone, take_back: Callable[[datetime], None]) -> None:
    at = now()
    if refused := why_not(done, actor(), at):
        raise Conflict(refused)
    start_acting(actor(), REASON)
    take_back(at)
    flash(gettext("Undone. All is as it was before, and both are in the audit trail."))


def _leaving(leaving: Departure) -> ActDone:
    person, at = leaving.participant, leaving.recorded_at
    left = texted_since(person, at) or _program_knows(person)
    return ActDone(UndoableAct.LEAVING, leaving.recorded_by, at, stands(leaving), left)


def _not_done(row: VisitNotDone) -> ActDone:
    at = row.recorded_at
    left = texted_since(row.assessment.participant, at)
    return ActDone(UndoableAct.NOT_DONE, row.recorded_by, at, row.assessment.not_done_at == at, left)


def _program_knows(person: Participant) -> bool:
    """Whether another program was told that she left, or will be: what is owed to it cannot be called back."""
    said = (HookDelivery.event == HookEvent.PARTICIPANT_WITHDRAWN, HookDelivery.site_id == person.site_id)
    owed = select(HookDelivery.id).where(*said, HookDelivery.payload["participant"].astext == person.code)
    return bool(db.session.scalar(select(owed.exists())))
