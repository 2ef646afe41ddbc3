"""The virtual clock and what people will do at which instant."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

Act = Callable[[], None]


class Agenda:
    """Acts by instant; equal instants keep the order in which they were noted."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._order = count()
        self._acts: list[tuple[datetime, int, Act]] = []

    def now(self) -> datetime:
        """The virtual instant that the rehearsal has come to."""
        return self._now

    def note(self, at: datetime, act: Act) -> None:
        """Do `act` at that instant, or at once if it has passed."""
        heapq.heappush(self._acts, (max(at, self._now), next(self._order), act))

    def next_at(self) -> datetime | None:
        """When the next act is due."""
        return self._acts[0][0] if self._acts else None

    def move(self, at: datetime) -> None:
        """Let the time be `at`; it never runs backwards."""
        self._now = max(at, self._now)

    def act(self) -> None:
        """Move to the next act and do it."""
        at, _, act = heapq.heappop(self._acts)
        self.move(at)
        act()


def soonest(*moments: datetime | None) -> datetime | None:
    """The first of these, where there is one."""
    return min((moment for moment in moments if moment is not None), default=None)


def next_hour(at: datetime) -> datetime:
    """The full hour at or after `at`."""
    return _next_whole(at, timedelta(hours=1))


def next_quarter(at: datetime) -> datetime:
    """The quarter of an hour at or after `at`."""
    return _next_whole(at, timedelta(minutes=15))


def _next_whole(at: datetime, part: timedelta) -> datetime:
    begun = (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % part
    return at + part - begun if begun else at
