"""A site of the study: it begins with its ethics approval, which is recorded here, and ends."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.permitting import current_scope
from app.studies.installing import current_protocol
from app.studies.models import Site
from app.studies.sites import Approval, activate, approve, close_site
from app.studies.states import Act
from app.web.desk.as_shown import Facts, hold_as_shown, marked
from app.web.desk.changing import Answer
from app.web.desk.finding import site_of
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, confirmed, requires

blueprint = Blueprint("desk_sites", __name__, url_prefix="/desk/<study>/study/sites/<site>")
SAID = {
    "activate": "Site %(site)s is active: people are enrolled there, and texted as they are due.",
    "approve": "The approval of site %(site)s is recorded.",
    "close": "Site %(site)s is closed: nobody is enrolled or texted there.",
}
"""What may be done with a site, and what is said once it is."""


@blueprint.get("/")
@requires(Permission.MANAGE_STUDY, whole_study=True)
def show(site: str) -> str:
    """The site's approval, and whether it is active."""
    return _page(site_of(site))


@blueprint.post("/")
@requires(Permission.MANAGE_STUDY, whole_study=True, act=Act.AMEND)
@confirmed
def change(site: str) -> Answer:
    """Record its approval, let it begin, or close it; for a reason."""
    row, fields = site_of(site), Fields(request.form)
    reason = fields.text("reason")
    start_acting(actor(), reason)
    try:
        keep = url_for("desk_sites.show", study=current_scope().study.code, site=row.code)
        hold_as_shown([row], lambda: _facts(row), keep=keep, zone=current_protocol(row.study).plan.zone)
        wanted = fields.choice("act", SAID)
        if not reason:
            fields.errors["reason"] = "Say why."
        _do(wanted, row, fields)
    except Problem as problem:
        return _page(row, problem), problem.status
    flash(gettext(SAID[wanted], site=row.code))
    return redirect(url_for("desk_study.show", study=current_scope().study.code), 303)


def _do(wanted: str, row: Site, fields: Fields) -> None:
    if wanted == "close":
        fields.check()
        return close_site(row)
    approval = _approval(fields)
    fields.check()
    if wanted == "activate":
        return activate(row, approval, now().date())
    if approval is None:
        sentence = "Write the day of the approval, and the committee's reference."
        raise BadInput(sentence, errors={"approved_on": sentence})
    return approve(row, approval, now().date())


def _approval(fields: Fields) -> Approval | None:
    """What was written of the approval; nothing where both places were left empty."""
    if not fields.text("approved_on") and not fields.text("approval_reference"):
        return None
    return Approval(fields.date("approved_on"), fields.text("approval_reference"))


def _page(site: Site, problem: Problem | None = None) -> str:
    seen = marked(_facts(site), problem)
    return render_template("desk/site.html", site=site, problem=problem, sent=request.form, seen=seen)


def _facts(site: Site) -> Facts:
    standing = "active" if site.active else "not active"
    return {"Standing": [standing], "Ethics approval": [site.approved_on, site.approval_reference]}
