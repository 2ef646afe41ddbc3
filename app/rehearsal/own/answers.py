"""What a made-up person answers: one latent state, and the kind of each item; any questionnaire is answered by it."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from app.instruments import Instrument, Item
from app.instruments.answering import check_answers, is_asked
from app.instruments.date_bounds import EARLIEST, LATEST
from app.instruments.model import ItemType, Layout
from app.rehearsal.population.streams import stream

Value = int | str
TICKED_ABOVE = 0.55


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
    for item in of.items:
        if item.exclusive and item.code in given:
            others = (other.code for other in of.in_group(item.group or "") if not other.exclusive)
            given[item.code] = int(not any(given.get(other) for other in others))
    given |= _ranked(of, given, dict(zip(of.by_code, spread, strict=True)))
    while problems := check_answers(of, given, on).problems:
        for problem in problems:
            given.pop(problem.item, None)
    return given


def _ranked(of: Instrument, given: Mapping[str, Value], spread: Mapping[str, float]) -> dict[str, Value]:
    """Each place of a ranking once, to those that are dearest to her."""
    places: dict[str, Value] = {}
    for group in of.groups:
        if group.layout is Layout.RANKING:
            lines = sorted(
                (item.code for item in of.in_group(group.code) if item.code in given), key=spread.__getitem__
            )
            places |= {code: place for place, code in enumerate(sorted(lines, key=spread.__getitem__), 1)}
    return places


def _value(item: Item, at: float, on: date) -> Value:
    """The value at that place of the item's scale; counts lie low on theirs."""
    match item.type:
        case ItemType.CHOICE:
            return item.options[round(at * (len(item.options) - 1))].code
        case ItemType.YESNO | ItemType.TICKS:
            return int(at > TICKED_ABOVE)
        case ItemType.TEXT:
            return "Made up"
        case ItemType.DATE:
            return _day(item, at, on).isoformat()
        case ItemType.TIME:
            return f"{round(23 * at):02d}:30"
    low = item.minimum or 0
    high = low + 10 if item.maximum is None else item.maximum
    return low + round((high - low) * (at**2 if item.type is ItemType.NUMBER else at))


def _day(item: Item, at: float, on: date) -> date:
    """A day between its bounds, near the last one."""
    first, last = (item.earliest or EARLIEST).on(on), (item.latest or LATEST).on(on)
    return date.fromordinal(max(first.toordinal(), last.toordinal() - round(60 * at)))
