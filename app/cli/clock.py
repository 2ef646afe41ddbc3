"""`flask clock`: the scheduler process. Any number of them may run."""

import logging
import signal
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import clock
from app.config import settings_of
from app.core.time import now
from app.messages.gateways.choice import gateway_for
from app.messages.gateways.gateway import Gateway
from app.messages.monitoring.heartbeats import DELIVER
from app.messages.receiving import restoring


@click.command("clock")
@click.option("--once", is_flag=True, help="Run every job once, and end (for cron); with 1 if one failed.")
@with_appcontext
def group(once: bool) -> None:
    """Plan, text, reconcile, seal and export, for as long as it runs."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    gateway = gateway_for(settings_of(app))
    restoring.hold_if_restored(settings_of(app).instance, now())
    if once:
        failed = clock.once(gateway, now())
        if failed:
            raise click.ClickException(f"Not all jobs ran to their end: {', '.join(failed)}. The log says why.")
        return
    _run_for_ever(app, gateway)


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
        if job.name == DELIVER and restoring.waits_after_leap(settings_of(app).instance, at):
            return
        clock.run(job, gateway, at)
