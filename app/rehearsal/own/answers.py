"""What a made-up person answers: one latent state, and the kind of each item; any questionnaire is answered by it."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from app.instruments import Instrument, Item
from app.instruments.answering import is_asked
from app.instruments.date_bounds import EARLIEST, LATEST
from app.instruments.model import ItemType
from app.rehearsal.item_values import Value, agreeing, value_at
from app.rehearsal.population.streams import stream


def severity(seed: int, number: int, visit: str, day: int, effect: float) -> float:
    """How she is at a visit, standard normal between people: a level of her own, some improvement, and the day."""
    level = stream(seed, number, "level").standard_normal()
    today = stream(seed, number, f"today {visit}").standard_normal()
    improved = min(max(day, 0), 90) / 90
    return float(0.8 * level + 0.5 * today + improved * (effect - 0.5))


def answers(
    questionnaires: Sequence[Instrument], state: float, seed: int, number: int, visit: str, on: date
) -> dict[str, dict[str, Value]]:
    """Answers to every item that is asked of her, sound by the questionnaires' own rules."""
    return {each.code: _given(each, state, seed, number, visit, on) for each in questionnaires}


def _given(of: Instrument, state: float, seed: int, number: int, visit: str, on: date) -> dict[str, Value]:
    spread = stream(seed, number, f"{of.code} {visit}").standard_normal(len(of.items))
    given: dict[str, Value] = {}
    for item, own in zip(of.items, spread, strict=True):
        if is_asked(of, item, given):
            given[item.code] = _value(item, float(np.clip(0.5 + 0.18 * state + 0.1 * own, 0, 1)), on)
    return agreeing(of, given, dict(zip(of.by_code, map(float, spread), strict=True)), on)


def _value(item: Item, at: float, on: date) -> Value:
    """The value at that place of the item's scale."""
    match item.type:
        case ItemType.TEXT:
            return "Made up"
        case ItemType.DATE:
            return _day(item, at, on).isoformat()
    return value_at(item, at)


def _day(item: Item, at: float, on: date) -> date:
    """A day between its bounds, near the last one."""
    first, last = (item.earliest or EARLIEST).on(on), (item.latest or LATEST).on(on)
    return date.fromordinal(max(first.toordinal(), last.toordinal() - round(60 * at)))
