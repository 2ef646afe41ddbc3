"""What a scorer gets and gives, and the arithmetic that they share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from app.instruments.value_set import ValueSet

Answers = Mapping[str, int | Decimal | str]  # what was answered and asked, nothing else

PLACES = 6  # of a quotient that does not end


class Unscored(StrEnum):
    """Why a score has no value."""

    NOT_ANSWERED = "not_answered"
    INCOMPLETE = "incomplete"
    NOT_EMPLOYED = "not_employed"
    NO_HOURS = "no_hours"
    NOT_APPLICABLE = "not_applicable"  # another answer says that there is nothing to be scored
    NO_EARLIER = "no_earlier"  # a change, and nothing it could be counted from


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """What a caller may choose: value sets (EQ-5D-5L), and how many items at least must be answered (where the scoring
    lets it be chosen); and what it knows: scores of earlier visits, by name and whether it is the first or the last."""

    value_sets: tuple[ValueSet, ...] = ()
    minimum_answered: int | None = None
    earlier: Mapping[tuple[str, str], Decimal] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Result:
    """One score, or `None` and the reason; `rule` says how it was reached and what is demanded of missing items."""

    name: str
    value: Decimal | None
    n_answered: int
    rule: str
    reason: Unscored | None = None
    value_set: str | None = None
    category: str | None = None


Compute = Callable[[Answers, ScoringSettings], tuple[Result, ...]]
"""What scores one questionnaire."""


def rounded(number: Fraction | int, places: int = PLACES) -> Decimal:
    """The number to so many places, without trailing zeros; what lies in the middle goes away from zero."""
    if number < 0:
        return -rounded(-number, places)
    if number.denominator == 1:
        return Decimal(number.numerator)
    units = (Fraction(number) * 10**places + Fraction(1, 2)).__floor__()
    whole, rest = divmod(units, 10**places)
    digits = f"{rest:0{places}d}".rstrip("0")
    return Decimal(f"{whole}.{digits}" if digits else str(whole))


def numbers(answers: Answers, items: Iterable[str]) -> list[Fraction]:
    """The answered ones of these items, as exact numbers."""
    given = (answers.get(item) for item in items)
    return [_exact(value) for value in given if value is not None]


@lru_cache(maxsize=1000)
def _exact(value: int | Decimal | str) -> Fraction:
    return Fraction(value)


def total(given: Iterable[Fraction]) -> Fraction:
    """The sum; of whole numbers, by the machine's own arithmetic."""
    kept = tuple(given)
    if all(number.denominator == 1 for number in kept):
        return Fraction(sum(number.numerator for number in kept))
    return sum(kept, Fraction())


def absent(name: str, n_answered: int, rule: str) -> Result:
    """A score that cannot be given because too little was answered."""
    return Result(name, None, n_answered, rule, Unscored.INCOMPLETE if n_answered else Unscored.NOT_ANSWERED)


def itself(name: str, answers: Answers, item: str) -> Result:
    """The answer to one item, as it was given."""
    given, rule = numbers(answers, (item,)), "the answer itself"
    return Result(name, rounded(given[0]), 1, rule) if given else absent(name, 0, rule)
