"""`flask ops`: what an operator does on a good day and on a bad one: back-ups, restores, keys."""

from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from app.config import current_settings
from app.core import incarnation
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.messages.gateways.choice import gateway_for
from app.messages.receiving import restoring

group = AppGroup("ops", help="Operating the service: back-ups, restores, keys.")
ACTOR = "operator"


@group.command()
@click.option("--since", required=True, type=click.DateTime(), help="When the restored back-up was made (UTC).")
def restored(since: datetime) -> None:
    """Say that this database was restored by other means: it begins a new life, and every text is held."""
    settings = current_settings()
    incarnation.move_sequences(settings.owner_url)
    with acting(ACTOR), transaction():
        restoring.begin(since.replace(tzinfo=UTC), now())
    click.echo(NEXT)


NEXT = """Every text is held. What to do now:
  1. start the web processes and flask clock, and wait a minute (plan and queue must have run)
  2. flask ops release"""


@group.command()
@click.option("--nothing-lost", is_flag=True, help="This database has forgotten nothing: a new clock, a planned move.")
def release(nothing_lost: bool) -> None:
    """Let texts leave again after a restore, once it is known which of them had left already."""
    with acting(ACTOR), transaction():
        restoring.check_release(now(), nothing_lost=nothing_lost)
        since = restoring.lost_from()
    if since is not None and not nothing_lost:
        recovered = restoring.recover(gateway_for(current_settings()), since, now())
        click.echo(f"{recovered} texts in the queue had left already and are not sent again.")
    with acting(ACTOR), transaction():
        restoring.release(now())
    click.echo("Texts leave again.")
