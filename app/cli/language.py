"""`flask language`: the languages of the patients' pages, what each lacks, and catalogues that a site brings."""

import re
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask.cli import AppGroup

from app.cli.catalogue_check import catalogue_problems, patients_sentences
from app.core.problems import BadInput, NotFound
from app.studies.protocol.catalogues import COMPILED, TEXT
from app.studies.spoken import folders, languages, reviewer, site_folder

group = AppGroup("language", help="The languages of the patients' pages.")


@group.command("list")
def list_() -> None:
    """Each language, and the native reader who has seen its words."""
    for language in sorted(languages()):
        click.echo(f"{language:4} {reviewer(language) or 'no native reader has seen it: no live study may speak it'}")


@group.command()
@click.argument("language")
def check(language: str) -> None:
    """Say what the catalogue of LANGUAGE lacks, and whether somebody has reviewed it."""
    if language == "en":
        click.echo("English is written in the code itself.")
        return
    texts = [text for folder in folders() if (text := folder / language / TEXT).exists()]
    if not texts:
        raise NotFound(f"There is no catalogue of {language}; there are: {', '.join(sorted(languages()))}.")
    _told(language, _read(texts[-1], language))
    click.echo(f"Reviewed by: {reviewer(language) or 'nobody'}")


@group.command()
@click.argument("language")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reviewed-by", default="", help="The native reader who has seen every sentence.")
def install(language: str, file: Path, reviewed_by: str) -> None:
    """Install FILE (gettext's .po) as the words of LANGUAGE here; the service shows them after its next start."""
    catalogue = _read(file, language)
    _told(language, catalogue)
    folder = site_folder() / language
    (folder / TEXT).parent.mkdir(parents=True, exist_ok=True)
    (folder / TEXT).write_text(_signed(file.read_text("utf-8-sig"), reviewed_by), "utf-8")
    with (folder / COMPILED).open("wb") as compiled:
        write_mo(compiled, catalogue)
    click.echo(f"Installed in {folder}. Restart web and clock.")


def _signed(text: str, reader: str) -> str:
    """The catalogue's text with the reader in its head, in place of whoever stood there."""
    if not reader.strip():
        return text
    if not reader.isprintable() or set(reader) & set('"\\'):
        raise BadInput("Give the reader's name without quotes, in one line.")
    line = f'"X-Reviewed-By: {reader.strip()}\\n"\n'
    return re.sub(
        r'(msgstr ""\n)', lambda head: head[1] + line, re.sub(r'^"X-Reviewed-By:.*\n', "", text, flags=re.M), count=1
    )


def _read(file: Path, language: str) -> Catalog:
    with file.open("rb") as content:
        return read_po(content, locale=language)


def _told(language: str, catalogue: Catalog) -> None:
    """End with every problem, if there is any."""
    if problems := list(catalogue_problems(catalogue)):
        raise click.ClickException("\n  ".join([f"The catalogue of {language} is not whole:", *problems]))
    click.echo(f"{language}: all {len(patients_sentences())} sentences of the patients' pages are there.")
