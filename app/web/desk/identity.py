"""What a participant is asked before her questions: set it, take it away, open it again after wrong tries."""

from flask import Blueprint, flash, redirect, request, url_for

from app.accounts.roles import Permission
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.participants.identity import forget_tries, note_birth_year
from app.participants.models import Participant
from app.participants.pin import set_pin
from app.web.desk.enrolment import Answer
from app.web.desk.finding import participant
from app.web.desk.forms import Fields
from app.web.desk.participants import page
from app.web.staff.access import requires

blueprint = Blueprint("desk_identity", __name__, url_prefix="/desk/<study>/participants/<code>/identity")


@blueprint.post("/")
@requires(Permission.ENROL)
def save(code: str) -> Answer:
    """What is left empty stays as it is; wrong tries are forgotten in any case."""
    someone = participant(code)
    try:
        _change(someone, Fields(request.form))
    except Problem as problem:
        return page(someone, problem=problem, about="identity", sent=request.form), problem.status
    flash("Saved. The participant can open the link again.")
    return redirect(url_for("desk_participants.one", study=someone.study.code, code=someone.code), 303)


def _change(someone: Participant, fields: Fields) -> None:
    contact, plan = someone.contact, someone.protocol.plan
    filled_in = any(map(fields.text, ("no_pin", "pin", "birth_year")))
    if not filled_in and contact.check_locked_at is None:
        raise BadInput("Nothing was filled in, so there is nothing to save.")
    if "no_pin" in fields.form:
        set_pin(contact, None)
    elif pin := fields.text("pin"):
        set_pin(contact, pin)
    if year := fields.text("birth_year"):
        note_birth_year(contact, year, plan, now().date())
    forget_tries(contact)
