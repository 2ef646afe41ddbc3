"""What made-up people answer to each kind of item, from where on its scale they place it (pure)."""

from collections.abc import Mapping
from datetime import date

from app.instruments import Instrument, Item
from app.instruments.answering import check_answers
from app.instruments.model import ItemType, Layout

Value = int | str
TICKED_ABOVE = 0.55


def value_at(item: Item, at: float) -> Value:
    """The value at that place, 0 to 1, of the item's scale; counts lie low on theirs. Texts and days are apart."""
    match item.type:
        case ItemType.CHOICE:
            return item.options[round(at * (len(item.options) - 1))].code
        case ItemType.YESNO | ItemType.TICKS:
            return int(at > TICKED_ABOVE)
        case ItemType.TIME:
            return f"{round(23 * at):02d}:30"
    low = item.minimum or 0
    high = low + 10 if item.maximum is None else item.maximum
    return low + round((high - low) * (at**2 if item.type is ItemType.NUMBER else at))


def agreeing(of: Instrument, given: Mapping[str, Value], spread: Mapping[str, float], on: date) -> dict[str, Value]:
    """The answers as they go together: lists within their limits, each place of a ranking once, "none" where none is.

    `spread` says which of the lines of a list are dearer to her than others. What a rule of the questionnaire still
    refuses is left out.
    """
    agreed = {**given, **_within_limits(of, given, spread), **_ranked(of, given, spread)}
    for item in of.items:
        if item.exclusive and item.code in agreed:
            others = (other.code for other in of.in_group(item.group or "") if not other.exclusive)
            agreed[item.code] = int(not any(agreed.get(other) for other in others))
    while problems := check_answers(of, agreed, on).problems:
        for problem in problems:
            agreed.pop(problem.item, None)
    return agreed


def _within_limits(of: Instrument, given: Mapping[str, Value], spread: Mapping[str, float]) -> dict[str, Value]:
    """Of a list with limits, as many boxes as may be ticked, those first that she ticked of herself."""
    ticked: dict[str, Value] = {}
    for group in of.groups:
        lines = [item for item in of.in_group(group.code) if item.type is ItemType.TICKS and item.code in given]
        boxes = [item.code for item in lines if not item.exclusive]
        hers = sum(bool(given[box]) for box in boxes)
        if not (group.least or group.most) or (not hers and len(boxes) < len(lines)):
            continue  # of a list of which nothing need apply, nothing does
        many = min(max(hers, group.least or 0), group.most or len(boxes))
        first = sorted(boxes, key=lambda box: (not given[box], spread[box]))[:many]
        ticked |= {box: int(box in first) for box in boxes}
    return ticked


def _ranked(of: Instrument, given: Mapping[str, Value], spread: Mapping[str, float]) -> dict[str, Value]:
    """Each place of a ranking once, to those that are dearest to her."""
    places: dict[str, Value] = {}
    for group in of.groups:
        if group.layout is Layout.RANKING:
            lines = sorted(item.code for item in of.in_group(group.code) if item.code in given)
            places |= {code: place for place, code in enumerate(sorted(lines, key=spread.__getitem__), 1)}
    return places
