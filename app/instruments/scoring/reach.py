"""Which numbers a score can be: from the items' answers, through everything that is done to them."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from app.instruments.model import Item
from app.instruments.results import PLACES, rounded
from app.instruments.scoring.compiling import linear
from app.instruments.scoring.steps import possible, step
from app.instruments.scoring_language import ADDED_UP, AVERAGED, OF_SCORES, Aggregate, Fill, Need, Scoring

Reach = tuple[Fraction, Fraction]  # the least and the greatest


def raw_reach(scoring: Scoring, items: Mapping[str, Item], scores: Mapping[str, Reach]) -> Reach:
    """Before the table: what is looked up, or the score itself where there is no table."""
    factor, offset = linear(scoring)
    low, high = sorted(end * factor + offset for end in _together(scoring, items, scores))
    return (Fraction(rounded(low, 0)), Fraction(rounded(high, 0))) if scoring.whole else (low, high)


def reach(scoring: Scoring, raw: Reach) -> Reach:
    """The least and the greatest that the score can be as it is kept, from those before the table."""
    values = [Fraction(value) for _, value in scoring.table] or raw
    low, high, places = min(values), max(values), scoring.decimals
    return (low, high) if places == PLACES else (Fraction(rounded(low, places)), Fraction(rounded(high, places)))


def is_whole(scoring: Scoring, items: Mapping[str, Item], scores: Mapping[str, bool]) -> bool:
    """Whether nothing but whole numbers can come out before the table; `scores` says it of the other scores."""
    if scoring.whole:
        return True
    if scoring.aggregate in AVERAGED or scoring.missing.fill is Fill.MEAN or not _all_whole(linear(scoring)):
        return False
    codes = scoring.members.codes
    if scoring.aggregate in OF_SCORES:
        return all(scores[code] for code in codes)
    return all(_adds_whole(items[code], scoring) for code in codes)


def is_kept_whole(scoring: Scoring, raw: bool) -> bool:
    """Whether the score as it is kept is a whole number, where before the table it is one (`raw`) or is not."""
    return scoring.decimals == 0 or (_all_whole(value for _, value in scoring.table) if scoring.table else raw)


def _all_whole(numbers: Iterable[Fraction | Decimal]) -> bool:
    return all(Fraction(number).denominator == 1 for number in numbers)


def _adds_whole(item: Item, scoring: Scoring) -> bool:
    """Whether each answer is added up as a whole number; typed ones lie at equal steps, so that two tell of all."""
    take, least = step(item, scoring), Decimal(item.minimum or 0)
    answers = possible(item) or (least, least + Decimal(1).scaleb(-item.decimals))
    return _all_whole(Fraction(take(answer)) for answer in answers)


def _together(scoring: Scoring, items: Mapping[str, Item], scores: Mapping[str, Reach]) -> Reach:
    codes, given = scoring.members.codes, dict(scoring.members.weights)
    if scoring.aggregate in OF_SCORES:
        parts = [scores[code] for code in codes]
    else:
        parts = [worth(items[code], scoring) for code in codes]
    if scoring.aggregate is Aggregate.CHANGE_OF:
        ((low, high),) = parts
        return low - high, high - low
    weights = [Fraction(given.get(code, 1)) for code in codes]
    if scoring.aggregate in ADDED_UP:
        return _summed(scoring, parts, weights)
    if scoring.aggregate in AVERAGED:
        return _averaged(scoring, parts, weights)
    return min(low for low, _ in parts), max(high for _, high in parts)


def _summed(scoring: Scoring, parts: Sequence[Reach], weights: Sequence[Fraction]) -> Reach:
    """The least sum and the greatest; each part is weighted already."""
    if scoring.missing.fill is Fill.MEAN:
        low, high = _of_any(parts, weights)
        return low * sum(weights), high * sum(weights)
    needed = 1 if scoring.missing.adjustable else scoring.missing.needed(len(parts))
    lows, highs = sorted(low for low, _ in parts), sorted((high for _, high in parts), reverse=True)
    least = [*lows[:needed], *(min(low, Fraction()) for low in lows[needed:])]
    most = [*highs[:needed], *(max(high, Fraction()) for high in highs[needed:])]
    return sum(least, Fraction()), sum(most, Fraction())


def _averaged(scoring: Scoring, parts: Sequence[Reach], weights: Sequence[Fraction]) -> Reach:
    """The least mean and the greatest: of all where all must be answered, else of any."""
    if scoring.missing.adjustable or scoring.missing.at_least is not Need.ALL:
        return _of_any(parts, weights)
    full = sum(weights)
    return sum((low for low, _ in parts), Fraction()) / full, sum((high for _, high in parts), Fraction()) / full


def _of_any(parts: Sequence[Reach], weights: Sequence[Fraction]) -> Reach:
    """Whatever is answered, its mean lies between the least and the greatest of the answers."""
    weighted = list(zip(parts, weights, strict=True))
    return min(low / weight for (low, _), weight in weighted), max(high / weight for (_, high), weight in weighted)


def worth(item: Item, scoring: Scoring) -> Reach:
    """The least and the greatest as which an answer is added up, by the very step that it goes through."""
    take = step(item, scoring)
    values = [Fraction(take(answer)) for answer in possible(item) or item.ends]
    return min(values), max(values)
