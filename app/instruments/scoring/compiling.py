"""From scoring in data to a function: made once a definition, run for every submission, in exact arithmetic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from app.instruments.model import Item, ScoreDefinition
from app.instruments.results import PLACES, Answers, Compute, Result, ScoringSettings, Unscored, absent, rounded
from app.instruments.scoring.describing import rule_of
from app.instruments.scoring.steps import Number, Step, step
from app.instruments.scoring_language import OF_SCORES, Aggregate, Band, Fill, Only, Scoring


@dataclass(frozen=True, slots=True)
class Computed:
    """A result, and the number before it was rounded for keeping."""

    result: Result
    exact: Fraction = Fraction()


Others = Mapping[str, Computed]
ComputeScore = Callable[[Answers, ScoringSettings, Others], Computed]
Finish = Callable[[Fraction], tuple[Decimal, Fraction]]


def compiled(items: Sequence[Item], scores: Sequence[ScoreDefinition]) -> Compute:
    """What scores a questionnaire of which every score says how, without a contradiction (`contradictions`)."""
    by_code = {item.code: item for item in items}
    how = {score.name: score.scoring for score in in_order(scores) if score.scoring}
    computes = [(name, _compute_score(name, scoring, by_code)) for name, scoring in how.items()]
    names = tuple(score.name for score in scores)

    def compute(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
        done: dict[str, Computed] = {}
        for name, compute_score in computes:
            done[name] = compute_score(answers, settings, done)
        return tuple(_named(done[name].result, how[name].bands, done) for name in names)

    return compute


def in_order(scores: Sequence[ScoreDefinition]) -> list[ScoreDefinition]:
    """Each score after those that it rests on; those that wait for each other are left out."""
    names = {score.name for score in scores}
    ordered: list[ScoreDefinition] = []
    left = list(scores)
    while left:
        placed = {score.name for score in ordered}
        ready = [score for score in left if placed >= names.intersection(rests_on(score.scoring))]
        if not ready:
            return ordered
        ordered += ready
        left = [score for score in left if score not in ready]
    return ordered


def rests_on(scoring: Scoring | None) -> tuple[str, ...]:
    """The scores that must be known first."""
    return scoring.members.codes if scoring and scoring.aggregate in OF_SCORES else ()


def _compute_score(name: str, scoring: Scoring, items: Mapping[str, Item]) -> ComputeScore:
    finish = _finishing(scoring)
    if scoring.aggregate is Aggregate.CHANGE_OF:
        compute = _change(name, scoring, finish)
    elif scoring.aggregate in OF_SCORES:
        compute = _of_scores(name, scoring, finish)
    else:
        compute = _of_items(name, scoring, finish, items)
    return _only_where(name, scoring, scoring.only, compute) if scoring.only else compute


def _of_items(name: str, scoring: Scoring, finish: Finish, items: Mapping[str, Item]) -> ComputeScore:
    weights = {code: Fraction(weight) for code, weight in scoring.members.weights}
    steps: list[tuple[str, Step, Fraction]] = [
        (code, step(items[code], scoring), weights.get(code, Fraction(1))) for code in scoring.members.codes
    ]
    of, full_weight = len(steps), sum((weight for _, _, weight in steps), Fraction())

    def compute(answers: Answers, settings: ScoringSettings, _: Others) -> Computed:
        given = [(take(answers[code]), weight) for code, take, weight in steps if code in answers]
        text, needed = _rule(scoring, of, settings)
        if len(given) < needed:
            return Computed(absent(name, len(given), text))
        answered = full_weight if len(given) == of else sum((weight for _, weight in given), Fraction())
        value, exact = finish(_together(scoring, [number for number, _ in given], answered, full_weight))
        return Computed(Result(name, value, len(given), text), exact)

    return compute


def _together(scoring: Scoring, given: list[Number], answered: Fraction, full: Fraction) -> Fraction:
    """The answers as one number; `answered` is the weight of the answered, `full` that of all."""
    match scoring.aggregate:
        case Aggregate.MEAN:
            return sum(given) / answered
        case Aggregate.HIGHEST:
            return Fraction(max(given))
        case Aggregate.LOWEST:
            return Fraction(min(given))
        case _:
            total = Fraction(sum(given))
            return total * full / answered if scoring.missing.fill is Fill.MEAN and answered != full else total


def _of_scores(name: str, scoring: Scoring, finish: Finish) -> ComputeScore:
    of = len(scoring.members.codes)

    def compute(answers: Answers, settings: ScoringSettings, done: Others) -> Computed:
        parts = [done[code] for code in scoring.members.codes]
        given = [part.exact for part in parts if part.result.value is not None]
        n_answered = sum(part.result.n_answered for part in parts)
        text, needed = _rule(scoring, of, settings)
        if len(given) < needed:
            return Computed(absent(name, n_answered, text))
        total = sum(given, Fraction())
        by_mean = scoring.aggregate is Aggregate.MEAN_OF_SCORES or scoring.missing.fill is Fill.MEAN
        per = len(given) if scoring.aggregate is Aggregate.MEAN_OF_SCORES else Fraction(len(given), of)
        value, exact = finish(total / per if by_mean else total)
        return Computed(Result(name, value, n_answered, text), exact)

    return compute


def _change(name: str, scoring: Scoring, finish: Finish) -> ComputeScore:
    (code,) = scoring.members.codes
    assert scoring.since is not None
    since = scoring.since

    def compute(answers: Answers, settings: ScoringSettings, done: Others) -> Computed:
        now, text = done[code], _rule(scoring, len(scoring.members.codes), settings)[0]
        earlier = settings.earlier.get((code, since))
        if now.result.value is None:
            return Computed(absent(name, now.result.n_answered, text))
        if earlier is None:
            return Computed(Result(name, None, now.result.n_answered, text, Unscored.NO_EARLIER))
        value, exact = finish(now.exact - Fraction(earlier))
        return Computed(Result(name, value, now.result.n_answered, text), exact)

    return compute


def _only_where(name: str, scoring: Scoring, only: Only, compute: ComputeScore) -> ComputeScore:
    def maybe(answers: Answers, settings: ScoringSettings, done: Others) -> Computed:
        decider = answers.get(only.condition.item)
        if decider is None or only.condition.holds(decider):
            return compute(answers, settings, done)
        text = _rule(scoring, len(scoring.members.codes), settings)[0]
        return Computed(Result(name, None, 1, text, only.otherwise))

    return maybe


def _rule(scoring: Scoring, of: int, settings: ScoringSettings) -> tuple[str, int]:
    return _told(scoring, of, settings.minimum_answered)


@lru_cache(maxsize=1000)
def _told(scoring: Scoring, of: int, chosen: int | None) -> tuple[str, int]:
    needed = scoring.missing.needed(of, chosen)
    return rule_of(scoring, of, needed), needed


def _finishing(scoring: Scoring) -> Finish:
    """From the number that the answers make to the score: multiplied, laid, made whole, looked up, rounded."""
    factor, offset = linear(scoring)
    table = {Fraction(raw): Fraction(value) for raw, value in scoring.table}
    plain = factor == 1 and offset == 0

    def finish(number: Fraction) -> tuple[Decimal, Fraction]:
        exact = number if plain else number * factor + offset
        if scoring.whole:
            exact = Fraction(rounded(exact, 0))
        if table:
            exact = table[exact]
        value = rounded(exact, scoring.decimals)
        return value, exact if scoring.decimals == PLACES else Fraction(value)

    return finish


def linear(scoring: Scoring) -> tuple[Fraction, Fraction]:
    """The factor and the offset of all that is done to the number before it is made whole."""
    factor, offset = Fraction(scoring.multiply), Fraction(scoring.add)
    if scoring.rescale is None:
        return factor, offset
    source, target = scoring.rescale.source, scoring.rescale.target
    slope = Fraction(target.high - target.low) / Fraction(source.high - source.low)
    return factor * slope, (offset - Fraction(source.low)) * slope + Fraction(target.low)


def _named(result: Result, bands: tuple[Band, ...], done: Others) -> Result:
    if result.value is None or not bands:
        return result
    for band in bands:
        value = result.value if band.score is None else done[band.score].result.value
        if value is None:
            return result  # what decides is not known
        if band.fits(value):
            return replace(result, category=band.name)
    return result
