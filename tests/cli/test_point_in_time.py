"""A server that is lost comes back from its base and its archived log, or as a snapshot was: nothing leaves twice.

No command of ours ran on what comes back, so the database has the name that it had. The page's own settings are used.
"""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, create_app
from app.cli import ops, who
from app.config import Settings
from app.core import backing_up, embedded, incarnation
from app.core.audit import acting
from app.core.crypto import keyring
from app.core.database import db, transaction
from app.core.embedded import Embedded, binary, dump
from app.core.problems import Conflict, NotFound
from app.core.time import moved_clock
from app.messages import breaker
from app.messages.receiving import replies
from app.participants.models import Contact, Participant
from app.rehearsal.carrier import Carrier
from app.schedule.links import presented, resolve
from app.schedule.models import Assessment
from tests import clusters
from tests.factories import command, put_away
from tests.messages.people import INVITED, enrolled, minutes

BASE = "https://svar.example.org"
TEXTED, WAITED, LOST, INSTEAD, LATER = range(1, 3), range(3, 5), range(5, 9), range(11, 15), range(21, 22)
"""Who was texted between base and moment; after the moment; who was enrolled after it, and lost; who was enrolled in
their place before anybody said what had happened; and who after that."""
STOPPED = TEXTED[0]
"""She writes STOP after the moment."""
EVERYBODY = Counter({number: 2 if number == STOPPED else 1 for number in (*TEXTED, *WAITED, *LOST, *INSTEAD, *LATER)})
"""An invitation each, and what was answered to her who wrote STOP."""
JOBS = ("plan", "receipts", "hear", "queue", "deliver", "reconcile", "redact", "remember")


def number_of(person: int) -> str:
    return f"+474000{person:04d}"


@contextmanager
def serving(settings: Settings, server: Embedded, instance: Path) -> Iterator[Flask]:
    """The service on this server, with a clock that has this disk."""
    there = {"database_url": server.url("svar_app", "svar"), "owner_url": server.url("svar_owner", "svar")}
    made = create_app(replace(settings, instance=instance, public_base_url=BASE, **there))  # type: ignore[arg-type]
    with made.app_context():
        try:
            yield made
        finally:
            db.session.close()
            put_away(made)


def one_round(carrier: Carrier, minute: float, without: str = "") -> None:
    for job in (*clock.JOBS, *clock.SLOW_JOBS):
        if job.name in JOBS and job.name != without:
            assert clock.run(job, carrier, INVITED + minutes(minute)), job.name


def enrol(people: range) -> None:
    with acting("test"), transaction():
        for number in people:
            enrolled(number)


def write_stop(carrier: Carrier, minute: float) -> None:
    text = carrier.write(number_of(STOPPED), "STOPP", INVITED + minutes(minute))
    with acting("test"), transaction():
        replies.keep({"MessageSid": text.sid, "From": text.number, "Body": text.body}, INVITED + minutes(minute))


class Day:
    """A day at a hospital, at whose end the database's server is lost. What is left: its base and its log, the clock's
    disk, and what the provider knows."""

    def __init__(self, settings: Settings, shape: bytes, folder: Path) -> None:
        self.settings, self.folder, self.carrier = settings, folder, Carrier(BASE)
        self.vault, home = clusters.Vault(folder / "vault"), folder / "first"
        try:
            server = self.vault.serve(home)
            server.ensure_database("svar")
            arguments, environment = backing_up.connected(server.url("svar_owner", "svar"))
            loading = [str(binary("pg_restore")), *arguments, "--no-owner", "--dbname=svar"]
            subprocess.run(loading, input=shape, env=environment, check=True, timeout=60)
            self.passwords = server.passwords
            with serving(settings, server, folder / "disk"):
                self._play(server)
        finally:
            embedded.discard(home)

    def _play(self, server: Embedded) -> None:
        one_round(self.carrier, -20)  # a new installation has a clock that knows it before it has people
        enrol(TEXTED)
        self.vault.take(server)
        one_round(self.carrier, 0)
        enrol(WAITED)
        one_round(self.carrier, 1, without="deliver")
        self.moment, self.lives = clusters.moment(server), incarnation.marks()
        one_round(self.carrier, 2)
        enrol(LOST)
        one_round(self.carrier, 3)
        write_stop(self.carrier, 4)
        one_round(self.carrier, 5)
        assert len(self.carrier.rang) == len([*TEXTED, *WAITED, *LOST]) + 1
        clusters.archive(server)

    @contextmanager
    def after(self, moment: str | None) -> Iterator[tuple[Flask, Carrier]]:
        """The service on another server, as of then; the clock's disk and the provider are as they were at the end."""
        home, disk = self.folder / "second", self.folder / "disk-then"
        shutil.copytree(self.folder / "disk", disk)
        try:
            with serving(self.settings, self.vault.put_back(home, self.passwords, moment), disk) as app:
                assert incarnation.marks() == self.lives
                db.session.rollback()
                yield app, deepcopy(self.carrier)
        finally:
            embedded.discard(home)
            shutil.rmtree(disk)


