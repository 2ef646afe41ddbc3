"""What a participant is asked before her questions: set it, take it away, open it again after wrong tries."""

from flask import Blueprint, request

from app.accounts.roles import Permission
from app.core.time import now
from app.participants.identity import change_checks
from app.participants.models import Participant
from app.studies.states import Act
from app.web.desk.changing import Answer, changed
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import requires

blueprint = Blueprint("desk_identity", __name__, url_prefix="/desk/<study>/participants/<code>/identity")


@blueprint.post("/")
@requires(Permission.ENROL, act=Act.RECORD)
def save(code: str) -> Answer:
    """What is left empty stays as it is; wrong tries are forgotten in any case."""

    def change(person: Participant) -> str:
        fields = Fields(request.form)
        change_checks(
            person.contact,
            person.protocol.plan,
            now().date(),
            pin=fields.text("pin"),
            no_pin=fields.ticked("no_pin"),
            birth_year=fields.text("birth_year"),
        )
        return gettext("Saved. The participant can open the link again.")

    return changed(code, "identity", change)
