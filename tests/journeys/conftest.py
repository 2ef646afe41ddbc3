"""A small whole trial, played once and looked at from many sides."""

import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from app import create_app
from app.core import embedded
from app.rehearsal.crews import Crew
from app.rehearsal.parameters import Enrolment, Parameters
from app.rehearsal.past import EXAMPLE_TRIAL, Past
from app.rehearsal.simulation_file import read_parameters
from tests.factories import put_away
from tests.settings import settings_of

PARTICIPANTS = 20


class Silent:
    """A progress bar for nobody."""

    def update(self, n_steps: int) -> None:
        assert n_steps > 0


@dataclass(frozen=True)
class Played:
    """A trial that has been played: where its results are, and every way to look behind them."""

    app: Flask
    folder: Path
    parameters: Parameters
    summary: dict[str, Any]
    logs: str
    database_url: str

    def dump(self) -> str:
        """The whole database as SQL text."""
        return embedded.dump(self.database_url).decode()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows, read behind the service's back."""
        with psycopg.connect(self.database_url.replace("+psycopg", "")) as connection:
            return connection.execute(statement).fetchall()

    def change(self, statement: str) -> None:
        """Do something to the database, behind the service's back."""
        with psycopg.connect(self.database_url.replace("+psycopg", "")) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="package")
def parameters() -> Parameters:
    """Few people, enrolled within a year that holds both of Oslo's switches."""
    read = read_parameters(EXAMPLE_TRIAL / "simulation.yaml")
    return replace(read, participants=PARTICIPANTS, enrolment=Enrolment(date(2019, 1, 14), date(2019, 11, 15)))


@pytest.fixture(scope="package")
def played(
    server: embedded.Embedded, template: str, parameters: Parameters, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """The small trial, from protocol file to report."""
    yield from play(server, template, parameters, tmp_path_factory.mktemp("trial"))


def play(
    server: embedded.Embedded, template: str, parameters: Parameters, folder: Path, crews: Sequence[Crew] = ()
) -> Iterator[Played]:
    """Play a trial in a database of its own; in this process, so that its logs are heard, or by two others."""
    name = f"{template}_{folder.name}".replace("-", "_")
    server.recreate_database(name, template=template)
    made = settings_of(server, name, folder)
    settings = replace(made, owner_url=server.url("postgres", name), public_base_url="http://127.0.0.1:8000")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    logging.getLogger("svar").setLevel(logging.DEBUG)
    app = create_app(settings)
    (folder / "rehearsal").mkdir()
    try:
        with app.app_context():
            trial = Past(app, folder / "rehearsal", parameters, crews).play(Silent())
            summary = trial.finish(trial.export()(Silent()))
        yield Played(app, folder, parameters, summary, written.getvalue(), settings.owner_url)
    finally:
        logging.getLogger().removeHandler(handler)
        put_away(app)
        server.drop_database(name)
