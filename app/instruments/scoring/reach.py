"""Which numbers a score can be: from the items' answers, through everything that is done to them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from app.instruments.model import Item
from app.instruments.results import rounded
from app.instruments.scoring.compiling import linear
from app.instruments.scoring.steps import ends, laid, possible
from app.instruments.scoring_language import Aggregate, Fill, Need, Scoring

Reach = tuple[Fraction, Fraction]  # the least and the greatest


def raw_reach(scoring: Scoring, items: Mapping[str, Item], scores: Mapping[str, Reach]) -> Reach:
    """Before the table: what is looked up, or the score itself where there is no table."""
    factor, offset = linear(scoring)
    low, high = sorted(end * factor + offset for end in _together(scoring, items, scores))
    return (Fraction(rounded(low, 0)), Fraction(rounded(high, 0))) if scoring.whole else (low, high)


def reach(scoring: Scoring, items: Mapping[str, Item], scores: Mapping[str, Reach]) -> Reach:
    """The least and the greatest that the score can be."""
    if not scoring.table:
        return raw_reach(scoring, items, scores)
    values = [Fraction(value) for _, value in scoring.table]
    return min(values), max(values)


def is_whole(scoring: Scoring, items: Mapping[str, Item]) -> bool:
    """Whether nothing but whole numbers can come out before the table."""
    if scoring.whole:
        return True
    if scoring.aggregate in (Aggregate.MEAN, Aggregate.MEAN_OF_SCORES) or scoring.missing.fill is Fill.MEAN:
        return False
    members, numbers = scoring.members, [*linear(scoring)]
    numbers += [Fraction(weight) for _, weight in members.weights]
    numbers += [Fraction(value) for _, values in members.recode for _, value in values]
    all_whole = all(code not in items or not items[code].decimals for code in members.codes)
    return all_whole and members.onto is None and all(number.denominator == 1 for number in numbers)


def _together(scoring: Scoring, items: Mapping[str, Item], scores: Mapping[str, Reach]) -> Reach:
    codes = scoring.members.codes
    match scoring.aggregate:
        case Aggregate.CHANGE_OF:
            low, high = scores[codes[0]]
            return low - high, high - low
        case Aggregate.SUM_OF_SCORES | Aggregate.MEAN_OF_SCORES:
            parts, weights = [scores[code] for code in codes], [Fraction(1)] * len(codes)
        case _:
            given = dict(scoring.members.weights)
            parts = [worth(items[code], scoring) for code in codes]
            weights = [Fraction(given.get(code, 1)) for code in codes]
    if scoring.aggregate in (Aggregate.SUM, Aggregate.COUNT, Aggregate.SUM_OF_SCORES):
        return _summed(scoring, parts, weights)
    if scoring.aggregate in (Aggregate.MEAN, Aggregate.MEAN_OF_SCORES) and scoring.missing.at_least is Need.ALL:
        low, high = _summed(scoring, parts, weights)
        return low / sum(weights), high / sum(weights)
    return min(low for low, _ in parts), max(high for _, high in parts)


def _summed(scoring: Scoring, parts: Sequence[Reach], weights: Sequence[Fraction]) -> Reach:
    weighted = [sorted((low * weight, high * weight)) for (low, high), weight in zip(parts, weights, strict=True)]
    if scoring.missing.fill is Fill.MEAN:
        full = sum(weights)
        return full * min(low for low, _ in parts), full * max(high for _, high in parts)
    needed = 1 if scoring.missing.adjustable else scoring.missing.needed(len(parts))
    lows, highs = sorted(low for low, _ in weighted), sorted((high for _, high in weighted), reverse=True)
    least = sum(lows[:needed], Fraction()) + sum((low for low in lows[needed:] if low < 0), Fraction())
    most = sum(highs[:needed], Fraction()) + sum((high for high in highs[needed:] if high > 0), Fraction())
    return least, most


def worth(item: Item, scoring: Scoring) -> Reach:
    """The least and the greatest that one answer is worth, before its weight."""
    members = scoring.members
    low, high = ends(item, members)
    if scoring.aggregate is Aggregate.COUNT:
        recode = dict(dict(members.recode).get(item.code, ()))
        values = [Fraction(recode.get(Decimal(code), code)) for code in possible(item) or ()] or [low, high]
        if item.code in members.reverse:
            values = [low + high - value for value in values]
        counted = [Fraction(int(value >= members.count_from)) for value in values]
        return min(counted), max(counted)
    if members.onto is None:
        return low, high
    first, last = sorted(laid(end, low, high, members.onto) for end in (low, high))
    return first, last
