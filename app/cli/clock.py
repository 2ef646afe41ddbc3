"""`flask clock`: the scheduler process. Any number of them may run."""

import logging
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import clock
from app.config import ROOT, settings_of
from app.core import one_time
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.one_time import Moment
from app.core.time import now
from app.messages.gateways.choice import gateway_for
from app.messages.gateways.gateway import Gateway
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.rounds import TELLING_JOB

if TYPE_CHECKING:
    from apscheduler.schedulers.base import BaseScheduler

log = logging.getLogger("svar.clock")

ACTOR = "clock"
WAITS_SECONDS = 75.0
"""So long a clock without a memory looks for another that runs: more than two of the rounds in which those remember."""
LOOKS_EVERY = 1.0
TELLS_AFTER = timedelta(seconds=60)
"""The others have run once before it is told how they do."""
A_STEP = 1.0
"""By so many seconds a machine's time must have been set, beyond what has passed, before its jobs are asked anew."""
LONGEST_SECONDS = 3600
"""A process that does one job is ended by then, whether or not whoever started it is there yet."""
GRACE_SECONDS = 60
"""So much later whoever started it ends one that hangs before it could set itself that limit, or takes no signal."""
JOBS = {job.name: job for job in (*clock.JOBS, *clock.SLOW_JOBS)}


class EndedBadly(Exception):
    """A job in a process of its own did not run to its end; the log has what that process said."""


@click.command("clock")
@click.option("--once", is_flag=True, help="Run every job once, and end (for cron); with 1 if one failed.")
@click.option("--job", type=click.Choice(list(JOBS)), help="Run this job once, and end; with 1 if it failed.")
@with_appcontext
def group(once: bool, job: str | None) -> None:
    """Plan, text, reconcile, seal and export, for as long as it runs."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    gateway = gateway_for(settings_of(app))
    if job:
        _run_alone(JOBS[job], gateway)
        return
    reading = one_time.read(now)
    _meet(settings_of(app).instance, 0.0 if once else WAITS_SECONDS)
    if once:
        _run_once(gateway, reading)
    else:
        _run_for_ever(app, gateway)


def _run_once(gateway: Gateway, reading: one_time.Reading) -> None:
    is_off = clock.is_off(reading, gateway)
    failed = clock.once(gateway, reading.at, at_any_time=is_off)
    refusals = [f"Not all jobs ran to their end: {', '.join(failed)}. The log says why."] if failed else []
    if reading.is_off:
        ahead = one_time.in_words(reading.ahead)
        refusals.insert(
            0, f"This machine's time is {ahead} the database's. Set it right: what goes by the hour did not run."
        )
    elif is_off:
        refusals.insert(0, "Our time is not the provider's. Set it right: what goes by the hour did not run.")
    if refusals:
        raise click.ClickException("\n".join(refusals))


def _run_alone(job: clock.Job, gateway: Gateway) -> None:
    signal.alarm(LONGEST_SECONDS)
    try:
        ended = clock.take_turn(job, gateway)
    finally:
        signal.alarm(0)
    if not ended:
        raise click.ClickException(f"The job {job.name} did not run to its end. The log says why.")


def _meet(folder: Path, wait: float) -> None:
    """Look whether the database is the one remembered. A clock on a new machine may learn that of one that runs."""
    with acting(ACTOR), transaction():
        newcomer = holding.is_unknown_here(folder)
        before = heartbeats.last().get(holding.REMEMBERING)
    until = time.monotonic() + (wait if newcomer else 0.0)
    while time.monotonic() < until:
        time.sleep(LOOKS_EVERY)
        with acting(ACTOR), transaction():
            another_runs = heartbeats.last().get(holding.REMEMBERING) != before
        if another_runs:
            click.echo("Another clock knows this database.")
            holding.remember(folder, one_time.read(now).at)
            return
    with acting(ACTOR), transaction():
        holding.hold_if_strange(folder, one_time.read(now).at)


def _run_for_ever(app: Flask, gateway: Gateway) -> None:
    from apscheduler.schedulers.blocking import BlockingScheduler

    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BlockingScheduler(timezone="UTC", job_defaults=settings)
    for job in map(apart, JOBS.values()):
        first = now() + (TELLS_AFTER if job.name == TELLING_JOB else timedelta(0))
        scheduler.add_job(_run, "interval", (app, job, gateway), seconds=job.seconds, next_run_time=first, id=job.name)

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    click.echo("The clock runs.")
    ended = Event()
    Thread(target=_watch_the_time, args=(scheduler, ended), daemon=True).start()
    try:
        scheduler.start()
    except (KeyboardInterrupt, SystemExit):
        ended.set()
        scheduler.shutdown(wait=True)


def _watch_the_time(scheduler: "BaseScheduler", ended: Event) -> None:
    """The scheduler waits for what this machine shows: after it was set, its jobs are given the present anew."""
    before = Moment(now(), time.monotonic())
    while not ended.wait(LOOKS_EVERY):
        after = Moment(now(), time.monotonic())
        step = one_time.step(before, after).total_seconds()
        if abs(step) > A_STEP:
            log.warning("this machine's time was set by %.0f seconds: every job is asked now", step)
            for name in JOBS:
                scheduler.modify_job(name, next_run_time=after.shown)
        before = after


def apart(job: clock.Job) -> clock.Job:
    """The job, done by a process of its own where it asks for one; what it took of memory ends with that process."""
    has_work = job.has_work
    if has_work is None:
        return job

    def run(_: Gateway, now: datetime) -> None:
        wanted = has_work(now)
        db.session.rollback()  # nothing is held open while the other process works
        if wanted:
            _run_apart(job.name)

    return replace(job, run=run)


def _run_apart(name: str) -> None:
    """Raises EndedBadly, also where the process was killed, or took too long."""
    command = [sys.executable, "-m", "flask", "clock", "--job", name]
    try:
        limit = LONGEST_SECONDS + GRACE_SECONDS
        subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=True, timeout=limit)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise EndedBadly(name) from error


def _run(app: Flask, job: clock.Job, gateway: Gateway) -> None:
    with app.app_context():
        clock.take_turn(job, gateway)