def codes() -> list[str]:
    return list(db.session.scalars(select(Participant.code).order_by(Participant.id)))


def links(carrier: Carrier, people: range) -> list[str]:
    """The links in the texts that these people have."""
    numbers = set(map(number_of, people))
    return [token for rang in carrier.rang if rang.number in numbers for token in rang.tokens]


def rang_for(carrier: Carrier) -> Counter[int]:
    return Counter(int(rang.number[-4:]) for rang in carrier.rang)


def visits_of(people: range) -> set[int]:
    """The numbers of their visits."""
    fingerprints = [print_ for each in people for print_ in keyring().fingerprints(number_of(each))]
    query = select(Assessment.id).join(Contact, Contact.participant_id == Assessment.participant_id)
    return set(db.session.scalars(query.where(Contact.phone_fingerprint.in_(fingerprints))))


def say_and_release(app: Flask, carrier: Carrier, since: float) -> str:
    """What an operator does, and what is said at its end."""
    last = db.session.scalar(select(func.max(Assessment.id))) or 0
    db.session.rollback()
    with moved_clock(lambda: INVITED + minutes(9)):
        said = command(app, "ops", "restored", "--since", f"{INVITED + minutes(since):%Y-%m-%dT%H:%M:%S}")
        assert said.exit_code == 0, said.output
        with pytest.raises(Conflict, match="has not run plan and queue since"):
            ops.let_leave(carrier, who.SHELL, nothing_lost=False)
    enrol(LATER)
    assert min(visits_of(LATER)) > last + incarnation.FAR
    one_round(carrier, 10)
    with moved_clock(lambda: INVITED + minutes(11)), redirect_stdout(StringIO()) as output:
        ops.let_leave(carrier, who.SHELL, nothing_lost=False)
    one_round(carrier, 12)
    return output.getvalue()


def opens_for(link: str) -> str | None:
    """Whose visit the link opens, by her telephone."""
    try:
        return db.session.get_one(Participant, resolve(link).participant_id).contact.phone
    except NotFound:
        return None


@pytest.fixture(scope="module")
def day(
    worker_settings: Settings, server: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Day]:
    shape = dump(server.url("svar_owner", template), ["--format=custom"])
    played = Day(worker_settings, shape, tmp_path_factory.mktemp("day"))
    yield played
    played.vault.discard()


def test_f39_a_recovery_to_a_moment_sends_nothing_twice_and_crosses_no_link(day: Day) -> None:
    with day.after(day.moment) as (app, carrier):
        assert codes() == [f"01-{number:03d}" for number in (1, 2, 3, 4)], "what the base lacked is in the log"
        rang, lost = len(carrier.rang), links(carrier, LOST)
        one_round(carrier, 6)
        one_round(carrier, 7)
        assert breaker.halts() == ("the database was restored or moved: it is not where it was",)
        enrol(INSTEAD)
        one_round(carrier, 8)
        assert len(carrier.rang) == rang, "held"
        assert {presented(link).assessment_id for link in lost} & visits_of(INSTEAD)
        output = say_and_release(app, carrier, since=2)
        assert f"Wrote STOP since, and get no more texts: 01-00{STOPPED}." in output
        assert f"{len(LOST)} numbers were texted since that are nobody's here" in output
        assert f"{len(WAITED)} texts in the queue had left already and are not sent again." in output
        assert {opens_for(link) for link in lost} == {None}
        for number in (*TEXTED, *WAITED, *INSTEAD, *LATER):
            assert [opens_for(link) for link in links(carrier, range(number, number + 1))] == [number_of(number)]
        assert rang_for(carrier) == EVERYBODY
        assert incarnation.marks()[1:] == day.lives


def test_f39_a_snapshot_put_back_as_it_was_sends_nothing_twice_though_it_is_where_it_was(day: Day) -> None:
    with day.after(None) as (app, carrier):
        assert codes() == ["01-001", "01-002"]
        assert incarnation.place() == incarnation.present().home
        rang, lost = len(carrier.rang), links(carrier, LOST)
        one_round(carrier, 6)
        one_round(carrier, 7)
        assert breaker.halts() == ("the database was restored: the clock remembers a later one",)
        enrol(INSTEAD)
        one_round(carrier, 8)
        assert len(carrier.rang) == rang, "held"
        output = say_and_release(app, carrier, since=-10)
        assert f"Wrote STOP since, and get no more texts: 01-00{STOPPED}." in output
        assert f"{len(TEXTED)} texts in the queue had left already and are not sent again." in output
        assert {opens_for(link) for link in lost} == {None}
        assert rang_for(carrier) == EVERYBODY
