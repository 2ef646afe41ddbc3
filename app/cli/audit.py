"""`flask audit`: check the seals of the trail."""

import click
from flask.cli import AppGroup

from app.config import current_settings
from app.core import sealing, verifying_seals
from app.core.verifying_seals import Anchor
from app.exports.anchors import anchors

group = AppGroup("audit", help="The audit trail.")


@group.command()
@click.option("--anchor", help="A head that was kept elsewhere.")
def verify(anchor: str | None) -> None:
    """Hold the trail against its seals, the nights' manifests and ANCHOR; end with 1 and name what is wrong first."""
    kept = [*anchors(current_settings().exports), *([Anchor(anchor)] if anchor else [])]
    verdict = verifying_seals.verify(kept)
    if verdict.broken:
        click.echo(verdict.broken)
        raise SystemExit(1)
    click.echo(
        f"{verdict.seals} seals over {verdict.entries} entries hold, and so do {len(kept)} anchors. "
        f"{verdict.unsealed} entries are not sealed yet. Head: {verdict.head}"
    )
    if verdict.erased:
        click.echo(f"The content of {verdict.erased} entries is gone, as certificates say: flask study erasures")


@group.command()
def head() -> None:
    """The newest seal, to be kept somewhere else."""
    newest = sealing.head()
    click.echo(newest.hash if newest else "Nothing is sealed yet.")
