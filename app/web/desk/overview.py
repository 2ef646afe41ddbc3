"""The desk: the studies I work for, and how a study stands."""

from flask import Blueprint, render_template

from app.accounts.roles import Permission
from app.core.time import now
from app.permitting import current_scope
from app.schedule.compliance import compliance
from app.studies.access import studies_of
from app.web.desk.heatmap import heat_map
from app.web.staff.access import member, requires, signed_in

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("/")
@signed_in
def studies() -> str:
    """The studies I work for."""
    return render_template("desk/studies.html", studies=studies_of(member()))


@blueprint.get("/<study>/")
@requires(Permission.VIEW_COMPLIANCE)
def overview() -> str:
    """Who has answered, by visit and site."""
    scope, at = current_scope(), now()
    figures = compliance(scope.study, at, scope.site_ids)
    return render_template("desk/overview.html", figures=figures, picture=heat_map(figures), at=at)
