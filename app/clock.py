"""What the clock does: a handful of jobs, each an idempotent question with the instant as its argument.

`flask clock` runs them with APScheduler; `tick` runs them once, for tests, cron users and rehearsals. Any number of
clocks may run on any number of machines: unique keys and row claims keep them apart, there is no leader.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.core.audit import acting
from app.core.database import transaction
from app.messages import delivery, prompts, receipts
from app.messages.gateways import Gateway
from app.schedule import planning


@dataclass(frozen=True)
class Job:
    """One of the clock's tasks: every so many seconds, `run(gateway, now)`."""

    name: str
    seconds: int
    run: Callable[[Gateway, datetime], object]


def plan(_: Gateway, now: datetime) -> int:
    """Give everybody with an anchor their visits."""
    with acting("clock"), transaction():
        return planning.plan_all(now)


def queue(_: Gateway, now: datetime) -> int:
    """Queue what is owed."""
    with acting("clock"), transaction():
        return prompts.queue_prompts(now)


def apply_receipts(_: Gateway, now: datetime) -> int:
    """Apply the delivery reports that came in."""
    with acting("clock"), transaction():
        return receipts.apply_receipts(now)


def deliver(gateway: Gateway, now: datetime) -> int:
    """Send what may leave."""
    return delivery.deliver(gateway, now)


JOBS = (
    Job("plan", 60, plan),
    Job("receipts", 5, apply_receipts),
    Job("queue", 30, queue),
    Job("deliver", 5, deliver),
)


def tick(gateway: Gateway, now: datetime) -> None:
    """Run every job once, in the order in which each hands to the next."""
    for job in JOBS:
        job.run(gateway, now)
