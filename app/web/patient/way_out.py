"""No more e-mails: the address in the head and the foot of each (RFC 8058). A GET changes nothing, ever.

Mail programs post to it by themselves once their reader presses `unsubscribe`, with no cookie and no session; people
open it and press a button. Who wants no e-mails is not texted in their place, and can take it back on the same page.
"""

from dataclasses import dataclass
from typing import NoReturn

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import InternalError, OperationalError, TimeoutError

from app.core.audit import start_acting
from app.core.problems import NotFound, Problem
from app.core.time import now
from app.messages.receiving.returned_mail import unsubscribe
from app.participants.enrolment import opt_in
from app.participants.models import Participant
from app.participants.way_out import of_token
from app.schedule.links import token_within
from app.web.language import gettext, speak, wished
from app.web.patient.limits import slow_down_guessing
from app.web.patient.page import page, sent
from app.web.patient.views import away, problem
from app.web.patient.visit import everybodys_urgent_help

blueprint = Blueprint("way_out", __name__, url_prefix="/e")
blueprint.register_error_handler(Problem, problem)
for away_error in (OperationalError, InternalError, TimeoutError):
    blueprint.register_error_handler(away_error, away)
NOTE = "Asked in an e-mail for no more messages; gets none."


@dataclass(frozen=True)
class WayOut:
    """What the page says of her."""

    stopped: bool
    sender: str
    phone: str


@blueprint.before_request
def _without_its_tail() -> ResponseReturnValue | None:
    """To the address itself, where a mail program glued something on; what it posts by itself is as we wrote it."""
    token = token_within("".join((request.view_args or {}).values())) if request.method in ("GET", "HEAD") else None
    return None if token is None else redirect(url_for("way_out.show", token=token))


@blueprint.get("/<path:rest>")
def mistyped(rest: str) -> NoReturn:
    """A path into which no token of ours was cut."""
    slow_down_guessing(request)
    raise NotFound(f"{len(rest)} characters are no address of ours.")


@blueprint.get("/<token>")
def show(token: str) -> ResponseReturnValue:
    """What stands now, and the button that changes it."""
    return _page(_whose(token))


@blueprint.post("/<token>")
def answer(token: str) -> ResponseReturnValue:
    """No more of them; or, where she says so on the page, again."""
    participant = _whose(token)
    start_acting(f"participant:{participant.code}")
    if request.form.get("again"):
        opt_in(participant)
    else:
        unsubscribe(participant, now(), NOTE)
    return _page(participant)


def _whose(token: str) -> Participant:
    try:
        return of_token(token)
    except NotFound:
        slow_down_guessing(request)
        raise


def _page(participant: Participant) -> ResponseReturnValue:
    plan = participant.protocol.plan
    language = wished(plan.languages, plan.language_for(participant.language))
    speak(language)
    site = plan.site(participant.site.code)
    way_out = WayOut(
        participant.contact.opted_out_at is not None,
        site.sender.get(language, site.sender[plan.default_language]),
        participant.site.phone,
    )
    title = gettext("You get no more messages") if way_out.stopped else gettext("Messages from us")
    shown = {"title": title, "language": language, "way_out": way_out, "urgent": everybodys_urgent_help(language)}
    return sent(page("way_out.html", shown), language)
