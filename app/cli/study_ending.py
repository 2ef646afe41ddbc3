"""`flask study archive`, `forget-contacts`, `delete`, `erasures`: what is kept, what goes for good, and the proof."""

import json
from pathlib import Path

import click

from app.cli import who
from app.cli.messages import in_words
from app.cli.owning import owner_url
from app.cli.study import group
from app.config import current_settings
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import BadInput, NotFound
from app.core.time import now
from app.ending import archiving, deleting, erasing
from app.ending.models import Erasure
from app.responses.going_live import change_state
from app.studies.installing import study as find_study
from app.studies.models import StudyState

BACKUPS = "Back-ups that were made before still hold it: see to them, and to what the provider of texts keeps."


@group.command("archive")
@click.argument("study")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@who.acting_person
def archive(study: str, folder: Path, reason: str) -> None:
    """Write all that is to be kept of STUDY into FOLDER, to be opened without Svar; from then on it is archived."""
    with acting(who.person(), reason), transaction():
        row = find_study(study)
        made = archiving.archive(row, folder, now())
        change_state(row, StudyState.ARCHIVED)
    click.echo(f"{made.files} files in {made.folder}. {study} is archived.\nKeep elsewhere: {made.sha256}  SHA256SUMS")


@group.command("forget-contacts")
@click.argument("study")
@click.option("--reason", required=True, callback=in_words, help="Why; it stands in the certificate.")
@click.option("--confirm", "typed", prompt="This cannot be undone. The study's code", help="The study's code, again.")
@who.acting_person
def forget(study: str, reason: str, typed: str) -> None:
    """Take away who the people of STUDY are: names, numbers, PINs, years of birth, what they wrote from a telephone."""
    if typed != study:
        raise BadInput(f"{typed} is not {study}. Nothing was changed.")
    with acting(who.person(), reason):
        made = erasing.forget_contacts(find_study(study), owner_url(current_settings()), reason, now())
    _tell(made)


@group.command("delete")
@click.argument("study")
@click.option("--reason", help="Why; it stands in the certificate. This only asks for it.")
@click.option("--confirm", "typed", help="The study's code, by another person than who asked: delete it.")
@who.acting_person
def delete(study: str, reason: str | None, typed: str | None) -> None:
    """Delete STUDY with all its rows and exports. It takes two people: one asks (--reason), another confirms."""
    if (reason is None) == (typed is None):
        raise BadInput("Ask for it with --reason; another person then confirms it with --confirm and the study's code.")
    if typed is not None and typed != study:
        raise BadInput(f"{typed} is not {study}. Nothing was changed.")
    if left := deleting.left_files(study):
        deleting.clear(left)
        click.echo(f"{study} was deleted before; its exports on this machine are gone now too.")
    elif reason is not None:
        with acting(who.person(), reason), transaction():
            deleting.ask(find_study(study), reason, now())
        click.echo(f"Noted. Within {deleting.STANDS.days} days another person confirms: --confirm {study}")
    else:
        with acting(who.person(), f"deletion of {study}"):
            made = deleting.confirm(find_study(study), owner_url(current_settings()), now())
        _tell(made)


@group.command("erasures")
@click.argument("study", required=False)
@click.option("--out", type=click.Path(path_type=Path), help="Also write them as JSON into this file.")
def erasures(study: str | None, out: Path | None) -> None:
    """The certificates of what was taken away, of STUDY or of all; 1 if one is not what was signed."""
    rows = deleting.certificates(study)
    if study and not rows:
        raise NotFound(f"Nothing of {study} was taken away.")
    click.echo("\n".join(_words(row) for row in rows) or "Nothing was taken away.")
    if out is not None:
        said = [erasing.certificate(row) | {"sha256": row.sha256} for row in rows]
        out.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if any(row.sha256 != erasing.fingerprint(erasing.certificate(row)) for row in rows):
        raise click.ClickException("A certificate is not what was signed: somebody altered it.")


def _tell(made: int) -> None:
    db.session.rollback()
    click.echo(_words(db.session.get_one(Erasure, made)))
    click.echo(BACKUPS)


def _words(row: Erasure) -> str:
    what = "contacts of " if row.kind == "contacts" else ""
    counts = ", ".join(f"{rows} {table}" for table, rows in sorted(row.counts.items())) or "nothing was there"
    trail = f"; the content of {row.entries} entries of the audit trail" if row.entries else ""
    people = f"asked by {row.asked_by} on {row.asked_at:%Y-%m-%d}, done by {row.done_by} on {row.done_at:%Y-%m-%d}"
    return f"Gone: {what}{row.study} ({row.title}): {counts}{trail}; {people}.\n  {row.sha256}"
