"""What the clock does: a handful of jobs, each an idempotent question with the instant as its argument.

`flask clock` runs them with APScheduler; `tick` runs them once, for tests, cron users and rehearsals. Any number of
clocks may run on any number of machines: unique keys and row claims keep them apart, there is no leader. The scheduler
keeps nothing: UTC, jobs in memory, late runs melted into one. No job is told an hour of the day; what is nightly asks
whether last night's is missing, so a missed night is caught up and the hour that comes twice is nobody's problem.
The time that jobs are given is the database's. While this machine shows another, what goes by the hour waits.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.accounts import answered_forms, kept_forms
from app.alerting import digesting, telling
from app.config import current_settings
from app.core import failures, one_time, sealing, zone_rules
from app.core.audit import acting
from app.core.database import db, raised_at_the_end, transaction
from app.core.logging import tracing
from app.core.patience import insist, is_busy, is_held, unhurried
from app.core.time import now as shown_here
from app.exports import blind_runs, handing_on, nightly
from app.hooks import delivering
from app.messages.gateways.choice import Gateway, carriers
from app.messages.monitoring import comparing, dead_man, heartbeats, holding, process_times
from app.messages.monitoring.rounds import ANALYSE, COURTESY, EXPORT, HAND_ON, SECONDS, TELLING_JOB, overdue
from app.messages.monitoring.third_witness import WITNESS
from app.messages.queueing import never_asked, prompts
from app.messages.receiving import mailbox, receipts, reconciling, replies, sweeping
from app.messages.sending import delivery, unknown_numbers
from app.participants import leaving
from app.responses import conditional, drafts, sms
from app.schedule import planning

log, alert = logging.getLogger("svar.clock"), logging.getLogger("svar.alert")


@dataclass(frozen=True)
class Job:
    """One of the clock's tasks: every so many seconds, `run(gateway, now)`."""

    name: str
    seconds: int
    run: Callable[[Gateway, datetime], object]
    at_any_time: bool = False
    """Whether it may run while nobody knows what time it is: it decides nothing by the hour, or only looks."""
    has_work: Callable[[datetime], bool] | None = None
    """Of a job that the clock gives to a process of its own, since it needs much memory: whether to start one."""


JOB_TRIES, JOB_PAUSE = 3, 1.0
"""So often is a job asked while somebody else holds what it needs, after so long; then the next round asks."""


@contextmanager
def _working() -> Iterator[None]:
    with acting("clock"), unhurried(), transaction():
        yield


def plan(_: Gateway, now: datetime) -> int:
    """Let leave whose day has come; plan all others, by the zones' rules that hold. One fault keeps nobody waiting."""
    with raised_at_the_end() as faults, _working():
        zone_rules.use_newest()
        done = leaving.take_effect(now, faults) + conditional.plan_everybody(now, faults)
        return done + planning.follow_rules(now, faults)


def apply_receipts(gateway: Gateway, now: datetime) -> int:
    """Apply the delivery reports that came in."""
    with _working():
        return receipts.apply_receipts(gateway, now)


def hear(_: Gateway, now: datetime) -> int:
    """Hear what patients wrote."""
    with _working():
        return sms.hear_replies(now)


def queue(_: Gateway, now: datetime) -> int:
    """Queue what is owed."""
    with _working():
        return prompts.queue_prompts(now)


def deliver(gateway: Gateway, now: datetime) -> int:
    """Send what may leave, if this is the database that the clock knows."""
    folder = current_settings().instance
    if not holding.may_send(folder, now):
        return 0
    return delivery.deliver_by(carriers(current_settings(), gateway), now, lambda: holding.note(folder, now))


def be_courteous(gateway: Gateway, now: datetime) -> int:
    """Answer those who are owed nothing. A job of its own: whatever breaks or hangs in it, patients' texts leave."""
    return unknown_numbers.answer_strangers(gateway, now) if holding.may_send(current_settings().instance, now) else 0


