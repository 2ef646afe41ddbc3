"""Who takes part: the list, with its filters in the address, and one participant with all that happened."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from flask import Blueprint, render_template

from app.accounts.roles import Permission
from app.core.time import now
from app.permitting import current_scope
from app.responses.locked import data_at
from app.schedule.standing import Group, WhomToList, people
from app.studies.access import sites
from app.studies.models import Site
from app.studies.views import ViewedList, views_of_list
from app.web.desk.finding import participant
from app.web.desk.forms import asked_in_address
from app.web.desk.person import page
from app.web.desk.unknown_filters import not_known
from app.web.staff.access import member, requires

blueprint = Blueprint("desk_participants", __name__, url_prefix="/desk/<study>/participants")


class Order(StrEnum):
    """In which order the list stands."""

    FIRST_CODE = ""
    LAST_CODE = "last code first"


FILTERS = ("site", "standing", "code", "order")
"""What narrows or orders the list, by its name in the address."""
BESIDE = ("after", "tick", "resumed")
"""What an address may carry beside them."""


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def listing() -> str:
    """Everybody at my sites, as the filters of the address narrow and order them: fifty in a page."""
    scope, sent = current_scope(), asked_in_address()
    mine = sites(scope)
    return render_template(
        "desk/participants.html",
        page=people(scope.study, scope.site_ids, data_at(scope.study, now()), _whom(sent), after=sent.get("after", "")),
        sites=mine,
        groups=list(Group),
        orders=list(Order),
        wanted=sent,
        kept={name: sent[name] for name in FILTERS if sent.get(name)},
        unknown=unknown_filters(sent, mine),
        views=views_of_list(member(), scope.study, ViewedList.PARTICIPANTS),
    )


def _whom(sent: Mapping[str, str]) -> WhomToList:
    standing, backwards = sent.get("standing", ""), sent.get("order") == Order.LAST_CODE
    group = Group(standing) if standing in set(Group) else None
    return WhomToList(sent.get("site") or None, group, sent.get("code", ""), backwards)


def unknown_filters(sent: Mapping[str, str], mine: Iterable[Site]) -> list[str]:
    """What an address asks of the list and the list does not know, as it stands there."""
    choices: dict[str, set[str]] = {
        "site": {site.code for site in mine},
        "standing": {group.value for group in Group},
        "order": {order.value for order in Order},
    }
    return not_known(sent, choices, ("code", *BESIDE))


@blueprint.get("/<code>")
@requires(Permission.VIEW_PARTICIPANT)
def show(code: str) -> str:
    """One participant: how she stands, what happened, and what can be done."""
    return page(participant(code))
