"""The visits behind a figure, by name: a page, or all of them as CSV. A list asks what its figure asked."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from flask import Blueprint, render_template
from sqlalchemy import ColumnElement, and_
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.problems import BadInput
from app.core.time import now
from app.exports import incoming
from app.exports.by_instrument import has_gaps
from app.exports.reasons import AbsenceReason
from app.instruments.written_days import written_day
from app.permitting import current_scope
from app.responses.locked import data_at
from app.responses.waiting import can_wait
from app.schedule.asked import asking
from app.schedule.listing import ListPosition, Wanted, list_position, visits
from app.schedule.states import State
from app.studies.access import Scope, sites
from app.studies.installing import current_protocol
from app.web.desk.forms import asked_in_address
from app.web.desk.table_file import Row, table_file
from app.web.desk.telling import titled
from app.web.desk.unknown_filters import not_known
from app.web.language import gettext
from app.web.staff.access import requires

blueprint = Blueprint("desk_visits", __name__, url_prefix="/desk/<study>/compliance/visits")
VISITS_ON_PAGE = 50
AT_ONCE = 5000
"""Rows of a list that leave as CSV are read so many at a time."""
KEPT_FILTERS = ("visit", "site", "state", "instrument", "week", "reason")
"""What the address asks of the list, by its name there."""
HEADS = ("participant", "site", "visit", "state", "opens_at", "closes_at", "grace_until", "submitted_at")


class CountedAs(StrEnum):
    """What a list may be asked for in the place of a state: the visits that one figure counts."""

    MISSING = "missing"
    GAPS = "questions left open"
    WAITING = "open and not yet due"


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def listing() -> str | Response:
    """Those of a visit, site, state, questionnaire, week and reason."""
    scope, sent = current_scope(), asked_in_address()
    at = data_at(scope.study, now())
    places, plan = asking(scope.study), current_protocol(scope.study).plan
    state = sent.get("state", "")
    wanted = Wanted(
        visit=sent.get("visit") or None,
        site=sent.get("site") or None,
        state=State(state) if state in set(State) else None,
        missing=state == CountedAs.MISSING,
        asked_at=places.get(sent.get("instrument", "")),
        besides=_besides(scope, sent, at),
    )
    unknown = _unknown(sent, places)
    if sent.get("format") == "csv":
        if unknown:
            said = gettext("The address asks for what this list does not know: %(what)s.", what=", ".join(unknown))
            raise BadInput(said)
        return table_file("visits", HEADS, _all(scope, wanted, at))
    return render_template(
        "desk/visits.html",
        page=visits(scope, wanted, at, limit=VISITS_ON_PAGE, offset=0, after=_after(sent.get("after", ""))),
        wanted=sent,
        unknown=unknown,
        kept={name: sent[name] for name in KEPT_FILTERS if sent.get(name)},
        sites=sites(scope),
        states=[*CountedAs, *State],
        reasons=list(AbsenceReason),
        plan=plan,
        titles=[(visit.code, titled(plan, visit.code)) for visit in plan.visits],
        instruments=list(places),
    )


def _unknown(sent: Mapping[str, str], places: Collection[str]) -> list[str]:
    """What the address asks and nobody knows. Who is of an unknown visit or site is nobody: that needs no word."""
    choices = {"state": {*CountedAs, *State}, "instrument": places, "reason": set(AbsenceReason)}
    free = ("visit", "site", "after", "format", "resumed", *(("week",) if _monday(sent.get("week", "")) else ()))
    return not_known(sent, choices, free)


def _besides(scope: Scope, sent: Mapping[str, str], at: datetime) -> ColumnElement[bool] | None:
    """The conditions of the figures that are no column of a visit."""
    conditions = []
    if sent.get("state") == CountedAs.GAPS:
        conditions.append(has_gaps(scope, sent.get("instrument") or None, at))
    if sent.get("state") == CountedAs.WAITING:
        conditions.append(can_wait(scope, at))
    if sent.get("reason") in set(AbsenceReason):
        conditions.append(incoming.is_absent_for(scope, AbsenceReason(sent["reason"]), at))
    if (monday := _monday(sent.get("week", ""))) is not None:
        conditions.append(incoming.closed_in_week(monday, current_protocol(scope.study).plan.zone))
    return and_(*conditions) if conditions else None


def _monday(written: str) -> date | None:
    try:
        on = written_day(written) if written else None
    except ValueError:
        return None  # an address that was cut: every week
    return on and on - timedelta(days=on.weekday())


def _after(text: str) -> ListPosition | None:
    try:
        return list_position(text) if text else None
    except ValueError:
        return None  # an address that was cut: from the first


def _all(scope: Scope, wanted: Wanted, at: datetime) -> Iterable[Row]:
    after = None
    while True:
        page = visits(scope, wanted, at, limit=AT_ONCE, offset=0, after=after)
        for item in page.items:
            yield [_plain(getattr(item, name)) for name in HEADS]
        if page.next is None:
            return
        after = page.next


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
