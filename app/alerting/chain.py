"""Who is told when: the first at once, the next when nobody has taken it by then, and all of them again each hour."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

AGAIN = timedelta(hours=1)
MOST_ROUNDS = 24
"""So often is one person told of one task; by then it is on Today since a day, and the operator knows."""
CHOICES = (0, 15, 30, 60, 120)
"""Minutes that a task may have waited, untaken, before somebody is told. None: never."""


def rounds(waited: timedelta, after: timedelta, last: timedelta) -> int:
    """How often somebody should have been told of a task that has waited so long.

    Her turn comes `after` so long, that of the last one after `last`; from then on everybody's comes each hour.
    """
    if waited < after:
        return 0
    return min(1 + max(0, (waited - last) // AGAIN), MOST_ROUNDS)


def until_the_last(chain: Mapping[int, int]) -> timedelta:
    """From the first one's turn to that of the last."""
    return timedelta(minutes=max(chain.values(), default=0) - min(chain.values(), default=0))


def owed(chain: Mapping[int, int], waited: timedelta) -> Iterator[tuple[int, int]]:
    """Each person of the chain (by id, with the minutes that she chose) who is to be told now, and which time it is.

    Whoever is told first is told at once, whatever she chose: while nobody knows, there is nobody to wait for.
    """
    if not chain:
        return
    first, last = min(chain.values()), max(chain.values())
    for person, minutes in sorted(chain.items(), key=lambda member: (member[1], member[0])):
        number = rounds(waited, timedelta(minutes=minutes - first), timedelta(minutes=last - first))
        if number:
            yield person, number
