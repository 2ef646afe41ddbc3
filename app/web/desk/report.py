"""The analysis report, for statisticians only: one self-contained file, shown without any power of its own."""

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.problems import NotFound
from app.exports.blind_runs import outcome_of
from app.exports.reports import report_of
from app.permitting import current_scope
from app.web.staff.access import requires

blueprint = Blueprint("report", __name__, url_prefix="/desk/<study>/report")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A file made by the analysis may bring its styles and pictures; it may run nothing, fetch nothing, send nothing."""


@blueprint.get("/")
@requires(Permission.VIEW_REPORT, whole_study=True)
def front() -> str:
    """Where the report is, or how it comes about."""
    study, exports = current_scope().study, current_settings().exports
    last = outcome_of(exports / study.code)
    return render_template("desk/report.html", file=report_of(study, exports), last=last)


@blueprint.get("/report.html")
@requires(Permission.VIEW_REPORT, whole_study=True)
def show() -> Response:
    """The report itself, in a page that may run nothing."""
    file = report_of(current_scope().study, current_settings().exports)
    if file is None:
        raise NotFound("There is no report of this study yet.")
    answer = make_response(file.read_bytes())
    answer.mimetype = "text/html"
    answer.headers["Content-Security-Policy"] = POLICY
    return answer
