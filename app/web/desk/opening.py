"""Open a visit that no plan opens: between two others, because somebody asked for it."""

from flask import Blueprint, request

from app.accounts.roles import Permission
from app.core.time import now
from app.participants.models import Participant
from app.schedule.unscheduled import open_visit, openable
from app.web.desk.changing import Answer, changed
from app.web.desk.forms import Fields
from app.web.desk.telling import titled
from app.web.language import gettext as _
from app.web.staff.access import requires

blueprint = Blueprint("desk_opening", __name__, url_prefix="/desk/<study>/participants/<code>/visits")


@blueprint.post("/")
@requires(Permission.RECORD_EVENTS)
def save(code: str) -> Answer:
    """Open it now; the text leaves as soon as texts may."""

    def open_now(person: Participant) -> str:
        fields = Fields(request.form)
        visit = fields.choice("visit", openable(person))
        fields.check()
        title = titled(person.protocol.plan, open_visit(person, visit, now()).visit)
        return _("%(visit)s is open for %(code)s.", visit=title, code=person.code)

    return changed(code, "opening", open_now)
