"""Every way through a questionnaire: which answers lead to which questions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from app.instruments.answering import Answer, is_asked
from app.instruments.conditions import Condition
from app.instruments.looking_back import each_decided
from app.instruments.model import Instrument, Item

MOST_WAYS = 500


@dataclass(frozen=True)
class Way:
    """The deciding answers, and the items that are asked then."""

    decided: tuple[tuple[str, str], ...]
    items: tuple[str, ...]


def ways(instrument: Instrument) -> list[Way]:
    """Each set of questions once, with the first answers that lead to it; all that differ, up to a few hundred."""
    different: dict[tuple[str, ...], Way] = {}
    for said, decided in each_decided(instrument):
        for way in _ways(decided):
            different.setdefault(way.items, Way((*said, *way.decided), way.items))
    return list(different.values())[:MOST_WAYS]


def _ways(instrument: Instrument) -> list[Way]:
    deciders = [item for item in instrument.items if item.code in _deciding(instrument)]
    different: dict[tuple[str, ...], Way] = {}
    for answers in product(*(_telling_answers(instrument, item) for item in deciders)):
        given = {item.code: answer for item, (_, answer) in zip(deciders, answers, strict=True)}
        reached = tuple(item.code for item in instrument.items if is_asked(instrument, item, given))
        decided = tuple(
            (item.code, said) for item, (said, _) in zip(deciders, answers, strict=True) if item.code in reached
        )
        different.setdefault(reached, Way(decided, reached))
        if len(different) == MOST_WAYS:
            break
    return list(different.values())


def _deciding(instrument: Instrument) -> set[str]:
    return {part.item for item in instrument.branching if item.when for part in item.when.parts}


def _conditions_on(instrument: Instrument, code: str) -> list[Condition]:
    return [part for item in instrument.branching if item.when for part in item.when.parts if part.item == code]


def _telling_answers(instrument: Instrument, item: Item) -> Sequence[tuple[str, Answer | None]]:
    """One answer of each kind that the conditions tell apart, and none; each with its words."""
    conditions = _conditions_on(instrument, item.code)
    kinds: dict[tuple[bool, ...], list[int]] = {}
    for answer in _answers(item, conditions):
        kinds.setdefault(tuple(condition.holds(answer) for condition in conditions), []).append(answer)
    said: list[tuple[str, Answer | None]] = [(_said(item, answers), answers[0]) for answers in kinds.values()]
    return [*said, ("not answered", None)]


def _answers(item: Item, conditions: Sequence[Condition]) -> Iterator[int]:
    """Every code; of a number, its ends and what lies around each bound."""
    if item.codes:
        yield from sorted(item.codes)
        return
    low, high = item.ends
    bounds = [bound for each in conditions for _, bound in each.bounds]
    around = {low, high, *(bound + step for bound in bounds for step in (-1, 0, 1))}
    yield from sorted(number for number in around if low <= number <= high)


def _said(item: Item, answers: Sequence[int]) -> str:
    if item.codes or len(answers) == 1:
        return " or ".join(map(str, answers))
    return f"{answers[0]} to {answers[-1]}"
