"""One text: its words, each try to hand it over, what the provider reported, what its code means and what to do."""

from collections.abc import Mapping

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.database import db
from app.core.problems import NotFound
from app.core.time import now
from app.messages.gateways.outcomes import OF_SENDER, OUR_FAULTS
from app.messages.models import Attempt, Message, Receipt
from app.permitting import current_scope
from app.web.language import gettext
from app.web.staff.access import requires

blueprint = Blueprint("desk_text", __name__, url_prefix="/desk/<study>/messages")
ERROR_MEANINGS: Mapping[str, object] = {
    "21211": later("The number is not one that can be texted. Check it with her, and correct it."),
    "21265": later("The number is a landline, or cannot take texts. Ask for a mobile number."),
    "21266": later("The number is not one that can be texted. Check it with her, and correct it."),
    "21268": later("The number is a landline, or cannot take texts. Ask for a mobile number."),
    "21408": later("The provider's account may not text this country. Ask who runs the service."),
    "21610": later("She answered STOP to this sender. She must text START herself before anything can be sent."),
    "21612": later("The provider cannot reach this number from ours. Ask who runs the service."),
    "21614": later("The number is not a mobile number. Ask for one, and correct it."),
    "21635": later("The number is a landline, or cannot take texts. Ask for a mobile number."),
    "30001": later("The provider's queue was full. It is tried again by itself."),
    "30002": later("The provider's account is suspended. Ask who runs the service at once."),
    "30003": later("The phone was off or out of reach for a long time. Call her, or send a new link later."),
    "30004": later("The phone or its network blocks our texts. Ask her whether she blocked the sender."),
    "30005": later("The number is not in use. Ask for the right number, and correct it."),
    "30006": later("The number is a landline, or cannot take texts. Ask for a mobile number."),
    "30007": later("The network took the text for advertising. Ask who runs the service."),
    "30008": later("The network did not say why. Send a new link; if it fails again, call her."),
}
OF_OUR_ACCOUNT = later(
    "The provider refuses our account, whoever is written to; it says nothing of her number. Ask who runs the service."
    " Her text leaves by itself once that is mended."
)
OF_OUR_SENDER = later(
    "The provider refuses our sender, for everybody or for her number alone. If others get theirs, call her, and ask"
    " who runs the service."
)
UNKNOWN_CODE = later(
    "This code is not in our list. Send a new link; if it fails again, call her and ask who runs the service."
)


def meaning_of(code: str) -> object:
    """What a code means, and what to do: whose fault it is, at least, for each that we know."""
    of_us = OF_OUR_ACCOUNT if code in OUR_FAULTS else OF_OUR_SENDER if code in OF_SENDER else UNKNOWN_CODE
    return ERROR_MEANINGS.get(code, of_us)


@blueprint.get("/<int:message_id>")
@requires(Permission.VIEW_MESSAGES)
def show(message_id: int) -> str:
    """All that is known of the text."""
    message = db.session.get(Message, message_id)
    if message is None or message.participant.site_id not in current_scope().site_ids:
        raise NotFound(gettext("There is no such text at your sites."))
    attempts = select(Attempt).filter_by(message_id=message.id).order_by(Attempt.number)
    receipts = select(Receipt).filter_by(message_id=message.id).order_by(Receipt.id)
    return render_template(
        "desk/text.html",
        message=message,
        words=message.participant.protocol.plan.messages.get(message.kind, {}).get(message.language),
        attempts=db.session.scalars(attempts).all(),
        receipts=db.session.scalars(receipts).all(),
        meaning=meaning_of(message.error_code) if message.error_code else None,
        at=now(),
    )
