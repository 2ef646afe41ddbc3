"""The study: its state, the versions of its protocol, its sites and what it asks; for everybody who works for it."""

from flask import Blueprint, render_template
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.database import db
from app.permitting import current_scope
from app.studies.access import sites
from app.studies.installing import current_protocol
from app.studies.models import Protocol
from app.web.staff.access import requires

blueprint = Blueprint("desk_study", __name__, url_prefix="/desk/<study>/study")


@blueprint.get("/")
@requires(Permission.VIEW_COMPLIANCE)
def show() -> str:
    """How the study is set up, as it stands now."""
    scope = current_scope()
    versions = db.session.scalars(
        select(Protocol).filter_by(study_id=scope.study.id).order_by(Protocol.installed_at.desc(), Protocol.id.desc())
    ).all()
    plan = current_protocol(scope.study).plan
    return render_template("desk/study.html", versions=versions, plan=plan, sites=sites(scope))
