"""The desk: the studies I work for, and how a study stands."""

from flask import Blueprint, render_template
from flask_login import current_user

from app.accounts.roles import Permission
from app.core.time import now
from app.permitting import current_scope
from app.schedule.compliance import compliance
from app.studies.access import studies_of
from app.web.desk.heatmap import heat_map
from app.web.staff.access import requires, signed_in

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("/")
@signed_in
def studies() -> str:
    """The studies I work for."""
    return render_template("desk/studies.html", studies=studies_of(current_user))


@blueprint.get("/<study>/")
@requires(Permission.VIEW_COMPLIANCE)
def overview() -> str:
    """Who has answered, by visit and site."""
    moment = now()
    figures = compliance(current_scope().study, moment, current_scope().site_ids)
    return render_template("desk/overview.html", figures=figures, picture=heat_map(figures), at=moment)
