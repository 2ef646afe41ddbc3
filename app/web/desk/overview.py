"""The desk: where it begins, the studies I work for, and who has answered."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.time import now
from app.permitting import current_scope
from app.schedule.compliance import compliance
from app.studies.access import studies_of
from app.studies.models import Study
from app.web.desk.bar import home
from app.web.desk.heatmap import heat_map
from app.web.staff.access import member, requires, signed_in

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("/")
@signed_in
def begin() -> str | Response:
    """Where a working day begins: Today, for who works for one study; who works for several chooses."""
    mine = studies_of(member())
    if len(mine) != 1:
        return _choose(mine)
    return redirect(url_for(home(member(), mine[0]), study=mine[0].code))


@blueprint.get("/studies/")
@signed_in
def studies() -> str:
    """The studies I work for."""
    return _choose(studies_of(member()))


def _choose(mine: list[Study]) -> str:
    homes = {study.code: home(member(), study) for study in mine}
    return render_template("desk/studies.html", studies=mine, homes=homes)


@blueprint.get("/<study>/")
@requires(Permission.VIEW_COMPLIANCE)
def former() -> Response:
    """The address that compliance had before leads to it."""
    return redirect(url_for("desk.overview", study=current_scope().study.code), 308)


@blueprint.get("/<study>/compliance/")
@requires(Permission.VIEW_COMPLIANCE)
def overview() -> str:
    """Who has answered, by visit and site."""
    scope, at = current_scope(), now()
    figures = compliance(scope.study, at, scope.site_ids)
    return render_template("desk/overview.html", figures=figures, picture=heat_map(figures), at=at)
