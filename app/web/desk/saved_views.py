"""My views of Today and of the participants: saved with a name, renamed, removed. They change nothing of the study."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.permitting import current_scope
from app.studies.views import ViewedList, filters_of, list_of, remove_view, rename_view, save_view, view_of
from app.web.desk import participants, today_filters
from app.web.language import gettext
from app.web.staff.access import member, requires

FILTERS = {ViewedList.PARTICIPANTS: participants.FILTERS, ViewedList.TODAY: today_filters.FILTERS}
PAGES = {ViewedList.PARTICIPANTS: "desk_participants.listing", ViewedList.TODAY: "desk_today.today"}
blueprint = Blueprint("desk_saved_views", __name__, url_prefix="/desk/<study>/views")


@blueprint.post("/")
@requires(Permission.VIEW_PARTICIPANT)
def save() -> Response:
    """Keep what the list shows now under a name."""
    of = ViewedList.TODAY if request.form.get("list") == ViewedList.TODAY else ViewedList.PARTICIPANTS
    filters = {name: request.form.get(f"filter-{name}", "") for name in FILTERS[of]}
    view = save_view(member(), current_scope().study, request.form.get("name", ""), filters, of)
    flash(gettext("Saved: the view %(name)s. It stands above the list, for you alone.", name=view.name))
    return _to_list(of, filters_of(view))


@blueprint.post("/<int:view_id>")
@requires(Permission.VIEW_PARTICIPANT)
def change(view_id: int) -> Response:
    """Another name for it; or it is removed."""
    view = view_of(member(), current_scope().study, view_id)
    of, filters = list_of(view), filters_of(view)
    if "remove" in request.form:
        flash(gettext("Removed: the view %(name)s.", name=view.name))
        remove_view(view)
        return _to_list(of, {})
    rename_view(view, request.form.get("name", ""))
    flash(gettext("Renamed: the view is called %(name)s now.", name=view.name))
    return _to_list(of, filters)


def _to_list(of: ViewedList, filters: Mapping[str, Any]) -> Response:
    return redirect(url_for(PAGES[of], study=current_scope().study.code, **filters), 303)
