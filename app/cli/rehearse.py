"""`flask rehearse`: play the whole trial on a virtual clock, then, if asked, serve what is left."""

import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import make_url

from app.config import ROOT, Settings, settings_of

if TYPE_CHECKING:
    from flask import Flask

    from app.rehearsal.run import ProgressBar


LEAST = 8
"""People without whom the models of the example have nothing to fit."""


@click.command("rehearse")
@click.option("--serve", is_flag=True, help="Then serve it, with a living study, until Ctrl-C.")
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "var" / "rehearsal", show_default=True)
@click.option("--participants", type=click.IntRange(1, 999), help="Fewer or more people than simulation.yaml says.")
@click.option(
    "--study", "own", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A study's folder: protocol.yaml, and perhaps instruments/, analysis.yaml, simulation.yaml.",
)  # fmt: skip
@with_appcontext
def group(serve: bool, folder: Path, participants: int | None, own: Path | None) -> None:
    """Play a trial from the first enrolment to the report: BackToBasic, or the one in the folder --study."""
    from app.rehearsal import stage

    if own is None and participants is not None and participants < LEAST:
        raise click.BadParameter(f"BackToBasic is analysed, which takes at least {LEAST}.", param_hint="--participants")
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    settings = settings_of(app)
    if settings.production:
        raise click.ClickException("A rehearsal makes synthetic people; it does not run in production.")
    check_folder(folder)
    with _alone(settings):
        if serve:
            _check_port(stage.listening(settings))
        logging.getLogger("svar").setLevel(logging.WARNING)  # thousands of requests, by nobody
        if own is None:
            click.echo(stage.result_in_words(stage.rehearse(app, folder, participants, _bar), folder))
        else:
            _rehearse_own(app, own, participants, folder)
        if serve:
            click.echo(stage.addresses(settings))
            stage.serve(settings, os.environ)


def _rehearse_own(app: "Flask", own: Path, participants: int | None, folder: Path) -> None:
    from app.rehearsal.own import rehearsing
    from app.rehearsal.own.folder import read_study_folder

    rehearsed = rehearsing.rehearse_own(app, read_study_folder(own, participants), folder, _bar)
    click.echo(rehearsing.in_words(rehearsed, folder))


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One at a time, a served demo included: another would empty the database under it, and its clock text in ours."""
    name = make_url(settings.database_url).database
    settings.instance.mkdir(parents=True, exist_ok=True)
    with (settings.instance / f"rehearsal-{name}.lock").open("w", encoding="utf-8") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            hint = "end it first (Ctrl-C where it runs); a rehearsal begins with an empty database"
            raise click.ClickException(f"Another rehearsal, or its demo, is at work in this database; {hint}") from None
        yield


@contextmanager
def _bar(days: int, label: str) -> Iterator["ProgressBar"]:
    with click.progressbar(length=days, label=f"{label:<12}", show_pos=False) as bar:
        yield bar


PICTURE_FILES = r"analyses|courses|curve_\w+|figure\d+|flow|improved|outcomes|primary|residuals|robustness|tipping"
TABLE_FILES = r"profile_\d+|events|event_rates|descriptives"
OF_REPORT = rf"|({PICTURE_FILES})\.(svg|csv)|({TABLE_FILES})\.csv"
"""What `app.analysis.report` writes beside its page."""


def check_folder(folder: Path) -> None:
    """The folder is replaced as a whole, so it may hold nothing but an earlier rehearsal."""
    of_report = OF_REPORT if (folder / "summary.json").is_file() else ""
    made = re.compile(rf"export|allocation\.csv|results\.csv|report\.html|summary\.json{of_report}")
    others = sorted(path.name for path in folder.glob("*") if not made.fullmatch(path.name))
    if others:
        hint = "a rehearsal replaces its whole folder. Name a new or an empty one with --folder"
        raise click.ClickException(f"{folder} holds {others[0]}, which no rehearsal made; {hint}")
    folder.mkdir(parents=True, exist_ok=True)  # told now where it cannot be written, not once all else is forgotten
    with TemporaryFile(dir=folder):
        pass


def _check_port(at: tuple[str, int]) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(at)
        except OSError as error:
            hint = "stop what uses it, or choose another: PUBLIC_BASE_URL=http://127.0.0.1:8001 make demo"
            why = "is in use" if error.errno == EADDRINUSE else f"of {at[0]} cannot be opened here: {error.strerror}"
            raise click.ClickException(f"Port {at[1]} {why}; {hint}") from None
