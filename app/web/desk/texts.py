"""What a coordinator does about one participant's texts: a new link, a test, and STOP or START told by telephone."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Blueprint, request

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.audit import start_acting
from app.core.problems import BadInput
from app.core.time import now
from app.messages.queueing.coordinating import check_leaves, reissue, send_test
from app.messages.queueing.pausing import refuse_while_paused
from app.participants.enrolment import opt_in, opt_out
from app.participants.models import Participant
from app.web.desk.changing import Answer, changed
from app.web.desk.finding import assessment
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_texts", __name__, url_prefix="/desk/<study>/participants/<code>/texts")


@blueprint.post("/")
@requires(Permission.MANAGE_MESSAGES)
def act(code: str) -> Answer:
    """One of the acts; the reason goes into the audit trail."""

    def do(person: Participant) -> str:
        fields = Fields(request.form)
        chosen, reason = fields.choice("act", ACTS), fields.needed("reason", "Say why.")
        fields.check()
        start_acting(actor(), reason)
        return ACTS[chosen](person, fields.text("visit"), now())

    return changed(code, "texts", do)


def _new_link(person: Participant, visit: str, at: datetime) -> str:
    asked_for = assessment(person, visit)
    if asked_for is None:
        raise BadInput("Say for which visit.", errors={"visit": "Choose one of the list."})
    check_leaves(person, real=current_settings().texts_are_real)
    refuse_while_paused(person, at)
    reissue(asked_for, at)
    return gettext("The old link for %(visit)s is dead. A new one leaves as soon as it may.", visit=visit)


def _test(person: Participant, _: str, at: datetime) -> str:
    settings = current_settings()
    check_leaves(person, real=settings.texts_are_real, staff=settings.staff_numbers, test=True)
    send_test(person, at)
    return gettext("A test text leaves now, without a link.")


def _stop(person: Participant, _: str, at: datetime) -> str:
    opt_out(person, at)
    return gettext("%(code)s gets no more texts, and stays in the study.", code=person.code)


def _start(person: Participant, _: str, at: datetime) -> str:
    opt_in(person)
    return gettext("%(code)s gets texts again; what is still due is owed.", code=person.code)


ACTS: Mapping[str, Callable[[Participant, str, datetime], str]] = {
    "link": _new_link,
    "test": _test,
    "stop": _stop,
    "start": _start,
}
