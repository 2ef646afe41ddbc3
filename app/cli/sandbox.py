"""`flask sandbox`: links for trying the service, of made-up participants only."""

import click
from flask.cli import AppGroup

from app.config import current_settings
from app.core.database import db
from app.core.time import now
from app.schedule.demonstrations import open_visits
from app.schedule.links import url
from app.schedule.models import Assessment
from app.studies.installing import study as find_study
from app.studies.models import Study
from app.studies.protocol.fields import LAST_DAY

group = AppGroup("sandbox", help="Try the service without telephones.")


@group.command()
@click.option(
    "--day", default=154, show_default=True, type=click.IntRange(0, LAST_DAY), help="The study day of the visit."
)
@click.option("--study", "code", help="The code of a demonstration study; any of them if left out.")
def link(day: int, code: str | None) -> None:
    """Print the link to an open visit that nobody has begun."""
    settings = current_settings()
    if settings.production or settings.gateway != "sandbox":
        raise click.ClickException("Links are printed only where texts go to the sandbox gateway.")
    moment, only = now(), find_study(code) if code else None
    begun = Assessment.opened_at.is_not(None)
    in_order = (begun, Study.created_at.desc(), Assessment.closes_at.desc(), Assessment.id)
    query = open_visits(moment).where(Assessment.day == day).order_by(*in_order).limit(1)
    assessment = db.session.scalar(query.where(Study.id == only.id) if only else query)
    if assessment is None:
        where = f"of {code}" if code else "of a demonstration study"
        raise click.ClickException(f"No visit of day {day} {where} is open now. Try another day, or `make demo` again.")
    click.echo(url(assessment, settings.public_base_url))
