"""`flask participants report`: all that is held of one person, for her."""

from pathlib import Path

import click

from app.cli import who
from app.cli.messages import in_words
from app.cli.participants import group
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.ending import subject_access
from app.participants.enrolment import find
from app.studies.installing import study as find_study


@group.command("report")
@click.argument("study")
@click.argument("code")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--reason", required=True, callback=in_words, help="Why; it stands with her record for ever.")
@who.acting_person
def report(study: str, code: str, folder: Path, reason: str) -> None:
    """Write all that is held of CODE of STUDY into FOLDER, which must be new: for her who asks what is known of her."""
    with acting(who.person(), reason), transaction():
        kinds = subject_access.report(find(find_study(study), code), folder, reason, now())
    click.echo(f"{folder}: {', '.join(kinds)}. It names her: hand it to her alone.")
