"""The books of each day, and what will go out next, where single texts may be cancelled or brought forward."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.audit import acting
from app.core.database import db
from app.core.problems import BadInput, NotFound
from app.core.time import now
from app.instruments.written_days import written_day
from app.messages import breaker
from app.messages.monitoring.ledger import books_and_days
from app.messages.outlook.forecast import upcoming
from app.messages.queueing.coordinating import bring_forward, cancel, check_leaves, prompt_named
from app.permitting import current_scope
from app.schedule.calendar import local_day
from app.studies.installing import current_protocol
from app.web.desk.filters import words
from app.web.desk.finding import assessment, participant
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_upcoming", __name__, url_prefix="/desk/<study>/messages")
DAYS = 14
CHANGES = {"cancel": cancel, "forward": bring_forward}


@blueprint.get("/ledger")
@requires(Permission.VIEW_MESSAGES)
def ledger() -> str:
    """The books of the study, as far as she may see it, in all and for the days up to the one asked for."""
    study, at = current_scope().study, now()
    last = _asked_day() or local_day(at, current_protocol(study).plan.zone_info)
    whole, days = books_and_days(study, last, DAYS, at)
    return render_template("desk/ledger.html", whole=whole, days=days, last=last)


def _asked_day() -> date | None:
    day = request.args.get("day", "")
    try:
        return written_day(day) if day else None
    except ValueError:
        raise BadInput("Write the day as 2026-09-22.", errors={"day": "not a date"}) from None


@blueprint.get("/upcoming")
@requires(Permission.VIEW_MESSAGES)
def listing() -> str:
    """Exactly what will go out at my sites in the coming days."""
    scope = current_scope()
    texts, may = upcoming(scope.study, now(), DAYS, scope.site_ids), scope.may(Permission.MANAGE_MESSAGES)
    plan = current_protocol(scope.study).plan
    return render_template("desk/upcoming.html", texts=texts, days=DAYS, may=may, halts=breaker.halts(), plan=plan)


@blueprint.post("/upcoming")
@requires(Permission.MANAGE_MESSAGES)
def change() -> Response:
    """Cancel one text, or bring it forward; the reason goes into the audit trail."""
    fields = Fields(request.form)
    act, reason = fields.choice("act", CHANGES), fields.needed("reason", "Say why.")
    fields.check()
    code, visit, kind = fields.text("code"), fields.text("visit"), fields.text("kind")
    about = assessment(participant(code), visit)
    if about is None:
        raise NotFound(f"{code} has no visit {visit}.")
    if act != "cancel":
        check_leaves(about.participant, real=current_settings().texts_are_real)
    with acting(actor(), reason):
        CHANGES[act](about, prompt_named(kind), now())
        db.session.flush()
    said = {"kind": words(kind), "code": code, "visit": visit}
    if act == "cancel":
        flash(gettext("The %(kind)s of %(code)s for %(visit)s will not be sent.", **said))
    else:
        flash(gettext("The %(kind)s of %(code)s for %(visit)s leaves as soon as it may.", **said))
    return redirect(url_for("desk_upcoming.listing", study=current_scope().study.code), 303)
