"""What is wrong with a questionnaire that has the right shape: items that are not there, bounds that cross, rules."""

from collections import Counter
from collections.abc import Iterator

from app.instruments.conditions import When
from app.instruments.date_bounds import EARLIEST, LATEST, crossed
from app.instruments.model import SCALES, Instrument, Item, ItemType, Layout


def definition_contradictions(instrument: Instrument) -> Iterator[str]:
    """Everything in which the questionnaire does not fit itself, apart from its scores."""
    codes = [item.code for item in instrument.items]
    groups = {group.code for group in instrument.groups}
    yield from _repeated("item", codes)
    yield from _repeated("score", [score.name for score in instrument.scores])
    for safety in instrument.safety_items:
        if safety.item not in codes:
            yield f"safety item {safety.item}: there is no such item"
    yield from _unruly(instrument, codes)
    for position, item in enumerate(instrument.items):
        if item.when:
            yield from _undecidable(item.code, item.when, codes[:position])
        if item.group and item.group not in groups:
            yield f"{item.code}: there is no group {item.group}"
        yield from _unanswerable(item)


def _undecidable(code: str, when: When, earlier: list[str]) -> Iterator[str]:
    for part in when.parts:
        if part.item not in earlier:
            yield f"{code}: depends on {part.item}, which is not an earlier item"
        if [part.equals, part.above, part.below].count(None) != 2:
            yield f"{code}: say one of equals, above or below"


def _unruly(instrument: Instrument, codes: list[str]) -> Iterator[str]:
    """Rules about what is not there, and limits that no list of ticks can keep."""
    yield from _repeated("rule", [rule.code for rule in instrument.rules])
    for rule in instrument.rules:
        if rule.item not in codes:
            yield f"rule {rule.code}: there is no item {rule.item}"
        for problem in _undecidable(f"rule {rule.code}", rule.refuses, codes):
            yield problem.replace("earlier item", "item")
    for group in instrument.groups:
        types = {item.type for item in instrument.in_group(group.code)}
        if (group.layout is Layout.RANKING) != (ItemType.RANK in types) or (ItemType.RANK in types and len(types) > 1):
            yield f"group {group.code}: a ranking has items of the type rank, and they stand in no other group"
        count = sum(not item.exclusive for item in instrument.in_group(group.code))
        if group.layout is not Layout.TICKS and (group.least or group.most):
            yield f"group {group.code}: least and most are for a list of ticks"
        elif not (group.least or 1) <= (group.most or count) <= count:
            yield f"group {group.code}: of {count} lines, from {group.least or 1} to {group.most or count} cannot be"


def _repeated(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"{what} {name}: occurs {count} times" for name, count in Counter(names).items() if count > 1)


def _unanswerable(item: Item) -> Iterator[str]:
    if item.type is ItemType.CHOICE and not item.options:
        yield f"{item.code}: a choice needs options, or a scale that exists"
    if item.type in (*SCALES, ItemType.NUMBER, ItemType.DURATION) and (item.minimum is None or item.maximum is None):
        yield f"{item.code}: a {item.type} needs a minimum and a maximum"
    if item.type in (ItemType.TICKS, ItemType.RANK) and not item.group:
        yield f"{item.code}: a {'tick' if item.type is ItemType.TICKS else item.type} belongs to a group"
    yield from _undatable(item)


def _undatable(item: Item) -> Iterator[str]:
    if item.type is not ItemType.DATE:
        if item.earliest or item.latest:
            yield f"{item.code}: earliest and latest are for a date; a {item.type} has none"
        return
    if item.minimum is not None or item.maximum is not None or item.decimals:
        yield f"{item.code}: a date has earliest and latest, and no minimum, maximum or decimals"
    if crossed(item.earliest or EARLIEST, item.latest or LATEST):
        yield f"{item.code}: its earliest day lies after its latest"
