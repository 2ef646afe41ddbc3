"""The course of one visit's texts if nobody answers: what leaves when, and what is overtaken (pure).

The same rule as the clock's: a reminder reminds of a text that left; of several that have come due while one waits for
quiet hours or holidays to end, only the last may ring, and none too soon after the text before it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from app.messages.kinds import MessageKind, Reason
from app.studies.protocol import Window
from app.studies.protocol.spans import hours

BETWEEN_TEXTS = timedelta(hours=4)
"""A reminder that falls due sooner after the text before it is left out."""


class Unsent(StrEnum):
    """Why a text on paper never leaves."""

    OVERTAKEN = Reason.OVERTAKEN.value
    CLOSES_BEFORE = "the window closes before"
    TOGETHER = "in one text with another visit's"


def between_texts(window: Window) -> timedelta:
    """How long after the text before it a reminder may come: in a window that reminds by the hour, half as planned."""
    ends = [timedelta(0), *(hours(reminder.day) for reminder in window.reminders if reminder.at is None)]
    return min([BETWEEN_TEXTS, *((after - before) / 2 for before, after in pairwise(ends))])


def is_apart(at: datetime, last_sent_at: datetime | None, between: timedelta = BETWEEN_TEXTS) -> bool:
    """Whether a prompt at `at` comes long enough after the text before it, if there was one."""
    return last_sent_at is None or at - last_sent_at >= between


@dataclass(frozen=True)
class Leaving:
    """A text: when it is meant, and when it leaves; or (`leaves_at` None) why it does not."""

    kind: MessageKind
    meant_at: datetime
    leaves_at: datetime | None
    because: Unsent | None = None


def course(
    prompts: Sequence[tuple[MessageKind, datetime]],
    closes_at: datetime,
    good_hour: Callable[[datetime], datetime],
    last: datetime | None = None,
    between: timedelta = BETWEEN_TEXTS,
) -> Iterator[Leaving]:
    """What becomes of `prompts` (kind and hour, in order) when the text before them leaves at `last`."""
    waiting = list(prompts)
    while waiting:
        moment = max(waiting[0][1], last) if last else waiting[0][1]
        due = [prompt for prompt in waiting if prompt[1] <= moment]
        waiting = waiting[len(due) :]
        kind, at = due.pop()
        yield from (Leaving(*prompt, None, Unsent.OVERTAKEN) for prompt in due)
        if not is_apart(at, last, between):
            yield Leaving(kind, at, None, Unsent.OVERTAKEN)
            continue
        leaves = good_hour(at)
        if leaves < closes_at:
            last = leaves
            yield Leaving(kind, at, leaves)
            continue
        yield Leaving(kind, at, None, Unsent.CLOSES_BEFORE)
        if kind is MessageKind.INVITATION:  # nobody is reminded of what she was never asked
            yield from (Leaving(*prompt, None, Unsent.CLOSES_BEFORE) for prompt in waiting)
            return
