"""Guessing links: after twenty that are not ours in a minute, an address is asked to wait.

Real links always open, so a hospital behind one address is never shut out. Each process counts for itself: 128 bits are
the defence, this only keeps guessers from being a load.
"""

import threading
from collections import deque

from flask import Request, current_app

from app.core.problems import TooMany

TRIES, SECONDS, ADDRESSES = 20, 60, 10_000


class Guesses:
    """The instants of wrong links by address, none older than a minute."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def count(self, address: str, moment: float) -> int:
        """Note one more, and say how many there were in the last minute."""
        with self._lock:
            if len(self._seen) >= ADDRESSES:
                self._seen.clear()
            seen = self._seen.setdefault(address, deque(maxlen=TRIES + 1))
            seen.append(moment)
            while seen[0] <= moment - SECONDS:
                seen.popleft()
            return len(seen)


def slow_down_guessing(request: Request, moment: float) -> None:
    """Note a link that is not ours; TooMany if this address sends many."""
    guesses: Guesses = current_app.extensions.setdefault("patient guesses", Guesses())
    if guesses.count(request.remote_addr or "", moment) > TRIES:
        raise TooMany("That was often. Wait a minute, then try again.", retry_after=SECONDS)
