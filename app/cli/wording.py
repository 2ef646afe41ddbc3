"""`flask wording`: install the licence holder's words, and render every screen for their review."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli import who
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.instruments import Wording
from app.instruments.wording_files import read_aliases, read_wording
from app.responses.wordings import install_wording
from app.studies.installing import current_protocol
from app.studies.installing import study as find_study
from app.studies.questionnaires import asked, newest_folder
from app.web.patient.proof import NoBrowser, proof_page, render

group = AppGroup("wording", help="The words of the questionnaires.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group.command()
@click.argument("file", type=FILE)
@click.option("--instrument", "code", required=True)
@click.option("--language", required=True)
@click.option("--version", required=True, help="As the licence holder calls it.")
@click.option("--source", required=True, help="Whose words these are, and by which licence.")
@click.option("--study", "study_code", help="Show them to this study's patients only.")
@click.option("--reviewed-by", default="", help="The native reader who has seen them.")
@click.option("--aliases", type=FILE, help="JSON: label of the sheet to place; - leaves a label out.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@who.acting_person
def install(
    file: Path, code: str, language: str, aliases: Path | None, yes: bool, study_code: str | None, **about: str
) -> None:
    """Install the words in FILE (CSV, JSON, or a label sheet in .xlsx), after showing each beside its place."""
    other = read_aliases(aliases.read_bytes()) if aliases else None
    study = find_study(study_code) if study_code else None
    questionnaire = asked(current_protocol(study).plan, code) if study else newest_folder(code).instrument
    wording = read_wording(questionnaire, file.name, file.read_bytes(), language=language, **about, aliases=other)
    _beside(wording)
    if not yes:
        click.confirm(f"Show these words to patients who are asked {code} in {language}?", abort=True)
    with acting(who.person(), f"wording {wording.version} of {code} in {language}"), transaction():
        install_wording(wording, now(), study)
    click.echo(f"Installed. Wording {wording.sha256}")


def _beside(wording: Wording) -> None:
    width = max(len(place) for place, _ in wording.strings)
    for place, text in wording.strings:
        click.echo(f"{place:{width}}  {text}")


@group.command()
@click.option("--instrument", "code", required=True)
@click.option("--language", required=True)
@click.option("--out", default="proof", show_default=True, type=click.Path(file_okay=False, path_type=Path))
def proof(code: str, language: str, out: Path) -> None:
    """Render each screen of an instrument at three widths as PNG, for the licence holder's review."""
    document = proof_page((code,), language)
    out.mkdir(parents=True, exist_ok=True)
    page = out / f"{code}.{language}.html"
    page.write_bytes(document)
    try:
        made = render(page, out)
    except NoBrowser as missing:
        raise click.ClickException(f"{missing} The page itself is in {page}.") from None
    click.echo(f"{len(made)} pictures in {out}")
