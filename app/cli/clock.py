"""`flask clock`: the scheduler process. Any number of them may run."""

import logging
import signal
import time
from datetime import datetime
from pathlib import Path
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import clock
from app.config import settings_of
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.messages.gateways.choice import gateway_for
from app.messages.gateways.gateway import Gateway
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.heartbeats import DELIVER

ACTOR = "clock"
WAITS_SECONDS = 75.0
"""So long a clock without a memory looks for another that runs: more than two of the rounds in which those remember."""
LOOKS_EVERY = 1.0


@click.command("clock")
@click.option("--once", is_flag=True, help="Run every job once, and end (for cron); with 1 if one failed.")
@with_appcontext
def group(once: bool) -> None:
    """Plan, text, reconcile, seal and export, for as long as it runs."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    gateway = gateway_for(settings_of(app))
    _meet(settings_of(app).instance, 0.0 if once else WAITS_SECONDS)
    if once:
        failed = clock.once(gateway, now())
        if failed:
            raise click.ClickException(f"Not all jobs ran to their end: {', '.join(failed)}. The log says why.")
        return
    _run_for_ever(app, gateway)


def _meet(folder: Path, wait: float) -> None:
    """Look whether the database is the one remembered. A clock on a new machine may learn that of one that runs."""
    with acting(ACTOR), transaction():
        newcomer = holding.is_unknown_here(folder)
        before = heartbeats.last().get(holding.REMEMBERING)
    until = time.monotonic() + (wait if newcomer else 0.0)
    while time.monotonic() < until:
        time.sleep(LOOKS_EVERY)
        with acting(ACTOR), transaction():
            if heartbeats.last().get(holding.REMEMBERING) != before:
                click.echo("Another clock knows this database.")
                holding.remember(folder, now())
                return
    with acting(ACTOR), transaction():
        holding.hold_if_strange(folder, now())


def _run_for_ever(app: Flask, gateway: Gateway) -> None:
    from apscheduler.schedulers.blocking import BlockingScheduler

    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BlockingScheduler(timezone="UTC", job_defaults=settings)
    for job in (*clock.JOBS, *clock.SLOW_JOBS):
        scheduler.add_job(_run, "interval", (app, job, gateway), seconds=job.seconds, next_run_time=now(), id=job.name)

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    click.echo("The clock runs.")
    try:
        scheduler.start()
    except (KeyboardInterrupt, SystemExit):
        scheduler.shutdown(wait=True)


def _run(app: Flask, job: clock.Job, gateway: Gateway) -> None:
    with app.app_context():
        at = now()
        if job.name == DELIVER and _waits(at):
            return
        clock.run(job, gateway, at)


def _waits(at: datetime) -> bool:
    with acting(ACTOR), transaction():
        return holding.waits_after_leap(at)
