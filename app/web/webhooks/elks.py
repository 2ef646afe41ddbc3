"""What 46elks tells us. It signs nothing: it shows the secret of the address that it was given."""

import logging
from collections.abc import Mapping

from flask import Blueprint, request

from app.config import current_settings
from app.core.audit import start_acting
from app.core.problems import BadInput, Forbidden
from app.core.time import now
from app.messages.receiving import replies
from app.messages.receiving.receipts import store
from app.web.webhooks.proofs import shows_secret

log = logging.getLogger("svar.web")
blueprint = Blueprint("webhooks_elks", __name__, url_prefix="/webhooks/46elks")


@blueprint.post("/status/<int:message_id>/<tag>")
def status(message_id: int, tag: str) -> tuple[str, int]:
    """A delivery report of one of our messages."""
    form = _proven_form()
    if not form.get("id") or not form.get("status"):
        raise BadInput("A report needs id and status.")
    from app.messages.gateways.elks import STATUSES

    standing = STATUSES.get(form["status"], form["status"])
    store(message_id, {"MessageSid": form["id"], "MessageStatus": standing}, now(), tag=tag)
    return "", 204


@blueprint.post("/inbound")
def inbound() -> tuple[str, int]:
    """A text from a patient. The answer is empty: 46elks would send its words as a text."""
    form = _proven_form()
    if not form.get("id"):
        raise BadInput("A text needs an id.")
    written = {"MessageSid": form["id"], "Body": form.get("message", "")}
    written["NumMedia"] = "1" if form.get("image") else "0"
    replies.keep({**written, "From": form.get("from", ""), "To": form.get("to", "")}, now())
    return "", 204


def _proven_form() -> Mapping[str, str]:
    from app.messages.gateways.elks import USER

    if not shows_secret(request.headers.get("Authorization", ""), USER, current_settings().elks.webhook_secret):
        log.warning("refused a webhook without the secret of 46elks")
        raise Forbidden("This address is for 46elks, which shows the secret that it was given.")
    start_acting("46elks")
    return request.form
