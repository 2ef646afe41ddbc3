"""Enrol somebody; note randomisation; correct a number; let somebody go. Each a form, its check, and the way back."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import Problem
from app.core.time import now
from app.participants.enrolment import Person, change_phone, enrol, randomise, refuse_known_number, withdraw
from app.participants.models import Participant
from app.permitting import current_scope
from app.studies.installing import current_protocol
from app.studies.models import Protocol, Site
from app.web.desk.finding import participant
from app.web.desk.forms import Fields
from app.web.desk.participants import page
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_enrolment", __name__, url_prefix="/desk/<study>/participants")
Answer = str | Response | tuple[str, int]


@blueprint.get("/new")
@requires(Permission.ENROL)
def form() -> str:
    """The empty form."""
    return _form(request.args, None)


@blueprint.post("/new")
@requires(Permission.ENROL)
def save() -> Answer:
    """Enrol, and show the new participant."""
    try:
        someone = _enrol(Fields(request.form), current_protocol(current_scope().study))
    except Problem as problem:
        return _form(request.form, problem), problem.status
    flash(f"{someone.code} is enrolled. Next: plan the first infusion.")
    return _to(someone)


@blueprint.post("/<code>/phone")
@requires(Permission.ENROL)
def correct_phone(code: str) -> Answer:
    """A corrected number."""
    someone = participant(code)
    try:
        change_phone(someone, request.form.get("phone", ""), abroad="abroad" in request.form)
    except Problem as problem:
        return page(someone, problem=problem, about="phone", sent=request.form), problem.status
    flash("The number is changed. What is still due will be sent to the new one.")
    return _to(someone)


@blueprint.post("/<code>/randomisation")
@requires(Permission.RECORD_EVENTS)
def note_randomisation(code: str) -> Answer:
    """The day of randomisation; into which arm, nobody here knows."""
    someone = participant(code)
    try:
        fields = Fields(request.form)
        on = fields.date("randomised_on")
        fields.check()
        randomise(someone, on, now())
    except Problem as problem:
        return page(someone, problem=problem, about="randomisation", sent=request.form), problem.status
    flash(f"{someone.code} was randomised on {on:%A} {on}.")
    return _to(someone)


@blueprint.post("/<code>/withdrawal")
@requires(Permission.RECORD_EVENTS)
def let_go(code: str) -> Answer:
    """She takes part no longer."""
    someone = participant(code)
    try:
        reason = request.form.get("reason", "")
        start_acting(actor(), reason)
        withdraw(someone, reason, now())
    except Problem as problem:
        return page(someone, problem=problem, about="withdrawal", sent=request.form), problem.status
    flash(f"{someone.code} takes part no longer. Nothing more is sent.")
    return _to(someone)


def _enrol(fields: Fields, protocol: Protocol) -> Participant:
    sites = _sites()
    site = fields.choice("site", sites)
    on = fields.date("enrolled_on")
    fields.check()
    person = Person(
        phone=fields.text("phone"),
        name=fields.text("name"),
        language=fields.text("language"),
        zone=fields.text("zone"),
        code=fields.text("code"),
        abroad="abroad" in fields.form,
        sms_answers="sms_answers" in fields.form,
        pin=fields.text("pin"),
        birth_year=fields.text("birth_year"),
    )
    if "shared_phone" not in fields.form:
        refuse_known_number(sites[site], protocol, person)
    return enrol(sites[site], protocol, person, fields.text("consent"), on, now())


def _form(sent: Any, problem: Problem | None) -> str:
    plan = current_protocol(current_scope().study).plan
    today = now().astimezone(ZoneInfo(plan.zone)).date()
    return render_template(
        "desk/enrol.html", sites=_sites(), plan=plan, sent=sent, problem=problem, today=today.isoformat()
    )


def _sites() -> dict[str, Site]:
    query = select(Site).where(Site.id.in_(current_scope().site_ids), Site.active).order_by(Site.code)
    return {site.code: site for site in db.session.scalars(query)}


def _to(someone: Participant) -> Response:
    return redirect(url_for("desk_participants.one", study=current_scope().study.code, code=someone.code), 303)
