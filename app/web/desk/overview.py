"""The desk: where it begins, the studies I work for, and who has answered: by visit, site, week, reason, instrument."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.time import now
from app.exports import by_instrument, incoming
from app.permitting import current_scope
from app.responses.locked import data_at
from app.schedule.calendar import local_day
from app.schedule.completeness import Forecast, forecast
from app.schedule.compliance import Cell, Compliance, compliance
from app.schedule.states import State
from app.studies.access import Scope, studies_of
from app.studies.installing import current_protocol
from app.studies.models import Study
from app.web.desk.bar import home
from app.web.desk.curves import completion, sparkline
from app.web.desk.heatmap import heat_map
from app.web.desk.table_file import Row, table_file
from app.web.desk.telling import titled
from app.web.staff.access import member, requires, signed_in

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


class View(StrEnum):
    """By what the figures stand in the table."""

    VISIT = "visit"
    SITE = "site"
    WEEK = "week"
    REASON = "reason"
    INSTRUMENT = "instrument"


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
    titles = {study.code: current_protocol(study).plan.title for study in mine}
    return render_template("desk/studies.html", studies=mine, homes=homes, titles=titles)


@blueprint.get("/<study>/")
@requires(Permission.VIEW_COMPLIANCE)
def former() -> Response:
    """The address that compliance had before leads to it."""
    return redirect(url_for("desk.overview", study=current_scope().study.code), 308)


@blueprint.get("/<study>/compliance/")
@requires(Permission.VIEW_COMPLIANCE)
def overview() -> str | Response:
    """Who has answered; `by` in the address says by what, `format=csv` gives that table as a file."""
    scope = current_scope()
    at = data_at(scope.study, now())
    by = request.args.get("by", "")
    view = View(by) if by in set(View) else View.VISIT
    figures = compliance(scope.study, at, scope.site_ids)
    plan = current_protocol(scope.study).plan
    weeks = incoming.weeks(scope, at, plan.zone) if view in (View.WEEK, View.SITE) else []
    absences = incoming.absences(scope, at) if view is View.REASON else []
    counts = by_instrument.instrument_counts(scope, at) if view is View.INSTRUMENT else []
    if request.args.get("format") == "csv":
        return table_file(f"compliance by {view}", *_table(view, figures, weeks, absences, counts))
    today = local_day(at, plan.zone_info)
    return render_template(
        "desk/overview.html",
        figures=figures,
        plan=plan,
        picture=heat_map(figures, {visit: titled(plan, visit) for visit in figures.visits}),
        curve=completion(incoming.curve(scope, figures.total())),
        sparks={
            code: sparkline([week for week in weeks if week.site == code], today)
            for code in (figures.sites if view is View.SITE else ())
        },
        primary=plan.primary_visit,
        forecast=_forecast(scope, plan.primary_visit, figures, at),
        randomised=incoming.randomised(scope),
        view=view,
        views=list(View),
        weeks=_by_week(weeks),
        absences=absences,
        instruments=by_instrument.by_instrument(counts),
        at=at,
    )


def _forecast(scope: Scope, visit: str | None, figures: Compliance, at: datetime) -> Forecast | None:
    if visit is None:
        return None
    cell, everything = figures.total(visit), figures.total()
    return forecast(
        answered=cell.answered,
        expected=cell.expected,
        remaining=incoming.remaining(scope, visit, at),
        share_elsewhere=everything.share,
    )


def _by_week(weeks: Sequence[incoming.Week]) -> list[tuple[object, int, int]]:
    """The weeks of all sites together, the newest first."""
    sums: dict[object, tuple[int, int]] = {}
    for week in weeks:
        expected, answered = sums.get(week.monday, (0, 0))
        sums[week.monday] = (expected + week.expected, answered + week.answered)
    return [(monday, *sums[monday]) for monday in reversed(sums)]


def _table(
    view: View,
    figures: Compliance,
    weeks: Sequence[incoming.Week],
    absences: Sequence[incoming.Absence],
    counts: Sequence[by_instrument.InstrumentCount],
) -> tuple[Row, Iterable[Row]]:
    """The heads and rows of a view, as a file has them: by visit and site at once, for who sums up herself."""
    if view is View.WEEK:
        return ("week_of", "site", "expected", "answered"), weeks
    if view is View.REASON:
        return ("visit", "site", "reason", "visits"), absences
    if view is View.INSTRUMENT:
        return (*by_instrument.InstrumentCount._fields, "missing"), ((*count, count.missing) for count in counts)
    heads = ("visit", "site", "planned", "expected", "answered", "on_time", "answered_so_far", "asked_so_far")
    places = sorted(figures.cells, key=lambda place: (figures.visits.index(place[0]), place[1]))
    if view is View.SITE:
        places.sort(key=lambda place: place[1])
    rows = ([*place, *_counts(figures.cells[place])] for place in places)
    return (*heads, *(str(state) for state in State)), rows


def _counts(cell: Cell) -> list[int]:
    counts = [cell.planned, cell.expected, cell.answered, cell.on_time, cell.answered_so_far, cell.asked_so_far]
    return counts + [cell.states[state] for state in State]
