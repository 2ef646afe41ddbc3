"""What Twilio tells us, which signs it."""

import logging
from collections.abc import Mapping

from flask import Blueprint, request

from app.config import current_settings
from app.core.audit import start_acting
from app.core.problems import BadInput, Forbidden
from app.core.time import now
from app.messages.receiving import replies
from app.messages.receiving.receipts import store

log = logging.getLogger("svar.web")
blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")


@blueprint.post("/status/<int:message_id>", defaults={"tag": ""})
@blueprint.post("/status/<int:message_id>/<tag>")
def status(message_id: int, tag: str) -> tuple[str, int]:
    """A delivery report of one of our messages. Texts of before addresses had tags report without one."""
    form = _signed_form()
    if not form.get("MessageSid") or not form.get("MessageStatus"):
        raise BadInput("A report needs MessageSid and MessageStatus.")
    store(message_id, form, now(), tag=tag)
    return "", 204


@blueprint.post("/inbound")
def inbound() -> tuple[str, int]:
    """A text from a patient."""
    form = _signed_form()
    if not form.get("MessageSid"):
        raise BadInput("A text needs MessageSid.")
    replies.keep(form, now())
    return "", 204


def _signed_form() -> Mapping[str, str]:
    """The form, if Twilio signed it for the address we gave out: not for what this request says of itself."""
    from app.messages.gateways.twilio import signed

    settings = current_settings()
    address = settings.public_base_url + request.full_path.rstrip("?")
    signature = request.headers.get("X-Twilio-Signature", "")
    if not signed(address, request.form, signature, settings.twilio_auth_tokens):
        log.warning("refused a webhook with a bad signature")
        raise Forbidden("This address is for Twilio, which signs what it sends.")
    start_acting("twilio")
    return request.form
