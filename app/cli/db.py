"""`flask db`: bring the database to the present shape, or back."""

import click
from flask.cli import AppGroup
from sqlalchemy import make_url

from app.config import current_settings
from app.core import migrating

group = AppGroup("db", help="The database's shape.")


@group.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Migrate to REVISION (the newest)."""
    settings = current_settings()
    if settings.production and settings.owner_url == settings.database_url:
        raise click.ClickException("DATABASE_OWNER_URL is not set: the application's role must not own its tables.")
    migrating.upgrade(settings.owner_url, revision, app_role=make_url(settings.database_url).username)
    click.echo(f"The database is at {revision}.")


@group.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Go back to REVISION."""
    migrating.downgrade(current_settings().owner_url, revision)
    click.echo(f"The database is at {revision}.")
