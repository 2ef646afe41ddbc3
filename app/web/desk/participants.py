"""Who takes part: the list, with its filters in the address, and one participant with all that happened."""

from flask import Blueprint, render_template, request

from app.accounts.roles import Permission
from app.core.time import now
from app.permitting import current_scope
from app.responses.locked import data_at
from app.schedule.standing import Group, WhomToList, people
from app.studies.access import sites
from app.web.desk.finding import participant
from app.web.desk.person import page
from app.web.staff.access import requires

blueprint = Blueprint("desk_participants", __name__, url_prefix="/desk/<study>/participants")


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def listing() -> str:
    """Everybody at my sites, narrowed by `site`, `standing` and `code` of the address: fifty in a page."""
    scope, sent = current_scope(), {name: value.replace("\0", "").strip() for name, value in request.args.items()}
    group = sent.get("standing", "")
    wanted = WhomToList(sent.get("site") or None, Group(group) if group in set(Group) else None, sent.get("code", ""))
    return render_template(
        "desk/participants.html",
        page=people(scope.study, scope.site_ids, data_at(scope.study, now()), wanted, after=sent.get("after", "")),
        sites=sites(scope),
        groups=list(Group),
        wanted=sent,
    )


@blueprint.get("/<code>")
@requires(Permission.VIEW_PARTICIPANT)
def show(code: str) -> str:
    """One participant: how she stands, what happened, and what can be done."""
    return page(participant(code))
