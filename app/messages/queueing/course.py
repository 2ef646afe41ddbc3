"""The course of one visit's texts if nobody answers: what leaves when, and what is overtaken (pure).

The same rule as the clock's: a reminder reminds of a text that left; of several that have come due while one waits for
quiet hours or holidays to end, only the last may ring, and none too soon after the text before it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

APART = timedelta(hours=4)
"""A reminder that falls due sooner after the text before it is left out."""

INVITATION = "invitation"
OVERTAKEN = "overtaken by a later text"
CLOSED = "the window closes before"


@dataclass(frozen=True)
class Leaving:
    """A text: when it is meant, and when it leaves; or (`leaves_at` None) why it does not."""

    kind: str
    meant_at: datetime
    leaves_at: datetime | None
    because: str = ""


def course(
    prompts: Sequence[tuple[str, datetime]],
    closes_at: datetime,
    good_hour: Callable[[datetime], datetime],
    last: datetime | None = None,
) -> Iterator[Leaving]:
    """What becomes of `prompts` (kind and hour, in order) when the text before them leaves at `last`."""
    waiting = list(prompts)
    while waiting:
        moment = max(waiting[0][1], last) if last else waiting[0][1]
        due = [one for one in waiting if one[1] <= moment]
        waiting = waiting[len(due) :]
        kind, at = due.pop()
        yield from (Leaving(*one, None, OVERTAKEN) for one in due)
        if last is not None and at - last < APART:
            yield Leaving(kind, at, None, OVERTAKEN)
            continue
        leaves = good_hour(at)
        if leaves < closes_at:
            last = leaves
            yield Leaving(kind, at, leaves)
            continue
        yield Leaving(kind, at, None, CLOSED)
        if kind == INVITATION:  # nobody is reminded of what she was never asked
            yield from (Leaving(*one, None, CLOSED) for one in waiting)
            return
