"""`flask alert`: try whether an alert reaches whom it should."""

import socket

import click
from flask.cli import AppGroup

from app.config import current_settings
from app.core.time import now
from app.messages.monitoring.alerting import Alert, CannotTell, tell

group = AppGroup("alert", help="Who is told when something is wrong.")


@group.command("try")
def try_() -> None:
    """Tell everybody now that this is a trial. Ends with 1 if somebody could not be told."""
    settings = current_settings()
    if not (settings.alert_webhook or settings.alert_email):
        raise click.ClickException("Nobody is told: set ALERT_WEBHOOK, or ALERT_EMAIL and SMTP_URL.")
    try:
        tell(Alert(now(), "this is a trial of the alerts; nothing is wrong", socket.gethostname()), settings)
    except CannotTell as error:
        raise click.ClickException(f"Not everybody was told: {error}.") from None
    click.echo("Told. Look whether it has arrived.")
