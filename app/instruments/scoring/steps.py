"""What is done with one answer before it is added up: recoded or reversed, laid onto a stretch, weighted, counted."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from app.instruments.model import SCALES, Item
from app.instruments.scoring_language import Aggregate, Members, Scoring, Stretch

Number = int | Fraction
Step = Callable[[int | Decimal | str], Number]


def possible(item: Item) -> tuple[int, ...] | None:
    """Every answer that can be given, where they can be listed; None for a typed number. Not for text and dates."""
    if item.type in SCALES and item.minimum is not None and item.maximum is not None:
        return tuple(range(item.minimum, item.maximum + 1))
    return item.codes or None


def ends(item: Item, members: Members) -> tuple[Fraction, Fraction]:
    """The least and the greatest that an answer is worth, before it is laid onto a stretch or weighted."""
    recoded = dict(members.recode).get(item.code)
    if recoded:
        worth = [value for _, value in recoded]
        return Fraction(min(worth)), Fraction(max(worth))
    listed = possible(item) or item.ends
    return Fraction(min(listed)), Fraction(max(listed))


def step(item: Item, scoring: Scoring) -> Step:
    """From an answer to this item to the number that is added up; a table where the answers can be listed."""
    members = scoring.members
    counted = members.count_from if scoring.aggregate is Aggregate.COUNT else None
    weight = Fraction(dict(members.weights).get(item.code, 1))
    worth = _worth(item, members)

    def number(answer: int | Decimal | str) -> Number:
        value = worth(Fraction(answer))
        return plain(value * weight if counted is None else Fraction(int(value >= counted)))

    listed = possible(item)
    return {code: number(code) for code in listed}.__getitem__ if listed else number  # type: ignore[return-value]


def _worth(item: Item, members: Members) -> Callable[[Fraction], Fraction]:
    recode = {Fraction(code): Fraction(value) for code, value in dict(members.recode).get(item.code, ())}
    low, high = ends(item, members)
    reverse, onto = item.code in members.reverse, members.onto

    def worth(answer: Fraction) -> Fraction:
        value = recode.get(answer, answer)
        if reverse:
            value = low + high - value
        return value if onto is None else laid(value, low, high, onto)

    return worth


def laid(value: Fraction, low: Fraction, high: Fraction, onto: Stretch) -> Fraction:
    """The value of a stretch from `low` to `high` at the same place on another."""
    return Fraction(onto.low) + (value - low) / (high - low) * (Fraction(onto.high) - Fraction(onto.low))


def plain(number: Fraction) -> Number:
    """A whole number as one: the machine adds it faster."""
    return number.numerator if number.denominator == 1 else number