def reconcile(gateway: Gateway, now: datetime) -> int:
    """Find out what became of what may have left."""
    return reconciling.reconcile(gateway, now)


def explain(_: Gateway, now: datetime) -> int:
    """Say in the books why visits that were due while no clock ran were never asked about."""
    with _working():
        return never_asked.note_never_asked(now)


def tell_others(_: Gateway, now: datetime) -> int:
    """Tell other systems what happened."""
    return delivering.deliver_hooks(current_settings().hook_networks, now)


def expire(_: Gateway, now: datetime) -> int:
    """Purge the drafts of visits that have closed."""
    with _working():
        return drafts.expire_drafts(now)


def seal(_: Gateway, now: datetime) -> object:
    """Seal the audit trail."""
    with _working():
        return sealing.seal(now)


def export(_: Gateway, now: datetime) -> None:
    """Make last night's exports, where they are missing; what is still due then has failed."""
    with _working():
        nightly.export_due(now)
    with _working():
        nightly.check_none_due(now)


def _exports_are_due(now: datetime) -> bool:
    with _working():
        return nightly.has_work(now)


def analyse(_: Gateway, now: datetime) -> object:
    """Analyse the newest exports blind, where there is a plan."""
    settings = current_settings()
    return blind_runs.analyse_due(settings.plans, settings.exports) if settings.plans else []


def prune(_: Gateway, now: datetime) -> int:
    """Throw away what has served its purpose: halves of exports, failures of jobs that are no more."""
    with _working():
        heartbeats.forget([job.name for job in (*JOBS, *SLOW_JOBS)], now)
        process_times.forget(now)
        delivering.forget(now)
        kept_forms.forget(now)
        answered_forms.forget(now)
        return nightly.prune(now)


def remember(_: Gateway, now: datetime) -> None:
    """Note on this machine that the clock runs, and on which database."""
    folder = current_settings().instance
    with _working():
        holding.hold_if_strange(folder, now)
    holding.remember(folder, now)


def compare(gateway: Gateway, now: datetime) -> None:
    """Hold this machine's time, the database's and the provider's side by side; too far apart, and somebody is told."""
    ahead, ahead_of_provider = one_time.read(shown_here).ahead, WITNESS.ahead(gateway, now)
    with transaction():
        comparing.note(ahead, ahead_of_provider, now)


def tell(gateway: Gateway, now: datetime) -> None:
    """Tell the dead man's switch whether every job ran to its end of late, and people too if not."""
    address = current_settings().dead_man_url
    try:
        off, late = is_off(one_time.read(shown_here), gateway), overdue(heartbeats.last(), now)
    except Exception:
        if address:
            dead_man.ping(address, well=False)
        raise
    if late:
        alert.error("these jobs of the clock do not run to their end: %s", ", ".join(late))
    if address:
        db.session.rollback()  # the network is never inside a transaction
        dead_man.ping(address, well=not late and not off)


JOBS = (
    Job("plan", SECONDS["plan"], plan),
    Job("receipts", SECONDS["receipts"], apply_receipts, at_any_time=True),
    Job("hear", SECONDS["hear"], hear, at_any_time=True),
    Job("queue", SECONDS["queue"], queue),
    Job(heartbeats.DELIVER, SECONDS[heartbeats.DELIVER], deliver),
    Job(COURTESY, SECONDS[COURTESY], be_courteous),
    Job("reconcile", SECONDS["reconcile"], reconcile),
    Job("mailbox", SECONDS["mailbox"], mailbox.read_mailbox, at_any_time=True),
    Job("redact", SECONDS["redact"], replies.redact, at_any_time=True),
    Job("alerts", SECONDS["alerts"], telling.tell_staff, at_any_time=True),
    Job("hooks", SECONDS["hooks"], tell_others),
    Job("expire", SECONDS["expire"], expire),
)
SLOW_JOBS = (
    Job("sweep", SECONDS["sweep"], sweeping.sweep),
    Job("digests", SECONDS["digests"], digesting.send_digests),
    Job("explain", SECONDS["explain"], explain),
    Job("seal", SECONDS["seal"], seal, at_any_time=True),
    Job(EXPORT, SECONDS[EXPORT], export, has_work=_exports_are_due),
    Job(HAND_ON, SECONDS[HAND_ON], handing_on.hand_on_every),
    Job(ANALYSE, SECONDS[ANALYSE], analyse),
    Job("prune", SECONDS["prune"], prune),
    Job(holding.REMEMBERING, SECONDS[holding.REMEMBERING], remember, at_any_time=True),
    Job("compare", SECONDS["compare"], compare, at_any_time=True),
    Job(TELLING_JOB, SECONDS[TELLING_JOB], tell, at_any_time=True),
)


