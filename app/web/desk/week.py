"""The week ahead: a sheet to print, and a file for the calendar. Pseudonyms alone: no name, no number."""

from itertools import groupby

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.problems import Conflict, NotFound
from app.core.time import now
from app.permitting import current_scope
from app.schedule.ahead import ComingUp, week_ahead
from app.studies.access import sites
from app.studies.models import Site
from app.web.desk.calendar_file import calendar_file
from app.web.staff.access import confirmed, requires

blueprint = Blueprint("desk_week", __name__, url_prefix="/desk/<study>/today")
TOO_MANY = "There are more visits in this week than one file holds. Choose one site, and take the file again."


@blueprint.get("/week")
@requires(Permission.VIEW_PARTICIPANT)
def sheet() -> str:
    """What comes up at my sites in seven days, day by day."""
    lines, more, chosen = _week()
    return render_template(
        "desk/week.html",
        days=[(day, list(those)) for day, those in groupby(lines, lambda line: line.day)],
        more=more,
        chosen=chosen,
        sites=sites(current_scope()),
        at=now(),
    )


@blueprint.get("/week.ics")
@requires(Permission.VIEW_PARTICIPANT)
@confirmed
def file() -> Response:
    """The same, as a file that calendars read."""
    lines, more, _ = _week()
    if more:
        raise Conflict(TOO_MANY)
    answer = make_response(calendar_file(current_scope().study.code, lines, now()))
    answer.content_type = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = "attachment; filename=week.ics"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _week() -> tuple[list[ComingUp], bool, Site | None]:
    scope, code = current_scope(), request.args.get("site", "")
    mine = sites(scope)
    chosen = next((site for site in mine if site.code == code), None)
    if code and chosen is None:
        raise NotFound("There is no such site, or you do not work there.")
    lines, more = week_ahead(scope.study, [chosen] if chosen else mine, now())
    return lines, more, chosen
