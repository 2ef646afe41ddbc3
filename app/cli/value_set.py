"""`flask value-set`: EQ-5D value sets that do not ship, such as crosswalks."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli import who
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.instruments.value_set_files import value_sets
from app.studies.value_sets import import_value_set, imported

group = AppGroup("value-set", help="EQ-5D-5L value sets.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group.command("list")
def list_() -> None:
    """The value sets that ship, and those that were imported, each with its paper."""
    for each in (*value_sets(), *imported()):
        click.echo(f"{each.id:16} {each.country}, {each.method}. {each.citation} doi:{each.doi}")


@group.command("import")
@click.argument("file", type=FILE)
@click.option("--name", required=True, help="What scores will call it.")
@click.option("--country", required=True)
@click.option("--method", required=True, help="Such as crosswalk.")
@click.option("--citation", required=True, help="The paper.")
@click.option("--doi", required=True)
@who.acting_person
def import_(file: Path, name: str, **about: str) -> None:
    """Import FILE: CSV with the columns profile and index, one line for each of the 3,125 profiles."""
    with acting(who.person()), transaction():
        row = import_value_set(name, file.read_bytes(), about, now())
        digest = row.sha256
    click.echo(f"{name} can be used now, sha256 {digest}.")
