"""F-3: real workers, killed at random while they send. Each text and mail comes once, or is flagged; none is lost."""

import os
import random
import signal
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.audit import acting
from app.core.database import transaction
from app.messages.gateways.email import REFERENCE
from app.messages.models import Message, MessageState
from app.messages.monitoring.ledger import books
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving.receipts import apply_receipts
from app.studies.models import Study
from tests.fake_smtp.server import SmtpServer
from tests.fake_twilio.server import Server
from tests.messages.budget import budget
from tests.messages.erratic import Provider
from tests.messages.mail.people import BY_EMAIL
from tests.messages.people import INVITED, many
from tests.messages.worker import work

MAILS, MAIL_KILLS = budget(40, 1500), budget(3, 100)
MESSAGES, KILLS, WORKERS = budget(600, 6000), budget(30, 400), 2
PATIENCE = budget(180, 1200)
KILLED, LEFT_ALONE = (1.5, 3600.0), (15.0, 3.0)
"""Lease and giving up, in seconds. While workers are killed nothing is given up, as a text is sent again only once, and
its second try might be killed as well; those that come after the last kill have time, however slow the machine is.
"""


class Workers:
    """Worker processes, forked from a server that has imported everything; the one that is killed is replaced."""

    def __init__(self, settings: Settings, address: str, keys: str, start: datetime, began: float) -> None:
        self.context = get_context("forkserver")
        self.context.set_forkserver_preload(["tests.messages.worker"])
        self.arguments = (settings.database_url, address, keys, start, began)
        self.seconds = KILLED
        self.running = [self._start() for _ in range(WORKERS)]
        self.kills = 0

    def _start(self) -> tuple[BaseProcess, Connection]:
        hears, begun = self.context.Pipe(duplex=False)
        process = self.context.Process(target=work, args=(*self.arguments, *self.seconds, begun), daemon=True)
        process.start()
        begun.close()
        return process, hears

    def kill_one(self, random_: random.Random) -> None:
        """Kill -9 a worker that is at work, and start another."""
        place = random_.randrange(len(self.running))
        process, hears = self.running[place]
        assert hears.recv(), "it has begun"
        time.sleep(random_.uniform(0.05, 0.35))
        self._end(process, hears)
        self.kills += 1
        self.running[place] = self._start()

    def kill_all(self) -> None:
        """Kill -9 all of them at once, and start others."""
        self.end()
        self.kills += len(self.running)
        self.running = [self._start() for _ in range(WORKERS)]

    def leave_alone(self) -> None:
        """The last kill; who comes now lives."""
        self.end()
        self.seconds = LEFT_ALONE
        self.running = [self._start() for _ in range(WORKERS)]

    def end(self) -> None:
        for process, hears in self.running:
            self._end(process, hears)

    def _end(self, process: BaseProcess, hears: Connection) -> None:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        hears.close()


def open_messages(session: Session) -> int:
    session.rollback()
    unsettled = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)
    return session.scalar(select(func.count()).where(Message.state.in_(unsettled))) or 0


def test_f3_kill_minus_nine_at_random_loses_nothing_and_repeats_nothing_unflagged(
    session: Session, settings: Settings, provider: Server, keys: str
) -> None:
    many(MESSAGES)
    with acting("clock"), transaction():
        assert queue_prompts(INVITED) == MESSAGES
    provider.twilio.delay = 0.06
    random_ = random.Random(20261122)
    began = time.monotonic()
    provider.twilio.now = lambda: INVITED + timedelta(seconds=time.monotonic() - began)
    workers = Workers(settings, provider.address, keys, INVITED, began)
    try:
        while workers.kills < KILLS:
            workers.kill_one(random_)
        workers.leave_alone()
        _wait_for_the_end(session)
    finally:
        workers.end()
    _all_rang_once_or_are_flagged(session, provider)


def test_a_mail_whose_sender_was_killed_arrives_once_or_twice_as_the_same_mail_and_flagged(
    session: Session, settings: Settings, keys: str
) -> None:
    """No mail server lists what it took: what may have left is sent once more, under the Message-ID that it had."""
    many(MAILS, BY_EMAIL, email=True)
    with acting("clock"), transaction():
        assert queue_prompts(INVITED) == MAILS
    server = SmtpServer()
    server.smtp.delay = 0.2
    began, random_ = time.monotonic(), random.Random(20261127)
    workers = Workers(settings, server.address, keys, INVITED, began)
    try:
        for _ in range(MAIL_KILLS):
            _wait_for_a_mail(
                server
            )  # and for as long as the server then says nothing, somebody is waiting for its word
            time.sleep(random_.uniform(0, 0.1))
            workers.kill_all()
        workers.leave_alone()
        _wait_for_the_end(session)
    finally:
        workers.end()
        server.close()
    _each_mail_is_one(session, server)


def _wait_for_a_mail(server: SmtpServer) -> None:
    before, until = len(server.smtp.took), time.monotonic() + PATIENCE
    while len(server.smtp.took) == before and time.monotonic() < until:
        time.sleep(0.005)
    assert len(server.smtp.took) > before


def _wait_for_the_end(session: Session) -> None:
    until = time.monotonic() + PATIENCE
    while open_messages(session) and time.monotonic() < until:
        time.sleep(0.3)


def _all_rang_once_or_are_flagged(session: Session, provider: Server) -> None:
    assert open_messages(session) == 0
    apply_receipts(Provider(), INVITED)
    flagged = session.scalar(select(func.count()).where(Message.possible_duplicate)) or 0
    times = provider.twilio.times()
    twice = sum(1 for count in times.values() if count > 1)
    assert len(times) == MESSAGES, "a text was lost"
    assert max(times.values()) <= 2
    assert twice <= flagged
    assert set(session.scalars(select(Message.state))) == {MessageState.ACCEPTED}
    counted = books(session.scalars(select(Study)).one())
    assert (counted.owed, counted.accepted, counted.balanced) == (MESSAGES, MESSAGES, True)


def _each_mail_is_one(session: Session, server: SmtpServer) -> None:
    assert open_messages(session) == 0
    flagged = set(session.scalars(select(Message.id).where(Message.possible_duplicate).order_by(Message.id)))
    arrived = {int(str(mail[REFERENCE]).partition(".")[0]) for mail in server.smtp.took}
    assert arrived == set(session.scalars(select(Message.id).order_by(Message.id))), "a mail was lost"
    times = server.smtp.times()
    assert len(times) == MAILS, "a mail that is sent once more has another Message-ID"
    assert max(times.values()) == 2, "nobody was killed in the middle of a mail"
    again = Counter(int(str(mail[REFERENCE]).partition(".")[0]) for mail in server.smtp.took)
    assert {message for message, count in again.items() if count > 1} <= flagged
    accepted = select(Message.state, func.count()).group_by(Message.state)
    assert session.execute(accepted).all() == [(MessageState.ACCEPTED, MAILS)]
    counted = books(session.scalars(select(Study)).one())
    assert (counted.owed, counted.accepted, counted.balanced) == (MAILS, MAILS, True)
