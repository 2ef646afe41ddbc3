"""Put a questionnaire's scoring to the proof: its example vectors, and every pattern of answers left out.

An example is held to the digits that it gives: 35.5556 is met by 35.555556. Patterns of missing answers have no oracle
of their own; what is seen is that each gives every score, a value within its range or a reason, and that where the
definition says how many answers are needed, a value stands exactly where so many were given.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from app.instruments.answering import Answer, check_answers
from app.instruments.model import Instrument, Item
from app.instruments.results import ScoringSettings
from app.instruments.scores import ComputedScore, score_checked
from app.instruments.scoring.compiling import rests_on
from app.instruments.scoring_language import OF_SCORES, Aggregate
from app.instruments.value_set_files import chosen
from app.instruments.vectors import NONE, Vector

ALL_PATTERNS_UP_TO = 12
"""Items whose every pattern is tried; of more, those that lack two or have two, and every number between."""
UNREACHED = "none of the answers tried gives it a value; write an example that does"


@dataclass(frozen=True)
class Proof:
    """What was tried, and each thing that is wrong."""

    vectors: int
    patterns: int
    failures: tuple[str, ...]
    needed: tuple[tuple[str, int, int], ...]
    """For each score that was reached: of how few answers, and of how many it can have."""


def prove(instrument: Instrument, vectors: Sequence[Vector]) -> Proof:
    """Run the vectors, then every pattern of missing answers."""
    failures = [failure for number, vector in enumerate(vectors, 1) for failure in _vector(instrument, number, vector)]
    fewest: dict[str, int] = {}
    most: dict[str, int] = {}
    tried = 0
    for answers in _patterns(instrument, vectors) if instrument.scores else ():
        tried += 1
        wrong, scores = _pattern(instrument, answers)
        failures += [each for each in wrong if each not in failures][:20]
        for score in scores:
            if score.value is not None:
                fewest[score.name] = min(fewest.get(score.name, score.n_answered), score.n_answered)
                most[score.name] = max(most.get(score.name, 0), score.n_answered)
    shown = {name for vector in vectors for name, expected in vector.expected if isinstance(expected, Decimal)}
    changes = {score.name for score in instrument.scores if _is_change(instrument, score.name)}
    unreached = [score.name for score in instrument.scores if tried and score.name not in {*fewest, *shown, *changes}]
    failures += [f"{name}: {UNREACHED}" for name in unreached]
    needed = tuple((name, fewest[name], most[name]) for name in fewest)
    return Proof(len(vectors), tried, tuple(failures), needed)


def _is_change(instrument: Instrument, name: str) -> bool:
    """A change since an earlier visit, or what rests on one: without that visit it has no value."""
    scoring = next(score.scoring for score in instrument.scores if score.name == name)
    if scoring is None:
        return False
    return scoring.aggregate is Aggregate.CHANGE_OF or any(_is_change(instrument, each) for each in rests_on(scoring))


def settings_of(vector: Vector) -> ScoringSettings:
    """As the example says that it was scored."""
    sets = chosen([vector.value_set] if vector.value_set else None)
    return ScoringSettings(sets, vector.minimum_answered, vector.earlier)


def _vector(instrument: Instrument, number: int, vector: Vector) -> Iterator[str]:
    where = f"vector {number}" + (f" ({vector.note})" if vector.note else "")
    checked = check_answers(instrument, vector.answers)
    yield from (f"{where}: {problem}" for problem in checked.problems)
    if checked.problems:
        return
    scores = {score.name: score for score in score_checked(instrument, checked.scorable, settings_of(vector))}
    for name, expected in vector.expected:
        if not _meets(scores[name], expected):
            yield f"{where}: {name} must be {expected}, and is {_shown(scores[name])}"
    for name, category in vector.categories:
        if scores[name].category != category:
            yield f"{where}: {name} must be called {category}, and is called {scores[name].category}"


def _meets(score: ComputedScore, expected: object) -> bool:
    if isinstance(expected, str):
        return score.value is None and expected in (NONE, score.reason)
    if not isinstance(expected, Decimal) or score.value is None:
        return False
    return expected in (score.value, rounded_like(score.value, expected))


def rounded_like(value: Decimal, expected: Decimal) -> Decimal:
    """The value to the digits after the point that `expected` gives; a whole number is meant exactly."""
    exponent = expected.as_tuple().exponent
    return value.quantize(expected, ROUND_HALF_UP) if isinstance(exponent, int) and exponent < 0 else value


def _shown(score: ComputedScore) -> str:
    return f"none ({score.reason})" if score.value is None else str(score.value)


def _patterns(instrument: Instrument, vectors: Sequence[Vector]) -> Iterator[dict[str, Answer]]:
    """Full sets of answers (the lowest, the highest, those of the fullest vector), less every set of items."""
    scored = [item for item in instrument.items if item.code in _scored(instrument)]
    for full in _full_answers(instrument, vectors):
        codes = [item.code for item in scored if item.code in full]
        for left_out in _left_out(codes):
            yield {code: answer for code, answer in full.items() if code not in left_out}


def _left_out(codes: Sequence[str]) -> Iterator[frozenset[str]]:
    sizes: Sequence[int] = range(len(codes) + 1)
    if len(codes) <= ALL_PATTERNS_UP_TO:
        yield from (frozenset(left) for size in sizes for left in combinations(codes, size))
        return
    for size in (0, 1, 2):
        yield from (frozenset(left) for left in combinations(codes, size))
        yield from (frozenset(codes).difference(kept) for kept in combinations(codes, size))
    for size in sizes[3:-3]:
        yield frozenset(codes[:size])
        yield frozenset(codes[-size:])


def _scored(instrument: Instrument) -> frozenset[str]:
    """The items that scores rest on; where Python scores, any."""
    if instrument.scorer is not None:
        return frozenset(instrument.by_code)
    scorings = [
        score.scoring for score in instrument.scores if score.scoring and score.scoring.aggregate not in OF_SCORES
    ]
    return frozenset(code for scoring in scorings for code in scoring.members.codes)


def _full_answers(instrument: Instrument, vectors: Sequence[Vector]) -> Iterator[Mapping[str, Answer]]:
    for end in (0, -1):
        yield _asked(instrument, {item.code: _extreme(item, end) for item in instrument.items})
    if vectors:
        fullest = max(vectors, key=lambda vector: len(vector.answers))
        yield check_answers(instrument, fullest.answers).scorable


def _asked(instrument: Instrument, answers: Mapping[str, Answer | None]) -> dict[str, Answer]:
    """Without what an answer leads past, and without "none of these" beside a tick."""
    exclusive = {item.code for item in instrument.exclusive}
    given = {code: value for code, value in answers.items() if value is not None}
    return check_answers(instrument, {code: value for code, value in given.items() if code not in exclusive}).scorable


def _extreme(item: Item, end: int) -> Answer | None:
    if item.codes:
        return sorted(item.codes)[end]
    return item.maximum if end else item.minimum


def _pattern(instrument: Instrument, answers: Mapping[str, Answer]) -> tuple[list[str], tuple[ComputedScore, ...]]:
    checked = check_answers(instrument, answers)
    scores = score_checked(instrument, checked.scorable)
    return [problem for score in scores for problem in _wrong(instrument, score)], scores


def _wrong(instrument: Instrument, score: ComputedScore) -> Iterator[str]:
    definition = next(each for each in instrument.scores if each.name == score.name)
    if (score.value is None) == (score.reason is None):
        yield f"{score.name}: has neither a value nor a reason, or both"
    if score.value is not None:
        low, high = definition.minimum, definition.maximum
        if (low is not None and score.value < low) or (high is not None and score.value > high):
            yield f"{score.name}: {score.value} lies outside {low} to {high}"
    scoring = definition.scoring
    if scoring is None or scoring.only or scoring.aggregate in OF_SCORES:
        return
    enough = score.n_answered >= scoring.missing.needed(len(scoring.members.codes))
    if enough != (score.value is not None):
        yield f"{score.name}: {score.n_answered} answers give {_shown(score)}"