def tick(gateway: Gateway, now: datetime) -> None:
    """Everything that moves texts, once, in the order in which each step hands to the next."""
    with _working():
        leaving.take_effect(now)
        planning.plan_all(now)
        receipts.apply_receipts(gateway, now)
        sms.hear_replies(now)
        prompts.queue_prompts(now)
    delivery.deliver_by(carriers(current_settings(), gateway), now)
    reconcile(gateway, now)
    unknown_numbers.answer_strangers(gateway, now)


def once(gateway: Gateway, now: datetime, *, at_any_time: bool = False) -> list[str]:
    """Run every job once (or those alone that may run at any time), whatever becomes of the others; returns the names
    of those that failed."""
    jobs = [job for job in (*JOBS, *SLOW_JOBS) if job.at_any_time or not at_any_time]
    return [job.name for job in jobs if not run(job, gateway, now)]


def take_turn(job: Job, gateway: Gateway) -> bool:
    """Run one job at the database's time, if it may run now; whether it ran to its end."""
    try:
        reading = one_time.read(shown_here)
        if comparing.lacks_keys(job.name) or (not job.at_any_time and is_off(reading, gateway)):
            return False
        if job.name == heartbeats.DELIVER and holding.waits_after_leap(reading.at):
            return False
    except Exception as error:
        db.session.rollback()
        log.error("job %s did not begin: %s at %s", job.name, *failures.told(error), extra=_said(job, error))
        return False
    return run(job, gateway, reading.at)


def is_off(reading: one_time.Reading, gateway: Gateway) -> bool:
    """Whether this machine's time, or the provider's, is too far from the database's."""
    return reading.is_off or WITNESS.disagrees(gateway, reading.at)


def run(job: Job, gateway: Gateway, now: datetime) -> bool:
    """Run one job and note when; whether it ran to its end. One that fails stops no other, and is asked again. The log
    has the kind of error and its place, not its words, which may hold a person's."""
    with tracing():
        return _tried(job, gateway, now)


def _said(job: Job, error: Exception) -> dict[str, str | None]:
    return {"job": job.name, **failures.fields(error)}


def _tried(job: Job, gateway: Gateway, now: datetime) -> bool:
    try:
        insist(lambda: job.run(gateway, now), db.session.rollback, JOB_TRIES, JOB_PAUSE)
        with transaction():
            heartbeats.succeed(job.name, now)
    except OperationalError as error:
        db.session.rollback()
        if is_held(error):
            log.warning("job %s: somebody else holds what it needs; the next round asks again", job.name)
            return False
        why = "takes too long, or finds the database too busy" if is_busy(error) else "the database is away"
        log.error("job %s: %s (%s)", job.name, why, failures.kind(error), extra=_said(job, error))
        return False
    except Exception as error:
        db.session.rollback()
        log.error("job %s failed: %s at %s", job.name, *failures.told(error), extra=_said(job, error))
        _note_failure(job, now)
        return False
    return True


def _note_failure(job: Job, now: datetime) -> None:
    try:
        with transaction():
            heartbeats.beat(heartbeats.FAILED + job.name, now)
    except SQLAlchemyError as error:  # then it is silent, and that is noticed too
        log.error("that job %s failed cannot be noted: %s", job.name, failures.kind(error))
