"""The analysis report, for statisticians only: one self-contained file, shown without any power of its own."""

from pathlib import Path

from flask import Blueprint, make_response, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.database import db
from app.core.problems import NotFound
from app.exports.blind_runs import FOLDER, outcome_of
from app.exports.models import Snapshot
from app.permitting import current_scope
from app.studies.models import Study
from app.web.staff.access import requires

blueprint = Blueprint("report", __name__, url_prefix="/desk/<study>/report")
NAME = "report.html"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A file made by the analysis may bring its styles and pictures; it may run nothing, fetch nothing, send nothing."""


@blueprint.get("/")
@requires(Permission.VIEW_REPORT, whole_study=True)
def front() -> str:
    """Where the report is, or how it comes about."""
    study: Study = current_scope().study
    return render_template("desk/report.html", file=report_of(study), last=outcome_of(_beside(study)))


@blueprint.get("/report.html")
@requires(Permission.VIEW_REPORT, whole_study=True)
def show() -> Response:
    """The report itself."""
    file = report_of(current_scope().study)
    if file is None:
        raise NotFound("There is no report of this study yet.")
    answer = make_response(file.read_bytes())
    answer.mimetype = "text/html"
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def report_of(study: Study) -> Path | None:
    """The study's report, put into or beside its newest export by whoever analysed it; else last night's blind run."""
    query = select(Snapshot.path).filter_by(study_id=study.id).order_by(Snapshot.day.desc()).limit(1)
    newest = db.session.scalar(query)
    beside = _beside(study)
    places = [*([Path(newest)] if newest else []), beside, beside / FOLDER]
    return next((place.absolute() / NAME for place in places if (place / NAME).is_file()), None)


def _beside(study: Study) -> Path:
    return current_settings().exports / study.code
