"""Mails that came back, as whoever has the mailbox hands them on: a mail server's pipe, or a provider of e-mail."""

import logging

from flask import Blueprint, request

from app.config import current_settings
from app.core.audit import start_acting
from app.core.problems import Forbidden
from app.core.time import now
from app.messages.receiving.returned_mail import note_return, read_return
from app.web.webhooks.proofs import shows_secret

log = logging.getLogger("svar.web")
blueprint = Blueprint("webhooks_mail", __name__, url_prefix="/webhooks/mail")
MAIL_USER = "mail"


@blueprint.post("/returned")
def returned() -> tuple[str, int]:
    """One mail, whole, as it came (`message/rfc822`). What is no report of one of ours is forgotten at once."""
    if not shows_secret(request.headers.get("Authorization", ""), MAIL_USER, current_settings().mail.webhook_secret):
        log.warning("refused a returned mail without the secret")
        raise Forbidden("This address is for whoever has the mailbox of mails that came back.")
    start_acting("mail")
    report = read_return(request.get_data())
    if report is not None:
        note_return(report, now())
    return "", 204
