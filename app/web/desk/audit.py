"""The audit trail of the study: who changed what, when and why; filters in the address, the whole as a file; seals."""

import io
from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template, request, send_file
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.database import db
from app.core.problems import BadInput
from app.core.sealing import head
from app.exports.reads import readings
from app.exports.trail import PAGE_SIZE, EntryFilter, TrailEntry, tables, trail, trail_csv
from app.permitting import current_scope
from app.responses.review import review
from app.studies.confining import seeing_everybody
from app.studies.installing import current_protocol
from app.studies.models import Membership
from app.web.desk.forms import Fields
from app.web.desk.names import names_of
from app.web.language import gettext
from app.web.staff.access import confirmed, requires

blueprint = Blueprint("desk_audit", __name__, url_prefix="/desk/<study>/audit")
ACTORS = (
    "user",
    "participant",
    "clock",
    "command line",
    "invitation",
    "visitor",
    "twilio",
    "46elks",
    "mail",
    "operator",
    "start",
    "migration",
    "rehearsal",
    "drill",
)
"""Who acts, as the trail names them: each alone, or with whom it is after a colon or a space."""


@blueprint.get("/")
@requires(Permission.READ_AUDIT)
def listing() -> str:
    """A page of the trail, the newest first."""
    wanted, before = _wanted(), request.args.get("before", type=int)
    shown = trail(current_scope(), wanted, before, PAGE_SIZE + 1)
    page = shown[:PAGE_SIZE]
    with seeing_everybody():
        newest = head()
    return render_template(
        "desk/audit.html",
        entries=page,
        names=_names(page),
        tables=tables(),
        actors=ACTORS,
        sent=request.args,
        seal=newest,
        older=page[-1].entry.id if len(shown) > PAGE_SIZE else None,
    )


@blueprint.get("/trail.csv")
@requires(Permission.READ_AUDIT)
@confirmed
def whole() -> Response:
    """The whole trail that she may see, or as it is narrowed, as CSV."""
    file = io.BytesIO("".join(trail_csv(current_scope(), _wanted())).encode())
    name = f"{current_scope().study.code}-trail.csv"
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


@blueprint.get("/review")
@requires(Permission.READ_AUDIT)
def reviewed() -> str:
    """What a review of the trail looks at: corrections per site, hasty answers, shared telephones, late
    submissions, and what programs have read."""
    read = readings(current_scope())
    return render_template(
        "desk/review.html",
        review=review(current_scope()),
        plan=current_protocol(current_scope().study).plan,
        readings=read,
        names=names_of(each.read_by for each in read),
    )


def _wanted() -> EntryFilter:
    fields = Fields(request.args)
    since = fields.date("since") if fields.text("since") else None
    until = fields.date("until") if fields.text("until") else None
    if fields.errors:
        raise BadInput(gettext("Write a day, such as 14.05.2026."), errors=fields.errors)
    return EntryFilter(
        participant=fields.text("participant"),
        table=fields.text("table"),
        actor=fields.text("actor"),
        since=None if since is None else datetime(since.year, since.month, since.day, tzinfo=UTC),
        until=None if until is None else datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(days=1),
    )


def _names(entries: list[TrailEntry]) -> dict[str, str]:
    """Who they are that acted: name, role and site of each member of staff."""
    staff = names_of(each.entry.actor for each in entries)
    ids = {int(actor.removeprefix("user:")): actor for actor in staff}
    held = select(Membership).where(Membership.study_id == current_scope().study.id, Membership.user_id.in_(ids))
    for membership in db.session.scalars(held.order_by(Membership.id)):
        where = f" ({membership.site.code})" if membership.site else ""
        staff[ids[membership.user_id]] += f", {gettext(membership.role.value)}{where}"
    return staff
