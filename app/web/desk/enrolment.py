"""Enrol somebody; note randomisation; correct a number; note that she takes part no longer."""

from collections.abc import Mapping

from flask import Blueprint, flash, render_template, request

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.messages.outlook.slips import of_contact
from app.participants.enrolment import Person, change_email, change_phone, enrol, randomise, withdraw
from app.participants.former_contact import Pairs, former_contact
from app.participants.models import Participant
from app.participants.undoing import UndoableAct
from app.permitting import current_scope
from app.schedule.calendar import local_day
from app.studies.access import sites
from app.studies.guarding import allow
from app.studies.installing import current_protocol, protocol_at
from app.studies.models import Site
from app.studies.protocol import ENROLMENT
from app.studies.states import Act
from app.web.desk.changing import Answer, changed, to_page
from app.web.desk.filters import day
from app.web.desk.forms import Fields
from app.web.desk.undoing import flash_slip
from app.web.language import gettext
from app.web.staff.access import actor, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_enrolment", __name__, url_prefix="/desk/<study>/participants")


@blueprint.get("/new")
@requires(Permission.ENROL)
def form() -> str:
    """The form, with nothing typed in it yet."""
    allow(current_scope().study, Act.ENROL)
    return _form(request.args, None)


@blueprint.post("/new")
@requires(Permission.ENROL)
def save() -> Answer:
    """Enrol, and show the new participant."""
    try:
        refuse_resumed()
        person = _enrol(Fields(request.form))
    except Problem as problem:
        return _form(request.form, problem), problem.status
    flash(_enrolled(person))
    return to_page(person)


@blueprint.post("/<code>/phone")
@requires(Permission.ENROL, act=Act.RECORD)
def correct_phone(code: str) -> Answer:
    """Put a corrected number in a participant's contact."""

    def correct(person: Participant) -> str:
        fields, former = Fields(request.form), former_contact(person)
        _because(fields)
        change_phone(person, fields.text("phone"), abroad=fields.ticked("abroad"))
        return _corrected(
            person, former, gettext("The number is changed. What is still due will be sent to the new one.")
        )

    return changed(code, "phone", correct)


@blueprint.post("/<code>/email")
@requires(Permission.ENROL, act=Act.RECORD)
def correct_email(code: str) -> Answer:
    """Put a corrected e-mail address in a participant's contact, or take it out."""

    def correct(person: Participant) -> str:
        fields, former = Fields(request.form), former_contact(person)
        _because(fields)
        change_email(person, fields.text("email"), fields.text("channel"))
        said = gettext("The address is changed. What is still due will be sent to the new one.")
        return _corrected(person, former, said)

    return changed(code, "email", correct)


def _because(fields: Fields) -> None:
    """Why a contact is another one: it goes into the audit trail, which knows neither."""
    reason = fields.needed("reason", "Say why.")
    fields.check()
    start_acting(actor(), reason)


def _corrected(person: Participant, former: Pairs, sentence: str) -> str:
    """Say it with the button that puts back what stood there; then there is nothing more to say."""
    at = now()
    flash_slip(sentence, UndoableAct.CONTACT, person, of_contact(person, former, member(), at), at)
    return ""


@blueprint.post("/<code>/randomisation")
@requires(Permission.RECORD_EVENTS)
def note_randomisation(code: str) -> Answer:
    """The day of randomisation; into which arm, nobody here knows."""

    def note(person: Participant) -> str:
        fields = Fields(request.form)
        on = fields.date("randomised_on")
        fields.check()
        randomise(person, on, now())
        return gettext("%(code)s was randomised on %(day)s.", code=person.code, day=day(on))

    return changed(code, "randomisation", note)


@blueprint.post("/<code>/withdrawal")
@requires(Permission.RECORD_EVENTS, act=Act.LEAVE)
def note_withdrawal(code: str) -> Answer:
    """She takes part no longer."""

    def note(person: Participant) -> str:
        reason = request.form.get("reason", "")
        start_acting(actor(), reason)
        withdraw(person, reason, now())
        return gettext("%(code)s takes part no longer. Nothing more is sent.", code=person.code)

    return changed(code, "withdrawal", note)


def _enrolled(person: Participant) -> str:
    """What is to be done next: plan day 0, where that is not the day of enrolment."""
    plan = person.protocol.plan
    enrolled = gettext("%(code)s is enrolled.", code=person.code)
    if plan.anchor == ENROLMENT:
        return enrolled
    return f"{enrolled} {gettext('Next: plan this event: %(event)s.', event=plan.event_title(plan.anchor))}"


def _enrol(fields: Fields) -> Participant:
    open_sites = _open_sites()
    site = fields.choice("site", open_sites)
    on = fields.date("enrolled_on")
    fields.check()
    person = Person(
        phone=fields.text("phone"),
        name=fields.text("name"),
        language=fields.text("language"),
        zone=fields.text("zone"),
        code=fields.text("code"),
        abroad=fields.ticked("abroad"),
        sms_answers=fields.ticked("sms_answers"),
        pin=fields.text("pin"),
        birth_year=fields.text("birth_year"),
        shared_phone=fields.ticked("shared_phone"),
        email=fields.text("email"),
        channel=fields.text("channel"),
    )
    return enrol(open_sites[site], protocol_at(open_sites[site]), person, fields.text("consent"), on, now())


def _form(sent: Mapping[str, str], problem: Problem | None) -> str:
    plan = current_protocol(current_scope().study).plan
    today = local_day(now(), plan.zone_info).isoformat()
    return render_template("desk/enrol.html", sites=_open_sites(), plan=plan, sent=sent, problem=problem, today=today)


def _open_sites() -> dict[str, Site]:
    """Her sites that may enrol, by code."""
    return {site.code: site for site in sites(current_scope()) if site.active}
