"""A link to practise with, asked for on the page of the study: a visit as its patient sees it, before there are any."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from app.accounts.roles import Permission
from app.core.problems import Problem
from app.core.time import now
from app.permitting import current_scope
from app.schedule.models import Assessment
from app.schedule.practising import practise
from app.studies.access import sites
from app.studies.installing import current_protocol
from app.studies.states import PRACTICE, Act
from app.web.desk.changing import Answer
from app.web.desk.forms import Fields
from app.web.desk.telling import titled
from app.web.language import gettext
from app.web.staff.access import requires

blueprint = Blueprint("desk_practising", __name__, url_prefix="/desk/<study>/study/practice")


@blueprint.get("/")
@requires(Permission.MANAGE_MESSAGES)
def form() -> str:
    """Which visit, at which of her sites, in which language."""
    return _page()


@blueprint.post("/")
@requires(Permission.MANAGE_MESSAGES, act=Act.ENROL)
def make() -> Answer:
    """Make somebody up, and show her link."""
    try:
        assessment = _made()
    except Problem as problem:
        return _page(problem), problem.status
    code = assessment.participant.code
    flash(gettext("%(code)s is made up, and this visit is open. Nothing is sent to anybody.", code=code))
    study = current_scope().study.code
    return redirect(url_for("desk_visit.link", study=study, code=code, visit=assessment.visit), 303)


def _made() -> Assessment:
    scope, fields = current_scope(), Fields(request.form)
    protocol, at = current_protocol(scope.study), {site.code: site for site in sites(scope)}
    where, visit = fields.choice("site", at), fields.text("visit")
    language = fields.choice("language", protocol.plan.languages)
    fields.check()
    return practise(at[where], protocol, visit, language, now())


def _page(problem: Problem | None = None) -> str:
    scope = current_scope()
    plan = current_protocol(scope.study).plan
    return render_template(
        "desk/practising.html",
        plan=plan,
        visits=[(visit.code, titled(plan, visit.code)) for visit in plan.visits],
        places=[(site.code, f"{site.code} {site.name}") for site in sites(scope)],
        practises=scope.study.state in PRACTICE,
        problem=problem,
        sent=request.form,
    )
