"""Item answers from the latent state: the ODI by rounding it, every other instrument by the kind of its items."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.instruments import Item, check_answers, instrument
from app.instruments.answering import is_asked
from app.instruments.model import ItemType
from app.rehearsal.item_values import Value, agreeing, value_at
from app.rehearsal.parameters import ItemModel, Parameters
from app.rehearsal.population.behaviour import behaviour
from app.rehearsal.population.disability import most_likely, odi_sections
from app.rehearsal.population.latent import Latent, latent
from app.rehearsal.population.people import SyntheticPerson
from app.rehearsal.population.streams import stream

Answers = dict[str, Value]

Mood = NDArray[np.float64]
LASTING = 0.75
"""Correlation over time of how a person sees an instrument, apart from the severity."""
SOME_DAY = date(2018, 6, 15)
RMDQ_STATEMENTS = tuple(f"rmdq{number:02d}" for number in range(1, 25))


def answers(person: SyntheticPerson, visit_day: int, instrument_codes: Sequence[str]) -> dict[str, Answers]:
    """What the person gives to each instrument at the visit, item by item.

    When the behaviour is partly, the answers stop before the end and at least one required item is missing. Never is
    not considered here: the answers are those that would have been given.
    """
    state = latent(person, visit_day)
    complete = {code: _instrument(person, visit_day, code, state) for code in instrument_codes}
    if behaviour(person, visit_day).kind == "partly":
        return _stopped(person, visit_day, complete)
    return complete


def _instrument(person: SyntheticPerson, day: int, code: str, state: Latent) -> Answers:
    if code == "odi":
        return dict(odi_sections(person, day, state.odi))
    if code == "rmdq":
        return _rmdq(person, day, state)
    return _generic(person, day, code, state)


def _stopped(person: SyntheticPerson, day: int, complete: dict[str, Answers]) -> dict[str, Answers]:
    """The answers up to a random place, in the instruments' own order, but before the last required item."""
    given = [(code, item) for code, items in complete.items() for item in items]
    draw = stream(person.parameters.seed, person.number, f"stopped {day}")
    for end in range(int(draw.integers(1, max(2, len(given)))), -1, -1):
        kept = set(given[:end])
        part = {code: {i: v for i, v in items.items() if (code, i) in kept} for code, items in complete.items()}
        if any(check_answers(code, items).missing for code, items in part.items()):
            return part
    return complete


def _rmdq(person: SyntheticPerson, day: int, state: Latent) -> Answers:
    """Ticked statements; whoever ticks nothing says that none applies."""
    mood = _mood(person, day, "rmdq", 0)
    number = round(24 * _place(_model(person.parameters, "rmdq"), state, mood))
    ticked = set(most_likely(person, day, "rmdq", np.arange(24), number).tolist())
    given: Answers = {code: int(at in ticked) for at, code in enumerate(RMDQ_STATEMENTS)}
    return given | {"none": int(not ticked)}


def _generic(person: SyntheticPerson, day: int, code: str, state: Latent) -> Answers:
    questionnaire = instrument(code)
    mood = _mood(person, day, code, len(questionnaire.items))
    given: Answers = {}
    for position, item in enumerate(questionnaire.items):
        if is_asked(questionnaire, item, given):
            model = _model(person.parameters, code, item.code)
            given[item.code] = _value(item, _place(model, state, mood, position))
    spread = dict(zip(questionnaire.by_code, map(float, mood[1:]), strict=True))
    return agreeing(questionnaire, given, spread, SOME_DAY)


def _model(parameters: Parameters, code: str, item: str = "") -> ItemModel:
    """The item's own model, else its instrument's, else the default."""
    models = parameters.instruments
    return models.get(f"{code}.{item}") or models.get(code) or models["default"]


def _mood(person: SyntheticPerson, day: int, code: str, items: int) -> Mood:
    """Standard normal: how the person sees this instrument on this day, then each of its items."""
    lasting = stream(person.parameters.seed, person.number, f"{code} level").standard_normal()
    today, *spreads = stream(person.parameters.seed, person.number, f"{code} level {day}").standard_normal(1 + items)
    return np.array([LASTING * lasting + np.sqrt(1 - LASTING**2) * today, *spreads])


def _place(model: ItemModel, state: Latent, mood: Mood, item: int | None = None) -> float:
    """Where on its scale, 0 to 1, an item is answered."""
    driver = {"severity": state.severity, "change": state.change, "none": 0.0}[model.driver]
    shift = model.correlation * driver + np.sqrt(1 - model.correlation**2) * mood[0]
    spread = 0.0 if item is None else model.spread_items * mood[1 + item]
    return float(np.clip(model.mean + model.sd * shift + spread, 0, 1))


def _value(item: Item, at: float) -> Value:
    """The value at that place of the item's scale."""
    match item.type:
        case ItemType.TEXT:
            return "Synthetic text"
        case ItemType.DATE:
            return SOME_DAY.isoformat()
    return value_at(item, at)
