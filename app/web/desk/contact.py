"""Show a participant's name and number: an act with a reason, on the record; never part of an ordinary page."""

from flask import Blueprint, render_template, request

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.participants.contacting import disclose
from app.web.desk.changing import Answer
from app.web.desk.finding import participant
from app.web.desk.participants import page
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_contact", __name__, url_prefix="/desk/<study>/participants/<code>/contact")


@blueprint.post("/")
@requires(Permission.REVEAL_CONTACT)
def reveal(code: str) -> Answer:
    """The contact, once, as the answer to this form: it has no address of its own that could be opened again."""
    person, reason = participant(code), request.form.get("reason", "")
    try:
        start_acting(actor(), reason)
        contact = disclose(person, actor(), reason, now())
    except Problem as problem:
        return page(person, problem=problem, about="contact", sent=request.form), problem.status
    return render_template("desk/contact.html", participant=person, contact=contact)
