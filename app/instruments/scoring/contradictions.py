"""What is wrong with a definition's scoring, all of it at once, each with what to write instead."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from app.instruments.model import Item, ItemType, ScoreDefinition
from app.instruments.scoring.compiling import in_order, rests_on
from app.instruments.scoring.reach import Reach, is_kept_whole, is_whole, raw_reach, reach
from app.instruments.scoring.steps import ends, possible
from app.instruments.scoring_language import (
    ADDED_UP,
    AVERAGED,
    OF_SCORES,
    Aggregate,
    Band,
    Bound,
    Fill,
    Missing,
    Need,
    Scoring,
)

WORDS_NOT_NUMBERS = (ItemType.TEXT, ItemType.DATE, ItemType.TIME)
UPWARDS = (Bound.UP_TO, Bound.BELOW)
WITH_ITS_LIMIT = (Bound.UP_TO, Bound.FROM)


def contradictions(items: Sequence[Item], scores: Sequence[ScoreDefinition]) -> Iterator[str]:
    """What is wrong; nothing if the scores can be compiled."""
    by_code, names = {item.code: item for item in items}, {score.name for score in scores}
    problems = [
        f"score {score.name}: {problem}"
        for score in scores
        if score.scoring
        for problem in _of_one(score.scoring, by_code, names - {score.name})
    ]
    yield from problems
    ordered = in_order(scores)
    yield from (f"score {each.name}: rests on itself by way of others" for each in scores if each not in ordered)
    if not problems and len(ordered) == len(scores):
        yield from _beyond(ordered, by_code)


def _of_one(scoring: Scoring, items: Mapping[str, Item], others: set[str]) -> Iterator[str]:
    yield from _members(scoring, items, others)
    yield from _missing(scoring.missing, scoring.aggregate, len(scoring.members.codes))
    yield from _bands(scoring.bands, others)
    if scoring.only:
        condition = scoring.only.condition
        if condition.item not in items:
            yield f"only: there is no item {condition.item}"
        if [condition.equals, condition.above, condition.below].count(None) != 2:
            yield "only: say one of equals, above or below"
    if (scoring.since is None) == (scoring.aggregate is Aggregate.CHANGE_OF):
        yield "a change_of says since: first or previous, and nothing else does"


def _members(scoring: Scoring, items: Mapping[str, Item], others: set[str]) -> Iterator[str]:
    members, of_scores = scoring.members, scoring.aggregate in OF_SCORES
    existing, what = (others, "other score") if of_scores else (set(items), "item")
    yield from (f"there is no {what} {code}" for code in members.codes if code not in existing)
    yield from (f"{code} occurs twice" for code, count in Counter(members.codes).items() if count > 1)
    if scoring.aggregate in (Aggregate.ANSWER, Aggregate.CHANGE_OF) and len(members.codes) > 1:
        yield f"{scoring.aggregate} takes one code"
    if scoring.aggregate is Aggregate.COUNT and members.weights:
        yield "a count has no weights: each answer that counts is one"
    prepared = {*members.reverse, *(item for item, _ in members.recode), *(item for item, _ in members.weights)}
    if of_scores and (prepared or members.onto):
        yield "scores are neither reversed, recoded, weighted nor laid onto a stretch"
        return
    yield from (f"{code} is not among its items" for code in sorted(prepared - set(members.codes)))
    for code in members.codes:
        if code in items:
            yield from _item(items[code], scoring)


def _item(item: Item, scoring: Scoring) -> Iterator[str]:
    if item.type in WORDS_NOT_NUMBERS:
        yield f"{item.code} is a {item.type}, which has no number"
        return
    recode, listed = dict(scoring.members.recode).get(item.code), possible(item)
    if recode is not None:
        yield from _recoded(item, {code for code, _ in recode}, listed)
    low, high = ends(item, scoring.members)
    if scoring.members.onto and low == high:
        yield f"{item.code} has one answer only and cannot be laid onto a stretch"
    weights = dict(scoring.members.weights)
    if item.code in weights:
        yield from _weighed(item.code, weights[item.code], scoring)


def _weighed(code: str, weight: Decimal, scoring: Scoring) -> Iterator[str]:
    averaged = scoring.aggregate in AVERAGED or scoring.missing.fill is Fill.MEAN
    if weight <= 0 if averaged else weight == 0:
        yield f"the weight of {code} must be {'above 0' if averaged else 'another than 0'}"


def _recoded(item: Item, codes: set[object], listed: tuple[int, ...] | None) -> Iterator[str]:
    if listed is None:
        yield f"{item.code} is typed and cannot be recoded; use multiply, add or rescale"
        return
    yield from (f"recode of {item.code} says nothing of {code}" for code in listed if code not in codes)
    yield from (f"recode of {item.code}: {code} is not among its answers" for code in codes if code not in listed)


def _missing(missing: Missing, aggregate: Aggregate, of: int) -> Iterator[str]:
    may_lack = (
        missing.adjustable
        or missing.at_least is Need.HALF
        or (missing.at_least is not Need.ALL and int(missing.at_least) < of)
    )
    if isinstance(missing.at_least, int) and missing.at_least > of:
        yield f"at_least {missing.at_least} of {of} can never be reached"
    if may_lack and aggregate in ADDED_UP and missing.fill is None:
        yield "a sum of fewer says what stands for the others: fill: mean (prorated) or fill: zero"
    if missing.fill and (aggregate not in ADDED_UP or not may_lack):
        yield "fill has nothing to fill: it is for a sum or count with at_least below all"


def _bands(bands: tuple[Band, ...], others: set[str]) -> Iterator[str]:
    if not bands:
        return
    yield from (f"band {name} occurs twice" for name, n in Counter(band.name for band in bands).items() if n > 1)
    yield from (f"band {band.name}: there is no other score {band.score}"
                for band in bands if band.score and band.score not in others)  # fmt: skip
    yield from (f"band {band.name} has no bound, so that those after it are never reached"
                for band in bands[:-1] if band.bound is None)  # fmt: skip
    if bands[-1].bound is not None:
        yield f"the last band, {bands[-1].name}, takes what is left and has no bound"
    for place, band in enumerate(bands):
        covering = [earlier for earlier in bands[:place] if band.bound and earlier.bound and _covers(earlier, band)]
        yield from (f"band {band.name} is never reached after {earlier.name}" for earlier in covering[:1])


def _covers(earlier: Band, later: Band) -> bool:
    """Whether whatever fits the later one fits the earlier one, which is taken."""
    ways = [(band.score, band.bound in UPWARDS) for band in (earlier, later)]
    return ways[0] == ways[1] and _extent(earlier) >= _extent(later)


def _extent(band: Band) -> tuple[Decimal, bool]:
    """How far it reaches, and whether the limit itself is in it."""
    return band.limit if band.bound in UPWARDS else -band.limit, band.bound in WITH_ITS_LIMIT


def _beyond(ordered: Sequence[ScoreDefinition], items: Mapping[str, Item]) -> Iterator[str]:
    """Numbers that a score can be and its range or its table does not know."""
    reaches: dict[str, Reach] = {}
    whole: dict[str, bool] = {}
    for score in ordered:
        if score.scoring is None or not reaches.keys() >= set(rests_on(score.scoring)):
            continue  # that nothing computes it, or what it rests on, is said elsewhere
        raw, raw_whole = raw_reach(score.scoring, items, reaches), is_whole(score.scoring, items, whole)
        if score.scoring.table:
            yield from (f"score {score.name}: {problem}" for problem in _unlisted(score.scoring, raw, raw_whole))
        reaches[score.name] = low, high = reach(score.scoring, raw)
        whole[score.name] = is_kept_whole(score.scoring, raw_whole)
        least, most = score.minimum, score.maximum
        if (least is not None and low < least) or (most is not None and high > most):
            can_be = f"{_said(low)} to {_said(high)}"
            yield f"score {score.name}: can be {can_be}, its minimum and maximum say {least} to {most}"


def _unlisted(scoring: Scoring, raw: Reach, whole: bool) -> Iterator[str]:
    if not whole:
        yield "what is looked up in a table is whole; say whole: true"
        return
    listed = {Fraction(code) for code, _ in scoring.table}
    lacking = [number for number in range(int(raw[0]), int(raw[1]) + 1) if number not in listed]
    if lacking:
        some = ", ".join(map(str, lacking[:10])) + (" and more" if len(lacking) > 10 else "")
        yield f"the table says nothing of {some}"


def _said(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"
