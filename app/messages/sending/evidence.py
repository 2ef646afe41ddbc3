"""What refusals of our account or sender prove: one number's says nothing of the others' (pure).

A sender may be refused for everybody (the account is suspended) or for one number (abroad, ported), by the same codes.
Who else gets through tells: so a refused text waits a moment, and the different numbers are counted that were refused
since a text was taken. The breaker never opens for one number, and no text is tried for ever.
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


def tally(refused: Sequence[int], results: Iterable[tuple[int, Outcome]], hers: Collection[int]) -> tuple[int, ...]:
    """The messages refused since a text was taken: those before, and what came of these, in their order.

    Those that are known to be refused for `hers`, their own number, say nothing of the others.
    """
    standing = list(refused)
    for message_id, outcome in results:
        if outcome is Outcome.ACCEPTED:
            standing.clear()
        elif outcome is Outcome.HALTED and message_id not in (*standing, *hers):
            standing.append(message_id)
    return tuple(standing)


def halts_all(numbers: int, *, others_wait: bool, taken_lately: bool) -> bool:
    """Whether so many different numbers, refused since a text was taken, mean that nobody's would leave."""
    return numbers >= ENOUGH or (numbers >= FEW and not others_wait and not taken_lately)


def is_hers(tries: int, *, taken_lately: bool) -> bool:
    """Whether a text refused so often is refused for its own number: others get through, or nobody else can tell."""
    return tries >= TEXT_TRIES or (tries > 1 and taken_lately)
