"""A third witness of the time: the provider. Where one machine has both database and clock, they are wrong together.

Its answers are dated. It is asked every ten minutes, and once more before it is believed against us; in between its
time is reckoned by this machine's steady seconds, which nobody can set. A provider that has not answered yet, and the
sandbox, say nothing: then nothing rings either.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol, runtime_checkable

from app.core.one_time import ahead_of, is_off
from app.core.time import virtual_now
from app.messages.gateways.gateway import Gateway

ASKED_EVERY = 600.0
TRIED_EVERY = 10.0
"""Seconds: after so many an old answer, one that is against us, or none is asked for again."""


@runtime_checkable
class TimeKeeper(Protocol):
    """A gateway whose provider says what time it is."""

    def time(self) -> datetime | None:
        """The provider's time, to the second; None if it does not answer."""
        ...


@dataclass(frozen=True)
class Testimony:
    """How far our time was ahead of the provider's when it answered, and when that was, by both."""

    ahead: timedelta
    now: datetime
    steady: float

    def ahead_now(self, now: datetime, steady: float) -> timedelta:
        """How far `now` is ahead of the provider's time, which goes on like the steady seconds."""
        return self.ahead + (now - self.now) - timedelta(seconds=steady - self.steady)


class Witness:
    """What a process knows of the provider's time."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady, self._lock = steady, Lock()
        self._testimony: Testimony | None = None
        self._tried = float("-inf")

    def ahead(self, gateway: Gateway, now: datetime) -> timedelta | None:
        """How far `now`, which is our time at this moment, is ahead of the provider's; None if nobody says."""
        if not isinstance(gateway, TimeKeeper) or virtual_now() is not None:
            return None
        steady = self._steady()
        with self._lock:
            if self._is_to_be_asked(now, steady):
                self._ask(gateway, now + timedelta(seconds=self._steady() - steady))
            return self._testimony.ahead_now(now, steady) if self._testimony else None

    def disagrees(self, gateway: Gateway, now: datetime) -> bool:
        """Whether the provider's time is too far from ours for anything that goes by the hour."""
        ahead = self.ahead(gateway, now)
        return ahead is not None and is_off(ahead)

    def _is_to_be_asked(self, now: datetime, steady: float) -> bool:
        if steady - self._tried < TRIED_EVERY:
            return False
        said = self._testimony
        return said is None or steady - said.steady >= ASKED_EVERY or is_off(said.ahead_now(now, steady))

    def _ask(self, gateway: TimeKeeper, now: datetime) -> None:
        before = self._steady()
        answer = gateway.time()
        self._tried = self._steady()
        if answer is not None:
            after = now + timedelta(seconds=self._tried - before)
            self._testimony = Testimony(ahead_of(answer, now, after), after, self._tried)


WITNESS = Witness()
"""This process's own."""
