"""The stage of a rehearsal: a fresh database before, demo logins and a running service after."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import create_engine, inspect, make_url, select, text

from app.accounts.demonstration import LOGINS, PASSWORD
from app.accounts.users import add_user
from app.config import ROOT, Settings, settings_of
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Conflict
from app.messages.monitoring import heartbeats, holding
from app.rehearsal.crews import crews, follow
from app.rehearsal.living import living_work
from app.rehearsal.past import EXAMPLE_TRIAL, Past, days_of
from app.rehearsal.population import cohort
from app.rehearsal.run import ProgressBar
from app.rehearsal.simulation_file import read_parameters
from app.studies.access import join
from app.studies.installing import study
from app.studies.models import Site

Bar = Callable[[int, str], AbstractContextManager[ProgressBar]]


def clear(settings: Settings) -> None:
    """A fresh, migrated database. Only the embedded one is emptied; any other must be empty already."""
    for engine in db.engines.values():
        engine.dispose()
    if os.environ.get("DATABASE_URL"):
        _refuse_full(settings)
    else:
        name = make_url(settings.database_url).database or "svar"
        embedded.start(settings.instance / "postgres").recreate_database(name)
    migrating.upgrade(settings.owner_url, app_role=make_url(settings.database_url).username)


def rehearse(app: Flask, folder: Path, participants: int | None, bar: Bar) -> dict[str, Any]:
    """Play both studies in a fresh database and give the demo its logins; returns the trial's summary.

    The report is made beside the second study, in a process that sees nothing but the exported files.
    """
    parameters = read_parameters(EXAMPLE_TRIAL / "simulation.yaml")
    if participants:
        parameters = replace(parameters, participants=participants)
    with crews() as (first, second):
        clear(settings_of(app))  # while the crews get ready
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with bar(days_of(cohort(parameters)), "BackToBasic") as progress:
            played = Past(app, folder, parameters, (first, second)).play(progress)
        now = datetime.now(UTC)
        work = living_work(app, parameters, now)
        with bar((now - work.start).days, "Living study") as progress:
            first.start(work.job)
            second.start(played.export())
            add_logins(now, ["backtobasic", "demo"])
            follow([first], progress)
        return played.finish(second.result())


def add_logins(now: datetime, codes: Sequence[str]) -> None:
    """Somebody of each role in the studies of these codes; who works at one site, at the first."""
    with acting("rehearsal:administrator"), transaction():
        studies = [study(code) for code in codes]
        for email, name, role, everywhere in LOGINS:
            user = add_user(email, PASSWORD, name, now)
            for trial in studies:
                first = db.session.scalars(select(Site).filter_by(study_id=trial.id).order_by(Site.code)).first()
                join(user, trial, role, None if everywhere else first)


def result_in_words(summary: dict[str, Any], folder: Path) -> str:
    """The result, for somebody at a terminal."""
    primary, states, books = summary["primary"], summary["assessments"], summary["messages"]
    covered = "covers" if primary["lower"] <= primary["true_difference"] <= primary["upper"] else "does not cover"
    return "\n".join(
        [
            f"\n{summary['participants']} participants, {states['planned']} visits planned, "
            f"{states['completed']} completed, {states['late']} late, {states['partial']} partly, "
            f"{states['missed']} missed, {states['withdrawn']} after withdrawal.",
            f"{books['owed']} texts owed: {books['delivered']} delivered, {books['failed']} failed, "
            f"{books['suppressed']} suppressed, {books['unknown']} unknown, {books['pending']} pending.",
            f"Change in ODI at 5 months, infliximab minus placebo: {primary['estimate']:.2f} "
            f"(95 % {primary['lower']:.2f} to {primary['upper']:.2f}), p = {primary['p']:.3f}; negative favours "
            f"infliximab. The interval {covered} the true difference of {primary['true_difference']:.2f}.",
            f"Everything is in {_short(folder)}: report.html, results.csv, summary.json, export/ "
            f"({summary['seconds']:.0f} s).",
        ]
    )


def addresses(settings: Settings) -> str:
    """Where to look, and how to sign in."""
    base = settings.public_base_url
    logins = "\n".join(f"  {email:<28} {role.value}" for email, _, role, _ in LOGINS)
    return (
        f"\nOpen {base}\n  {base}/sandbox/       the phones of synthetic patients: tap a link and answer\n"
        f"  {base}/desk/          for staff; sign in as\n{logins}\n  password: {PASSWORD}\nCtrl-C ends it."
    )


def listening(settings: Settings) -> tuple[str, int]:
    """Where the demo listens, so that its links open: the host and port of its own address."""
    at = urlsplit(settings.public_base_url)
    return at.hostname or "127.0.0.1", at.port or (443 if at.scheme == "https" else 80)


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Serve pages and run the clock until somebody ends it."""
    with acting("rehearsal:clock"), transaction():  # else the clock would hold every text of a database new to it
        began = datetime.now(UTC)
        heartbeats.beat(holding.REMEMBERING, began)
        holding.remember(settings.instance, began)
    host, port = listening(settings)
    web = ["-m", "gunicorn", "wsgi:app", "--workers", "1", "--log-level", "warning"]
    commands = [[*web, "--bind", f"{host}:{port}"], ["-m", "flask", "clock"]]
    variables = {**environment, "SVAR_ENV": "development"}  # a rehearsal is never production's
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as Ctrl-C: the children go first
    running = [subprocess.Popen([sys.executable, *command], cwd=ROOT, env=variables) for command in commands]
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def _refuse_full(settings: Settings) -> None:
    engine = create_engine(settings.owner_url)
    with engine.connect() as connection:
        if inspect(connection).has_table("studies") and connection.scalar(text("SELECT count(*) FROM studies")):
            raise Conflict("DATABASE_URL names a database with studies in it. A rehearsal wants an empty one.")
    engine.dispose()


def _short(folder: Path) -> Path:
    return folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
