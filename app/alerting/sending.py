"""Tell them: claim, commit the attempt, send with no transaction open, settle.

Any number of clocks may run it at once: rows are claimed with SKIP LOCKED, under a lease. A clock that ends between
sending and settling leaves an alert of which nobody knows whether it left. It is sent once more when its lease is over,
with the same Message-ID: of somebody who may be in danger it is better heard twice than never.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import ColumnElement, and_, or_, select

from app.alerting.choosing import chain_at
from app.alerting.models import StaffAlert
from app.alerting.posting import post_by_smtp
from app.alerting.wording import TaskPlace, compose
from app.config import Settings
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.one_time import TOLERANCE

alert = logging.getLogger("svar.alert")

ALERT_LEASE = timedelta(minutes=5)
AT_ONCE = 8
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15))
"""After each try that failed; the last one from then on."""
LOUD_FROM = 3
"""From this failed try on the operator is told, by whatever way does not need the mail server."""


def send_alerts(settings: Settings, now: datetime) -> int:
    """Send what is owed at `now`; returns how many mails left."""
    sent = 0
    while claimed := _claim(settings, now):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            failures = list(pool.map(lambda mail: _post(mail, settings.smtp_url), [mail for _, _, mail in claimed]))
        with acting("clock"), transaction():
            for (alert_id, attempt, _), failure in zip(claimed, failures, strict=True):
                sent += _settle(alert_id, attempt, failure, now)
    return sent


def _claim(settings: Settings, now: datetime) -> Sequence[tuple[int, int, EmailMessage]]:
    """The next alerts that are still wanted, each with its attempt and its mail; the others are called off."""
    claimed = []
    with acting("clock"), transaction():
        query = select(StaffAlert).where(_owed(now)).order_by(StaffAlert.id).limit(AT_ONCE)
        for row in db.session.scalars(query.with_for_update(skip_locked=True, key_share=True)).all():
            if not _is_wanted(row):
                row.called_off_at, row.lease_until = now, None
                continue
            row.lease_until, row.attempts = now + ALERT_LEASE, row.attempts + 1
            claimed.append((row.id, row.attempts, compose(row, _place(row), settings, now)))
    return claimed


def _owed(now: datetime) -> ColumnElement[bool]:
    """What has not left, whose wait and lease are over.

    Alerts leave while the time is wrong, too. One that waits for longer than any of ours may was put off by a database
    that was ahead then and has been set back: it has waited enough.
    """
    waits, lease = StaffAlert.not_before, StaffAlert.lease_until
    is_over = or_(waits <= now, waits > now + WAITS[-1] + TOLERANCE)
    is_free = or_(lease.is_(None), lease <= now, lease > now + ALERT_LEASE + TOLERANCE)
    return and_(StaffAlert.sent_at.is_(None), StaffAlert.called_off_at.is_(None), is_over, is_free)


def _is_wanted(row: StaffAlert) -> bool:
    """Whether nobody has taken the task or done it, and she still is one of those who are told."""
    task = row.task
    return task.done_at is None and task.taken_at is None and row.user_id in chain_at(row.participant)


def _place(row: StaffAlert) -> TaskPlace:
    return TaskPlace(row.participant.study.code, row.participant.site.code, row.participant.site.name)


def _post(mail: EmailMessage, smtp_url: str) -> str | None:
    """Hand the mail over; of what it failed, if it did."""
    return post_by_smtp(mail, smtp_url)


def _settle(alert_id: int, attempt: int, failure: str | None, now: datetime) -> bool:
    """Write down what came of it, where nobody has claimed it since; whether it left."""
    query = select(StaffAlert).where(StaffAlert.id == alert_id).with_for_update(key_share=True)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None or row.attempts != attempt or row.sent_at is not None:
        return False
    row.lease_until, row.failure = None, failure
    if failure is None:
        row.sent_at = now
        return True
    row.not_before = now + WAITS[min(attempt, len(WAITS)) - 1]
    if attempt >= LOUD_FROM:
        place = row.participant.site.code, row.participant.study.code
        alert.error("an e-mail to staff about a task at site %s of %s does not leave: %s", *place, failure)
    return False
