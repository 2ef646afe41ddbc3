"""`flask participants import`: everybody of a list, or nobody."""

from pathlib import Path

import click
from sqlalchemy import select

from app.cli import who
from app.cli.participants import group
from app.core.audit import acting
from app.core.database import db, taken_back, transaction
from app.core.time import now
from app.participants.import_files import read_list
from app.participants.importing import import_people
from app.studies.installing import study as find_study
from app.studies.models import Site


@group.command("import")
@click.argument("study")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say who would be enrolled, and what is wrong.")
@who.acting_person
def import_list(study: str, file: Path, dry_run: bool) -> None:
    """Enrol everybody of FILE (CSV or XLSX) in STUDY; whoever is there already stays as she is."""
    rows = read_list(file.read_bytes(), file.name)
    with acting(who.person(), f"import of {file.name}"[:200]), transaction():
        row = find_study(study)
        sites = {
            site.code: site for site in db.session.scalars(select(Site).filter_by(study_id=row.id).order_by(Site.code))
        }
        if dry_run:
            with taken_back():
                done = import_people(rows, sites, row, now())
        else:
            done = import_people(rows, sites, row, now())
    for code in done.enrolled:
        click.echo(code)
    would = "would be enrolled. Nothing was changed." if dry_run else "enrolled."
    click.echo(f"{len(done.enrolled)} people {would} {len(done.unchanged)} were there already.")
