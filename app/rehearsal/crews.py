"""Processes that play a rehearsal beside each other, each with a virtual clock of its own.

Nobody at one site depends on anybody at another, so two halves of a trial may be at different days. Row-level security
keeps them apart: each crew's connections are confined to its sites, as those of a coordinator are, so its clock plans,
asks and delivers for its own people only. However many processors there are, the crews are the same and so is what
they do.
"""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import combinations
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from flask import Flask
from sqlalchemy import make_url

from app.config import Settings
from app.rehearsal.population import SyntheticPerson
from app.rehearsal.run import ProgressBar, Trial
from app.studies.installing import site, study

CREWS = 2

Job = Callable[[ProgressBar], Any]
"""Something to do in another process, which can be sent there; it tells its progress in days."""


@dataclass(frozen=True)
class Done:
    """What a crew tells when its job is done."""

    result: Any


@dataclass(frozen=True)
class Crew:
    """A process that does one job after another."""

    process: SpawnProcess
    line: Connection

    def start(self, job: Job) -> None:
        """Begin; `result` waits for the end, `follow` also tells how far it is."""
        self.line.send(job)

    def result(self) -> Any:
        """What came of the job."""
        while not isinstance(message := _heard(self.line), Done):
            pass
        return message.result


@contextmanager
def crews() -> Iterator[Sequence[Crew]]:
    """Crews that stand ready, until the block ends."""
    made = [_crew() for _ in range(CREWS)]
    try:
        yield made
    finally:
        for crew in made:
            crew.process.terminate()


def follow(busy: Sequence[Crew], progress: ProgressBar) -> None:
    """Wait until the crews have played; `progress` hears of each day that has passed in all of them."""
    days = {crew.line: 0 for crew in busy}
    lines, n_passed = list(days), 0
    while lines:
        for line in connection.wait(lines):
            assert isinstance(line, Connection)
            match _heard(line):
                case Done():
                    lines.remove(line)
                case int() as n_days:
                    days[line] += n_days
        if (least := min(days.values())) > n_passed:
            progress.update(least - n_passed)
            n_passed = least


def _heard(line: Connection) -> object:
    try:
        return line.recv()
    except EOFError:
        raise RuntimeError("A crew of the rehearsal broke off; what it met is told above.") from None


def _crew() -> Crew:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return Crew(process, ours)


@dataclass(frozen=True)
class _Told:
    """A job's progress, told on its crew's line."""

    line: Connection

    def update(self, n_steps: int) -> None:
        self.line.send(n_steps)


def _serve(line: Connection) -> None:
    """What a crew's process does until it is ended."""
    while True:
        job: Job = line.recv()
        line.send(Done(job(_Told(line))))


@dataclass(frozen=True)
class Work:
    """A trial, or a part of one, that is to be played."""

    settings: Settings
    study: str
    people: Sequence[SyntheticPerson]
    actor: str
    start: datetime
    end: datetime
    quiet: Mapping[str, datetime]

    @property
    def job(self) -> Job:
        """The same for a crew, which sees the sites of these people only."""
        ids = [site(study(self.study), code).id for code in sorted({person.site for person in self.people})]
        return partial(_play, replace(self, settings=confined(self.settings, ids)))


def play(app: Flask, work: Work, progress: ProgressBar) -> None:
    """Let everything happen that happens before the end, in this process."""
    trial = Trial(
        app, study(work.study), work.actor, work.start, work.end, progress, people=work.people, quiet=work.quiet
    )
    trial.play()


def halves(work: Work) -> list[Work]:
    """The work of each crew: whole sites, so that both have as nearly as many people as can be."""
    numbers = Counter(person.site for person in work.people)
    codes = sorted(numbers)
    choices = [some for size in range(1, len(codes) + 1) for some in combinations(codes, size)]
    first_half = min(choices, key=lambda some: abs(2 * sum(numbers[code] for code in some) - len(work.people)))
    parts = (
        [person for person in work.people if (person.site in first_half) is in_first] for in_first in (True, False)
    )
    return [replace(work, people=people) for people in parts if people]


def confined(settings: Settings, site_ids: Sequence[int]) -> Settings:
    """The same settings, with connections that see the rows of these sites only."""
    sites = ",".join(str(id_) for id_ in site_ids)
    options = f"-c svar.sites={{{sites}}} -c enable_seqscan=off"  # plans are made while the tables are still empty
    address = make_url(settings.database_url).update_query_dict({"options": options})
    return replace(settings, database_url=address.render_as_string(hide_password=False))


def _play(work: Work, progress: ProgressBar) -> None:
    from app import create_app

    app = create_app(work.settings)
    gc.freeze()  # what is there now stays: there is no use in looking through it again and again
    gc.set_threshold(50_000, 20, 50)
    logging.getLogger("svar").setLevel(logging.WARNING)
    with app.app_context():
        play(app, work, progress)
