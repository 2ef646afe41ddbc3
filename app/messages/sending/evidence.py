"""What refusals of our account or sender prove: one number's says nothing of the others' (pure).

A sender may be refused for everybody (the account is suspended) or for one number (abroad, ported), by the same codes.
Who else gets through tells: so a refused text waits a moment, and the different numbers are counted that were refused
since a text was taken. So is counted of whose texts nobody knows whether they left: a provider that answers everybody
with an error takes no more. The breaker never opens for one number, and no text is tried for ever.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from app.messages.gateways.outcomes import Outcome

ENOUGH = 5
"""So many different numbers refused in a row, and none taken between: nobody's text would leave."""
FEW = 2
"""So few prove it as well where nobody else waits to be tried, and none was taken lately."""
LATELY = timedelta(minutes=10)
TEXT_TRIES = 8
"""So often is a text tried, over an hour, while no other number's tells whether the refusal is hers alone."""
SPELL = timedelta(hours=1)
"""Who was refused in it while others got through says how many refusals in a row may be chance."""
TOO_MANY_REQUESTS = timedelta(hours=6)
"""After so long of nothing but "too many requests", to her alone, nobody believes it any more."""
NOT_THROUGH = (Outcome.HALTED, Outcome.UNKNOWN)


def tally(refused: Sequence[int], results: Iterable[tuple[int, Outcome]], hers: Collection[int]) -> tuple[int, ...]:
    """The messages that did not get through since one was taken: those before, and what came of these, in their order.

    Those that are known to be refused for `hers`, their own number, say nothing of the others.
    """
    standing = list(refused)
    for message_id, outcome in results:
        if outcome is Outcome.ACCEPTED:
            standing.clear()
        elif outcome in NOT_THROUGH and message_id not in (*standing, *hers):
            standing.append(message_id)
    return tuple(standing)


def halts_all(numbers: int, *, others_wait: bool, taken_lately: bool, by_chance: int = 0) -> bool:
    """Whether so many different numbers, refused since a text was taken, mean that nobody's would leave."""
    return numbers >= ENOUGH + by_chance or (numbers >= FEW and not others_wait and not taken_lately)


def by_chance(refused: int, taken: int) -> int:
    """How many more in a row it takes, where of late so many were refused between so many that were taken.

    A country that is closed to us may be half of everybody; where few got through at all, that is no chance.
    """
    return min(refused, taken)


def is_hers(tries: int, *, taken_lately: bool) -> bool:
    """Whether a text refused so often is refused for its own number: others get through, or nobody else can tell."""
    return tries >= TEXT_TRIES or (tries > 1 and taken_lately)
