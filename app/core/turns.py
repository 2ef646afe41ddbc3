"""Turns at what takes much memory: a few at once in each process, the others wait, and not for long.

Argon2 takes tens of megabytes for each password it looks at; a flood of them at once would take all there is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local

from app.core.problems import Unavailable

TURN_SECONDS = 4.0
"""Seconds."""


class Turns:
    """So many turns at once. Whoever has one need not wait for another."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._free = BoundedSemaphore(at_once)
        self._this_thread = local()

    @contextmanager
    def take(self) -> Iterator[None]:
        """A turn, given back at the end of the block; Unavailable where none comes soon."""
        if getattr(self._this_thread, "has_one", False):
            yield
            return
        if not self._free.acquire(timeout=TURN_SECONDS):
            raise Unavailable("Many people come in just now. Try again in a moment.", retry_after=5)
        self._this_thread.has_one = True
        try:
            yield
        finally:
            self._this_thread.has_one = False
            self._free.release()
