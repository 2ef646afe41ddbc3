"""`flask participants open-visit`: a visit that is in no plan."""

import click

from app.cli import who
from app.cli.messages import in_words
from app.cli.participants import group
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.participants.enrolment import find
from app.schedule.unscheduled import open_visit
from app.studies.installing import study as find_study


@group.command("open-visit")
@click.argument("study")
@click.argument("code")
@click.argument("visit")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def open_now(study: str, code: str, visit: str, reason: str) -> None:
    """Open VISIT, which the protocol leaves to staff, for CODE of STUDY from now on; her text leaves when texts may."""
    with acting(who.person(), reason), transaction():
        opened = open_visit(find(find_study(study), code), visit, now())
        done = f"{opened.visit} is open for {code} until {opened.closes_at:%Y-%m-%d %H:%M} UTC."
    click.echo(done)
