"""How fast texts leave: ratios measured in one run, against the bare client of the provider on the same machine.

    python -m bench.delivery [--messages 10000] [--participants 10000]

Prints one line per promise with its figure, and ends with 1 if one is not kept.
"""

import argparse
import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, func, insert, select, text

from app import create_app
from app.config import Settings
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.crypto import new_key
from app.core.database import db, transaction
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.sending.delivery import deliver
from app.participants.models import Event, Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan_all
from bench.promises import Bound, Promise, settle
from tests.fake_twilio.server import Server
from tests.messages.people import BEFORE, INVITED, enrolled, many
from tests.messages.worker import settings

SHARE, MINUTES, PLANNING_SECONDS, GROWTH_MB = 0.85, 3.0, 20.0, 40.0


def _serve(delay: float, told: Connection, end: Connection) -> None:
    server = Server()
    server.twilio.delay = delay
    told.send(server.address)
    end.recv()
    server.close()


@contextmanager
def provider(delay: float) -> Iterator[str]:
    """A fake Twilio in a process of its own, which answers after `delay` seconds."""
    context = get_context("spawn")
    address, told = context.Pipe(duplex=False)
    end, stop = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(delay, told, end))
    process.start()
    yield address.recv()
    stop.send(True)
    process.join()


@contextmanager
def service(folder: Path) -> Iterator[Flask]:
    """The service on a fresh embedded database."""
    server, keys = embedded.start(folder / "postgres"), new_key()
    server.recreate_database("bench")
    owner = server.url("svar_owner", "bench")
    migrating.upgrade(owner)
    app = create_app(replace(settings(server.url("svar_app", "bench"), "", keys), owner_url=owner))
    with app.app_context(), acting("bench"):
        yield app
        db.session.close()
        for engine in db.engines.values():
            engine.dispose()


def count_rows(app: Flask) -> None:
    """Tell the planner how many rows a table has now, as autovacuum does; its owner alone may."""
    db.session.commit()
    owner = create_engine(app.extensions["settings"].owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("ANALYZE"))
    owner.dispose()


def gateway(app: Flask, address: str) -> TwilioGateway:
    chosen: Settings = app.extensions["settings"]
    return TwilioGateway(replace(chosen, twilio_base_url=address))


def bare(to: TwilioGateway, count: int) -> float:
    """Texts per second of the bare client in a pool of as many threads."""
    texts = [Outgoing(number, f"+4741{number:06d}", "Hei " * 20) for number in range(count)]
    began = time.perf_counter()
    with ThreadPoolExecutor(to.threads) as pool:
        list(pool.map(lambda text: to.send(text, INVITED), texts))
    return count / (time.perf_counter() - began)


def ours(to: TwilioGateway, count: int) -> float:
    """Texts per second through the ledger: claimed, committed, sent, settled."""
    began = time.perf_counter()
    while deliver(to, INVITED):
        pass
    sent = db.session.scalar(select(func.count()).where(Message.state == MessageState.ACCEPTED)) or 0
    db.session.rollback()
    assert sent >= count, f"{sent} of {count} left"
    return count / (time.perf_counter() - began)


def queue() -> int:
    with acting("clock"), transaction():
        return queue_prompts(INVITED)


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plan(people: int) -> float:
    """Seconds to plan so many people, each with all visits of the protocol."""
    first = db.session.scalars(select(Participant)).first() or enrolled()
    model = {column.key: getattr(first, column.key) for column in Participant.__table__.columns if column.key != "id"}
    rows = [model | {"code": f"02-{number:05d}"} for number in range(people)]
    ids = db.session.scalars(insert(Participant).returning(Participant.id), rows).all()
    event: dict[str, Any] = {"kind": "first_infusion", "is_anchor": True, "state": "planned", "recorded_at": BEFORE}
    event["on"] = (INVITED + timedelta(days=30)).date()
    db.session.execute(insert(Event), [event | {"participant_id": id_} for id_ in ids])
    db.session.commit()
    began = time.perf_counter()
    with acting("clock"), transaction():
        plan_all(INVITED)
    took = time.perf_counter() - began
    planned = db.session.scalar(select(func.count()).select_from(Assessment).where(Assessment.participant_id.in_(ids)))
    assert planned == people * 18, f"{planned} visits"
    return took


def promises(messages: int, people: int, folder: Path) -> Iterator[Promise]:
    """Measure each promise."""
    with service(folder) as app:
        few = 400
        many(few)
        with provider(0.1) as address:
            queue()
            to = gateway(app, address)
            bare(to, 2 * to.threads)  # connections are opened
            alone, through = bare(to, few), ours(to, few)
        yield Promise("sending, 8 threads, 100 ms: beside the bare client", through / alone, Bound.LEAST, SHARE, "%")
    with service(folder) as app:
        many(messages)
        queue()
        with provider(0.02) as address:
            to, before = gateway(app, address), megabytes()
            rate = ours(to, messages)
        minutes, growth = messages / rate / 60, megabytes() - before
        allowed = MINUTES * max(1.0, messages / 10_000)
        yield Promise(f"{messages} texts due at once, 20 ms", minutes, Bound.MOST, allowed, "min")
        yield Promise(f"{messages} texts due at once: growth of memory", growth, Bound.MOST, GROWTH_MB, "MB")
        took = plan(people)
        yield Promise(f"planning {people} x 18 visits", took, Bound.MOST, PLANNING_SECONDS, "s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--participants", type=int, default=10_000)
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with TemporaryDirectory() as folder:
        settle(promises(chosen.messages, chosen.participants, Path(folder)))


if __name__ == "__main__":
    main()
