"""The find box: a pseudonym, the code on a paper, or a telephone number.

It is sent, never part of an address, which logs would keep.
"""

from flask import Blueprint, g, redirect, render_template, request, url_for

from app.accounts.roles import Permission
from app.core.problems import BadInput, Forbidden
from app.core.time import now
from app.participants.enrolment import find_at
from app.participants.finding import find_by_phone, is_number
from app.participants.models import Participant
from app.permitting import current_scope
from app.schedule.paper_codes import read_paper_code
from app.studies.access import scope
from app.web.desk.changing import Answer, to_page
from app.web.desk.finding import visit_of
from app.web.desk.visit import to_visit
from app.web.language import gettext
from app.web.staff.access import actor, member, requires

blueprint = Blueprint("desk_find", __name__, url_prefix="/desk/<study>/find")


@blueprint.post("/")
@requires(Permission.VIEW_PARTICIPANT)
def find() -> Answer:
    """Her page, or the visit of a paper; the list, narrowed by a part of a pseudonym; all who share a telephone.

    That nobody has it is a page like the others, and no refusal, so that the search stays on the record.
    """
    g.words_to_find = words = request.form.get("words", "").strip()
    if not words:
        raise BadInput(gettext("Type a code such as 01-017, or a telephone number."))
    if (of_paper := read_paper_code(words)) is not None:
        return to_visit(visit_of(*of_paper))
    person = find_at(current_scope(), words)
    if person is not None:
        return to_page(person)
    if not is_number(words):
        study = current_scope().study.code
        return redirect(url_for("desk_participants.listing", study=study, code=words), 303)
    people = _with_number(words)
    return to_page(people[0]) if len(people) == 1 else render_template("desk/found.html", people=people)


def _with_number(number: str) -> list[Participant]:
    """Everybody who has it, at the sites where she may also call them."""
    callable_at = scope(member(), current_scope().study, Permission.REVEAL_CONTACT)
    if callable_at is None:
        raise Forbidden(gettext("Only those who may call participants can look for a telephone number."))
    return find_by_phone(callable_at, number, actor(), now())
