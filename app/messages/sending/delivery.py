"""Send what may leave, at most once each: claim and commit, send outside any transaction, settle and commit.

The only verb that opens its own transactions, because the network must never be inside one. Any number of threads and
clocks may run it at once: rows are claimed with SKIP LOCKED, under a lease and an epoch. Leases are measured on the
caller's clock, as everything else is, so a rehearsal's virtual time needs no exception.

What was claimed and never settled (the process died, the machine froze) may have left. When its lease is over it is
`unknown`, and reconciling finds out; it is never simply sent again.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime

from app.core.audit import acting
from app.core.database import transaction
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.sending.claiming import LEASE, Claim, Claimed, claim
from app.messages.sending.settling import settle
from app.messages.sending.weighing import Attempted

log = logging.getLogger("svar.messages")

ACTOR = "clock"
BATCH = 100
BUDGET_SECONDS = 20.0
"""After so long no more is claimed, so that `now` stays near the truth and leases outlast what is under way."""


LEAST_LEFT = 30
"""With fewer seconds left, after waiting for its turn, a text goes back to the gate: it would ring too late."""


Note = Callable[[], None]
"""What is done between claiming texts and sending them, outside any transaction."""


def _nothing() -> None:
    """Nobody notes anything."""


@dataclass(frozen=True)
class Round:
    """The time of a round, and when it was that on this machine's steady clock: texts wait for their turn in it."""

    now: datetime
    begun: float

    def waited(self) -> int:
        """How many whole seconds ago it was `now`."""
        return int(time.monotonic() - self.begun)


def deliver(
    gateway: Gateway, now: datetime, limit: int = 500, note: Note = _nothing, begun: float | None = None
) -> int:
    """Send what may leave at `now`, deciding on at most `limit` messages; returns how many were decided upon.

    `begun` is when it was `now`, by this machine's steady clock, where others had their turn before.
    """
    at = Round(now, time.monotonic() if begun is None else begun)
    return (_threaded if gateway.threads else _one_by_one)(gateway, at, limit, note)


def deliver_by(gateways: Sequence[Gateway], now: datetime, note: Note = _nothing) -> int:
    """The same by each of these, one after the other: what halts or breaks one does so to no other. The fault is raised
    when all have had their turn."""
    decided, faults, begun = 0, [], time.monotonic()
    for gateway in gateways:
        try:
            decided += deliver(gateway, now, note=note, begun=begun)
        except Exception as error:
            log.error("gateway %s: its round broke off: %s", gateway.name, type(error).__name__)
            faults.append(error)
    if faults:
        raise faults[0]
    return decided


def _one_by_one(gateway: Gateway, at: Round, limit: int, note: Note) -> int:
    decided, until = 0, time.monotonic() + BUDGET_SECONDS
    while decided < limit and time.monotonic() < until:
        room = min(BATCH, limit - decided)
        batch = _claim(gateway, at.now, room, note)
        decided += batch.decided
        _settle([_send(gateway, claimed, at) for claimed in batch.claimed], gateway, at.now)
        if batch.decided < room:
            break
    return decided


def _threaded(gateway: Gateway, at: Round, limit: int, note: Note) -> int:
    """Keep every thread busy: claim four rounds ahead, settle and claim again a round at a time."""
    ahead, few = 4 * gateway.threads, gateway.threads
    decided, until = 0, time.monotonic() + BUDGET_SECONDS
    flying: set[Future[Attempted]] = set()
    done: list[Attempted] = []
    with ThreadPoolExecutor(gateway.threads) as pool:
        while True:
            room = min(ahead - len(flying), limit - decided)
            if len(done) >= few or not flying:
                done = _settle(done, gateway, at.now)
            if 0 < room >= min(few, limit - decided) and time.monotonic() < until:
                batch = _claim(gateway, at.now, room, note)
                decided += batch.decided
                flying |= {pool.submit(_send, gateway, claimed, at) for claimed in batch.claimed}
                if not flying and not batch.decided:
                    return decided
            elif not flying:
                return decided
            if flying:
                finished, flying = wait(flying, return_when=FIRST_COMPLETED)
                done += [future.result() for future in finished]


def _claim(gateway: Gateway, now: datetime, limit: int, note: Note) -> Claim:
    with acting(ACTOR), transaction():
        batch = claim(gateway, now, limit)
    if batch.claimed:
        note()
    return batch


def _send(gateway: Gateway, claimed: Claimed, at: Round) -> Attempted:
    """Hand it over, valid for no longer than it was when it was claimed: its turn may come much later."""
    left = claimed.text.validity - at.waited()
    if time.monotonic() - claimed.at > LEASE.total_seconds():  # we slept; somebody else may have taken it over
        return Attempted(claimed, Sent(Outcome.BUSY, because="claimed too long ago"))
    if left < LEAST_LEFT:
        return Attempted(claimed, Sent(Outcome.BUSY, because="its time ran out while it waited for its turn"))
    try:
        return Attempted(claimed, gateway.send(replace(claimed.text, validity=left), at.now))
    except Exception as error:  # whatever happened, the text may have left
        log.error("gateway %s broke on message %s: %s", gateway.name, claimed.text.message_id, type(error).__name__)
        return Attempted(claimed, Sent(Outcome.UNKNOWN, because=type(error).__name__))


def _settle(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> list[Attempted]:
    if results:
        with acting(ACTOR), transaction():
            settle(results, gateway, now)
    return []
