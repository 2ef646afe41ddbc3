"""The desk: where it begins, the studies I work for, and who has answered: by visit, site, week, reason, instrument."""

import csv
import io
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
from app.schedule.asked import asking
from app.schedule.calendar import local_day
from app.schedule.completeness import Forecast, forecast
from app.schedule.compliance import Cell, Compliance, compliance
from app.schedule.listing import ListPosition, Wanted, list_position, visits
from app.schedule.states import State
from app.studies.access import Scope, sites, studies_of
from app.studies.installing import current_protocol
from app.studies.models import Study
from app.web.desk.bar import home
from app.web.desk.curves import completion, sparkline
from app.web.desk.heatmap import heat_map
from app.web.staff.access import member, requires, signed_in

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
PAGE_SIZE = 50
AT_ONCE = 5000
"""Rows of a list that leave as CSV are read so many at a time."""
MISSING = "missing"
"""What a list of visits is asked for in the place of a state: those that the figures count as missing."""


class View(StrEnum):
    """By what the figures stand in the table."""

    VISIT = "visit"
    SITE = "site"
    WEEK = "week"
    REASON = "reason"
    INSTRUMENT = "instrument"


Row = Sequence[object]


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
        return _file(f"compliance by {view}", *_table(view, figures, weeks, absences, counts))
    today = local_day(at, plan.zone_info)
    return render_template(
        "desk/overview.html",
        figures=figures,
        picture=heat_map(figures),
        curve=completion(incoming.curve(scope, at)),
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


@blueprint.get("/<study>/compliance/visits/")
@requires(Permission.VIEW_PARTICIPANT)
def visit_list() -> str | Response:
    """The visits behind a figure: those of a visit, site and state, by name; as a page, or all of them as CSV."""
    scope, sent = current_scope(), request.args
    at = data_at(scope.study, now())
    state, places = sent.get("state", ""), asking(scope.study)
    wanted = Wanted(
        visit=sent.get("visit") or None,
        site=sent.get("site") or None,
        state=State(state) if state in set(State) else None,
        missing=state == MISSING,
        asked_at=places.get(sent.get("instrument", "")),
    )
    if sent.get("format") == "csv":
        heads = ("participant", "site", "visit", "state", "opens_at", "closes_at", "grace_until", "submitted_at")
        return _file("visits", heads, _all(scope, wanted, at, heads))
    page = visits(scope, wanted, at, limit=PAGE_SIZE, offset=0, after=_after(sent.get("after", "")))
    return render_template(
        "desk/visits.html", page=page, wanted=sent, sites=sites(scope), states=list(State), missing=MISSING,
        codes=[visit.code for visit in current_protocol(scope.study).plan.visits], instruments=list(places),
    )  # fmt: skip


def _after(text: str) -> ListPosition | None:
    try:
        return list_position(text) if text else None
    except ValueError:
        return None  # an address that was cut: from the first


def _all(scope: Scope, wanted: Wanted, at: datetime, heads: Iterable[str]) -> Iterable[Row]:
    after = None
    while True:
        page = visits(scope, wanted, at, limit=AT_ONCE, offset=0, after=after)
        for item in page.items:
            yield [_plain(getattr(item, name)) for name in heads]
        if page.next is None:
            return
        after = page.next


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


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _file(name: str, heads: Row, rows: Iterable[Row]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    answer = Response(text.getvalue().encode(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{current_scope().study.code} {name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
