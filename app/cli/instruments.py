"""`flask instrument`: questionnaires that ship or that a site brings: checked, installed, proved, scored."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click
from flask.cli import AppGroup

from app.cli import who
from app.cli.instrument_shown import described_lines, listed_lines, proof_lines, score_line, walked_lines
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.instruments import score
from app.instruments.answer_reading import read_json
from app.instruments.fhir import questionnaire
from app.instruments.folders import Folder, read_folder
from app.instruments.library import instrument_codes
from app.instruments.overview import described, listed
from app.instruments.problems import BadFolder, BadLibrary
from app.instruments.proving import prove
from app.instruments.walking import ways
from app.studies.questionnaires import install_folder, newest, newest_folder
from app.studies.value_sets import named

Source = TypeVar("Source")
group = AppGroup("instrument", help="The questionnaires, and their scoring.")
LANGUAGE_OPTION = click.option("--language", default="en", show_default=True, help="In the words of this language.")
FOLDERS = click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@group.command()
@FOLDERS
def check(folders: tuple[Path, ...]) -> None:
    """Say everything that is wrong with the questionnaires in FOLDERS, in all their files; then prove their scores."""
    _sound(_read(folders, read_folder))


@group.command()
@FOLDERS
@who.acting_person
def install(folders: tuple[Path, ...]) -> None:
    """Install the questionnaires in FOLDERS: a protocol that is installed from now on may ask them."""
    read = _read(folders, read_folder)
    _sound(read)
    codes = ", ".join(folder.instrument.code for folder in read)
    with acting(who.person(), f"questionnaires {codes}"), transaction():
        for folder in read:
            row = install_folder(folder, now())
            click.echo(f"Installed {row.code} {row.version}, sha256 {row.sha256}")


def _read(sources: Iterable[Source], read: Callable[[Source], Folder]) -> list[Folder]:
    """The questionnaire of each source, or BadLibrary with the problems of all that are wrong."""
    folders: list[Folder] = []
    broken: list[BadFolder] = []
    for source in sources:
        try:
            folders.append(read(source))
        except BadFolder as bad:
            broken.append(bad)
    if broken:
        raise BadLibrary(broken)
    return folders


def _sound(folders: Iterable[Folder]) -> None:
    """Print what there is to know; end with a sentence for each score that is not what it must be."""
    wrong = []
    for folder in folders:
        proof = prove(folder.instrument, folder.vectors)
        for note in folder.notes:
            click.echo(f"Note: {note}")
        wrong += [f"{folder.instrument.code}: {failure}" for failure in proof.failures]
        click.echo("\n".join(proof_lines(folder.instrument, proof)))
    if wrong:
        raise click.ClickException("\n  ".join(["These scores are not right:", *wrong]))


@group.command("test")
@click.argument("codes", nargs=-1)
def test_(codes: tuple[str, ...]) -> None:
    """Run the example vectors of CODES (of all without any), and every pattern of answers left out."""
    _sound(_read(codes or sorted({*instrument_codes(), *newest()}), newest_folder))


@group.command("list")
@LANGUAGE_OPTION
def list_(language: str) -> None:
    """Every instrument: code, items, scores, wordings."""
    questionnaires = newest()
    click.echo(
        "\n".join(listed_lines(listed(tuple(questionnaires[code] for code in sorted(questionnaires)), language)))
    )


@group.command()
@click.argument("code")
@LANGUAGE_OPTION
@click.option("--walk", is_flag=True, help="Each way through it instead: which answers lead to which questions.")
def show(code: str, language: str, walk: bool) -> None:
    """What CODE asks, with the code of each answer, and under which terms."""
    instrument = newest_folder(code).instrument
    if walk:
        click.echo("\n".join(walked_lines(ways(instrument))))
        return
    click.echo("\n".join(described_lines(described(instrument, language))))


@group.command("score")
@click.argument("code")
@click.option("--answers", required=True, help='One JSON object, such as {"leg": 7}.')
@click.option("--value-set", "value_sets", multiple=True, help="For EQ-5D-5L; may be given several times.")
def score_(code: str, answers: str, value_sets: tuple[str, ...]) -> None:
    """The scores of these answers, with rule and reason."""
    sets = [named(name) for name in value_sets] or None
    scores = score(newest_folder(code).instrument, read_json(code, answers), sets, on=now().date())
    if not scores:
        click.echo(f"{code} has no score.")
    for each in scores:
        click.echo(score_line(each))


@group.command()
@click.argument("code")
@LANGUAGE_OPTION
def fhir(code: str, language: str) -> None:
    """CODE as a FHIR R4 Questionnaire with ordinal values."""
    resource = questionnaire(newest_folder(code).instrument, language)
    click.echo(json.dumps(resource, ensure_ascii=False, indent=2))
