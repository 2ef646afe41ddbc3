"""Play a trial in two processes, each with half of the sites and a virtual clock of its own.

Nobody at one site depends on anybody at another, so the halves may be at different days. Row-level security keeps them
apart: each crew's connections are confined to its sites, as those of a coordinator are, so its clock plans, asks and
delivers for its own people only. However many processors there are, the crews are the same and so is what they do.
"""

import gc
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from flask import Flask
from sqlalchemy import make_url

from app.config import Settings
from app.rehearsal.population import Person
from app.rehearsal.run import Progress, Trial
from app.studies.installing import site, study

CREWS = 2


@dataclass(frozen=True)
class Work:
    """What there is to play, as another process can be told."""

    settings: Settings
    study: str
    people: Sequence[Person]
    actor: str
    start: datetime
    end: datetime
    quiet: Mapping[str, datetime]


def play(work: Work, progress: Progress) -> None:
    """Let the crews play everything that happens before the end."""
    with _working([_share(work, sites) for sites in halves(work.people)]) as lines:
        days = dict.fromkeys(lines, 0)
        told = 0
        while lines:
            for line in connection.wait(lines):
                assert isinstance(line, Connection)
                try:
                    days[line] += line.recv()
                except EOFError:
                    lines.remove(line)
            if (least := min(days.values())) > told:
                progress.update(least - told)
                told = least


def alone(app: Flask, work: Work, progress: Progress) -> None:
    """Play it all in this process."""
    one = study(work.study)
    Trial(app, one, work.people, work.actor, work.start, work.end, progress, work.quiet).play()


def halves(people: Sequence[Person]) -> list[list[str]]:
    """The sites of each crew: the largest first, each to whoever has fewer people so far."""
    numbers = Counter(person.site for person in people)
    crews: list[list[str]] = [[] for _ in range(CREWS)]
    for code, _ in sorted(numbers.items(), key=lambda one: (-one[1], one[0])):
        min(crews, key=lambda codes: sum(numbers[code] for code in codes)).append(code)
    return [codes for codes in crews if codes]


def _share(work: Work, sites: Sequence[str]) -> Work:
    ids = [site(study(work.study), code).id for code in sites]
    people = [person for person in work.people if person.site in sites]
    return replace(work, people=people, settings=confined(work.settings, ids))


def confined(settings: Settings, site_ids: Sequence[int]) -> Settings:
    """The same settings, with connections that see the rows of these sites only."""
    sites = ",".join(str(id_) for id_ in site_ids)
    options = f"-c svar.sites={{{sites}}} -c enable_seqscan=off"  # plans are made while the tables are still empty
    address = make_url(settings.database_url).update_query_dict({"options": options})
    return replace(settings, database_url=address.render_as_string(hide_password=False))


@contextmanager
def _working(shares: Sequence[Work]) -> Iterator[list[Connection]]:
    """The crews at work, and the lines on which they tell how many more days have passed."""
    context = get_context("spawn")
    crews: list[SpawnProcess] = []
    lines: list[Connection] = []
    try:
        for share in shares:
            ours, theirs = context.Pipe(duplex=False)
            crew = context.Process(target=_work, args=(share, theirs), daemon=True)
            crew.start()
            theirs.close()
            crews.append(crew)
            lines.append(ours)
        yield lines
        for crew in crews:
            crew.join()
            if crew.exitcode:
                raise RuntimeError("A crew of the rehearsal broke off; what it met is told above.")
    finally:
        for crew in crews:
            crew.terminate()


@dataclass(frozen=True)
class _Told:
    """A crew's progress, told on its line."""

    line: Connection

    def update(self, n_steps: int) -> None:
        self.line.send(n_steps)


def _work(share: Work, line: Connection) -> None:
    """What a crew's process does."""
    from app import create_app

    app = create_app(share.settings)
    gc.freeze()  # what is there now stays: there is no use in looking through it again and again
    gc.set_threshold(50_000, 20, 50)
    logging.getLogger("svar").setLevel(logging.WARNING)
    with app.app_context():
        alone(app, share, _Told(line))
