"""What each visit of each version of the protocol asks, and which outcome each of its scores is a value of (pure).

An outcome joins scores over visits, where a questionnaire says so: the weekly pain scale is compared with what day 0
asked about two weeks. Where a visit asks both, each is an outcome of its own there. Scores of two questionnaires that
have one name are not one outcome.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.instruments import Instrument
from app.instruments.scores import score_checked

Measured = tuple[str, str]
"""A questionnaire and a score of it."""
Names = Mapping[Measured, str]
Asks = Mapping[int, Mapping[str, Sequence[Instrument]]]
"""The questionnaires of each visit, by the number of the protocol's version and the visit."""


class AskedInstrument(NamedTuple):
    """A questionnaire of a visit, in its place."""

    protocol_id: int
    visit: str
    place: int
    instrument: str


class DueOutcome(NamedTuple):
    """A value that a visit should give, and the score that gives it."""

    protocol_id: int
    visit: str
    instrument: str
    score: str
    value_set: str | None
    outcome: str


def asked(asks: Asks) -> list[AskedInstrument]:
    """The questionnaires of every visit."""
    return [
        AskedInstrument(number, visit, place, each.code)
        for number, visits in asks.items()
        for visit, questionnaires in visits.items()
        for place, each in enumerate(questionnaires, start=1)
    ]


def due(asks: Asks) -> list[DueOutcome]:
    """The outcomes of every visit, by the value set that is computed at once where a score takes one."""
    every = [each for visits in asks.values() for questionnaires in visits.values() for each in questionnaires]
    names = outcome_names(every)
    return [
        DueOutcome(number, visit, each.code, result.name, result.value_set, outcomes[each.code, result.name])
        for number, visits in asks.items()
        for visit, questionnaires in visits.items()
        for outcomes in [_at_one_visit(questionnaires, names)]
        for each in questionnaires
        for result in score_checked(each, {})
    ]


def outcome_names(every: Iterable[Instrument]) -> dict[Measured, str]:
    """The outcome that each score is a value of, by questionnaire and score."""
    scores = {(each.code, score.name): score.outcome for each in every for score in each.scores}
    times = Counter(name for _, name in scores)
    return {
        (code, name): outcome or (name if times[name] == 1 else f"{code}.{name}")
        for (code, name), outcome in scores.items()
    }


def _at_one_visit(questionnaires: Iterable[Instrument], names: Names) -> Names:
    """The outcomes of a visit's scores: two that would be the same one go by their own names."""
    of_visit = {
        (each.code, score.name): names[each.code, score.name] for each in questionnaires for score in each.scores
    }
    times = Counter(of_visit.values())
    return {measured: outcome if times[outcome] == 1 else measured[1] for measured, outcome in of_visit.items()}
