"""`flask db`: bring the database to the present shape, or back, and say which it has."""

from collections.abc import Mapping
from contextlib import suppress

import click
from flask.cli import AppGroup
from sqlalchemy import make_url

from app.cli import who
from app.cli.owning import owner_url
from app.config import Settings, current_settings
from app.core import migrating, schema
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import Conflict, Unavailable
from app.core.time import now
from app.studies.pinning import pin_earlier

group = AppGroup("db", help="The database's shape.")


@group.command()
@click.argument("revision", default=migrating.HEAD)
def upgrade(revision: str) -> None:
    """Migrate to REVISION (the newest)."""
    settings = _owned()
    _tell_steps("To run", migrating.between(migrating.revision_there(settings.owner_url), revision))
    migrating.upgrade(settings.owner_url, revision, app_role=_role(settings))
    click.echo(f"The database is at {revision}.")
    if revision == migrating.HEAD:
        _pin_earlier()


@group.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, yes: bool) -> None:
    """Go back to REVISION (base: an empty database); in production only where no data go."""
    settings = _owned()
    there = migrating.revision_there(settings.owner_url)
    steps = migrating.between(revision, there or migrating.BASE)
    if settings.production and steps and not yes:
        _tell_steps("To be taken back", dict(reversed(steps.items())))
        click.echo("Web processes and clocks of this version stop working on it: stop them first.")
        click.confirm(f"Take the database {_name(settings)} from {there} back to {revision}?", abort=True)
    migrating.downgrade(settings.owner_url, revision, app_role=_role(settings), keep_data=settings.production)
    click.echo(f"The database is at {revision}.")


@group.command()
def status() -> None:
    """Say which shape the database has and which migrations are to come; ends with 1 while there are some."""
    there, newest = schema.revision_there(), schema.revisions()[-1]
    shape = schema.compared(there, schema.revisions())
    click.echo(
        f"The database {_name(current_settings())} is at {there or migrating.BASE}; this version needs {newest}."
    )
    if shape is schema.SchemaShape.NEWER:
        click.echo("A later version has widened it. This version runs on it, and changes no shape.")
    elif shape is not schema.SchemaShape.PRESENT:
        _tell_steps("To run", migrating.between(there, migrating.HEAD))
        raise Conflict("Run: flask db upgrade")


def _pin_earlier() -> None:
    with acting(who.system_user(), "Keep what protocols from before there were pins ask"), transaction():
        pinned = pin_earlier(now())
    for name in pinned:
        click.echo(f"Protocol {name} was from before there were pins: it asks what ships now, whatever ships later.")


def _owned() -> Settings:
    settings = current_settings()
    with suppress(Unavailable):  # the application's role may have no password yet
        owner_url(settings)
    return settings


def _role(settings: Settings) -> str | None:
    return make_url(settings.database_url).username


def _name(settings: Settings) -> str | None:
    return make_url(settings.database_url).database


def _tell_steps(heading: str, steps: Mapping[str, str]) -> None:
    for revision, doc in steps.items():
        click.echo(f"{heading}: {revision} {doc.splitlines()[0]}")
