"""`flask audit`: check the seals of the trail."""

import click
from flask.cli import AppGroup

from app.core import sealing

group = AppGroup("audit", help="The audit trail.")


@group.command()
@click.option("--anchor", help="A head that was kept elsewhere, as in a night's manifest.")
def verify(anchor: str | None) -> None:
    """Walk the chain; end with 1 and name the first broken link."""
    verdict = sealing.verify(anchor)
    if verdict.broken:
        click.echo(verdict.broken)
        raise SystemExit(1)
    click.echo(f"{verdict.seals} seals over {verdict.entries} entries hold. Head: {verdict.head}")


@group.command()
def head() -> None:
    """The newest seal, to be kept somewhere else."""
    newest = sealing.head()
    click.echo(newest.hash if newest else "Nothing is sealed yet.")
