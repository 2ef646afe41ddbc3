"""How a score is computed, said in data: what a definition's `scoring` becomes. Frozen values; `compiling` runs them.

The steps go one way. Each answer is recoded or reversed, laid onto a common stretch, weighted; the answers become one
number; that number is multiplied and added to, or laid onto another stretch; it is made whole; it is looked up in a
table. Bands name what came out. What stands nowhere is left out. Rejected: formulas as text, which everybody reads
differently where something is missing.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.instruments.conditions import Condition
from app.instruments.results import PLACES, Unscored


class Aggregate(StrEnum):
    """How answers, or other scores, become one number."""

    SUM = "sum"
    MEAN = "mean"
    COUNT = "count"  # how many of the answers are at or above `from`
    HIGHEST = "highest"
    LOWEST = "lowest"
    ANSWER = "answer"  # one item's answer, as it is
    SUM_OF_SCORES = "sum_of_scores"
    MEAN_OF_SCORES = "mean_of_scores"
    CHANGE_OF = "change_of"  # another score, less what it was at an earlier visit


OF_SCORES = (Aggregate.SUM_OF_SCORES, Aggregate.MEAN_OF_SCORES, Aggregate.CHANGE_OF)
ADDED_UP = (Aggregate.SUM, Aggregate.COUNT, Aggregate.SUM_OF_SCORES)
AVERAGED = (Aggregate.MEAN, Aggregate.MEAN_OF_SCORES)


class Fill(StrEnum):
    """What stands for an item that was not answered, where enough of the others were."""

    MEAN = "mean"  # the mean of the answered: the sum is prorated
    ZERO = "zero"


class Need(StrEnum):
    """How many must be answered, in words."""

    ALL = "all"
    HALF = "half"  # half of them, or more


class Since(StrEnum):
    """Which earlier value of a score a change is counted from."""

    FIRST = "first"
    PREVIOUS = "previous"


class Bound(StrEnum):
    """How a band is bounded."""

    UP_TO = "up_to"
    BELOW = "below"
    FROM = "from"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Band:
    """A name for values: the first band of a list that fits is taken; the last has no bound. `score` may be another."""

    name: str
    bound: Bound | None = None
    limit: Decimal = Decimal()
    score: str | None = None

    def fits(self, value: Decimal) -> bool:
        match self.bound:
            case Bound.UP_TO:
                return value <= self.limit
            case Bound.BELOW:
                return value < self.limit
            case Bound.FROM:
                return value >= self.limit
            case Bound.ABOVE:
                return value > self.limit
            case None:
                return True


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one number to another; the second may be the smaller one."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Rescale:
    """A stretch laid onto another, in equal steps."""

    source: Stretch
    target: Stretch


@dataclass(frozen=True, slots=True)
class Members:
    """What a score rests on, and what is done with each answer before they are put together."""

    codes: tuple[str, ...]  # items, or scores
    reverse: frozenset[str] = frozenset()
    recode: tuple[tuple[str, tuple[tuple[Decimal, Decimal], ...]], ...] = ()
    onto: Stretch | None = None
    weights: tuple[tuple[str, Decimal], ...] = ()
    count_from: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Missing:
    """How much must be answered, and what stands for the rest. `adjustable`: a study may choose another number."""

    at_least: int | Need = Need.ALL
    fill: Fill | None = None
    adjustable: bool = False

    def needed(self, of: int, chosen: int | None = None) -> int:
        """So many of `of`, and never none."""
        if chosen is not None and self.adjustable:
            return max(1, chosen)
        if self.at_least is Need.ALL:
            return of
        return max(1, (of + 1) // 2 if self.at_least is Need.HALF else int(self.at_least))


@dataclass(frozen=True, slots=True)
class Only:
    """The score is given only where the condition holds; where it is known not to, `otherwise` is the reason."""

    condition: Condition
    otherwise: Unscored


@dataclass(frozen=True, slots=True)
class Scoring:
    """How one score is computed."""

    aggregate: Aggregate
    members: Members
    missing: Missing = Missing()
    multiply: Decimal = Decimal(1)
    add: Decimal = Decimal()
    rescale: Rescale | None = None
    whole: bool = False
    table: tuple[tuple[Decimal, Decimal], ...] = ()
    decimals: int = PLACES
    bands: tuple[Band, ...] = ()
    only: Only | None = None
    since: Since | None = None
