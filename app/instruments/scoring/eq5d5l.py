"""EQ-5D-5L: the index by one or several value sets, and EQ VAS as it was given. Any dimension missing, no index."""

from app.instruments.results import Answers, Result, ScoringSettings, absent, itself
from app.instruments.value_set import DIMENSIONS, ValueSet

VERSION = "1"
RULE = "value set's index of the profile, half up to 3 decimals; all 5 dimensions needed"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    indices = (_index(answers, value_set) for value_set in settings.value_sets)
    return (*indices, itself("vas", answers, "vas"))


def _index(answers: Answers, value_set: ValueSet) -> Result:
    profile = "".join(str(answers.get(dimension, "")) for dimension in DIMENSIONS)
    if len(profile) < len(DIMENSIONS):
        return _with_set(absent("index", len(profile), RULE), value_set)
    return _with_set(Result("index", value_set.index(profile), len(profile), RULE), value_set)


def _with_set(result: Result, value_set: ValueSet) -> Result:
    return Result(result.name, result.value, result.n_answered, result.rule, result.reason, value_set.id)
