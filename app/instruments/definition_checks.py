"""What is wrong with a questionnaire that has the right shape: items that are not there, bounds that cross, rules."""

from collections import Counter
from collections.abc import Iterator

from app.instruments.conditions import Condition, When
from app.instruments.date_bounds import EARLIEST, LATEST, crossed
from app.instruments.model import SCALES, TICKED, TOGETHER, Instrument, Item, ItemGroup, ItemType, Layout


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
            yield from _unknown_back(instrument, item.code, item.when)
        if item.group and item.group not in groups:
            yield f"{item.code}: there is no group {item.group}"
        yield from _unanswerable(item)


def _undecidable(code: str, when: When, earlier: list[str]) -> Iterator[str]:
    for part in when.parts:
        if not part.visit and part.item not in earlier:
            yield f"{code}: depends on {part.item}, which is not an earlier item"
        if [part.equals, part.above, part.below].count(None) != 2:
            yield f"{code}: say one of equals, above or below"


def _unknown_back(instrument: Instrument, code: str, when: When) -> Iterator[str]:
    """Conditions on what no earlier visit can have answered."""
    scores = {score.name for score in instrument.scores}
    for part in when.parts:
        if part.visit and part.item not in (scores if part.is_score else instrument.by_code):
            yield f"{code}: depends on {part.item} of an earlier visit, and there is no such {_kind(part)} here"


def _kind(condition: Condition) -> str:
    return "score" if condition.is_score else "item"


def _unruly(instrument: Instrument, codes: list[str]) -> Iterator[str]:
    """Rules about what is not there, and limits that no list of ticks can keep."""
    yield from _repeated("rule", [rule.code for rule in instrument.rules])
    for rule in instrument.rules:
        if rule.item not in codes:
            yield f"rule {rule.code}: there is no item {rule.item}"
        if any(part.visit for part in rule.refuses.parts):
            yield f"rule {rule.code}: looks at answers of this visit alone"
        for problem in _undecidable(f"rule {rule.code}", rule.refuses, codes):
            yield problem.replace("earlier item", "item")
    for group in instrument.groups:
        types = {item.type for item in instrument.in_group(group.code)}
        if (group.layout is Layout.RANKING) != (ItemType.RANK in types) or (ItemType.RANK in types and len(types) > 1):
            yield f"group {group.code}: a ranking has items of the type rank, and they stand in no other group"
        count = sum(not item.exclusive for item in instrument.in_group(group.code))
        if group.layout not in TICKED and (group.least or group.most):
            yield f"group {group.code}: least and most are for a list of ticks"
        elif not (group.least or 1) <= (group.most or count) <= count:
            yield f"group {group.code}: of {count} lines, from {group.least or 1} to {group.most or count} cannot be"


def undrawable(instrument: Instrument) -> Iterator[str]:
    """What cannot be one question of the page: items apart, of several kinds, or under different conditions."""
    for group in instrument.groups:
        yield from _undrawable(instrument, group)


def _undrawable(instrument: Instrument, group: ItemGroup) -> Iterator[str]:
    items = instrument.in_group(group.code)
    if (group.picture is not None) != (group.layout is Layout.BODY_MAP):
        yield f"group {group.code}: a body map has a picture, and no other layout has one"
    if group.layout not in TICKED and any(item.type is ItemType.TICKS for item in items):
        yield f"group {group.code}: ticks stand in a group whose layout is ticks or body_map"
    if group.layout not in TOGETHER or not items:
        return
    if group.layout in TICKED and any(item.type is not ItemType.TICKS for item in items):
        yield f"group {group.code}: its items are of the type ticks, and no other"
    if group.layout is Layout.MATRIX and not _same_answers(items):
        yield f"group {group.code}: the items of a matrix are choices of one scale, or all yesno"
    positions = [position for position, item in enumerate(instrument.items) if item.group == group.code]
    if positions[-1] - positions[0] >= len(positions):
        yield f"group {group.code}: its items must follow each other"
    if len({item.when for item in items}) > 1:
        yield f"group {group.code}: is one question, so all its items have the same `when`"


def _same_answers(items: tuple[Item, ...]) -> bool:
    """Whether one row of answers heads them all."""
    kinds = {(item.type, item.scale) for item in items}
    return len(kinds) == 1 and kinds <= {(ItemType.YESNO, None), (ItemType.CHOICE, items[0].scale or "")}


def _repeated(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"{what} {name}: occurs {count} times" for name, count in Counter(names).items() if count > 1)


def _unanswerable(item: Item) -> Iterator[str]:
    if item.type is ItemType.CHOICE and not item.options:
        yield f"{item.code}: a choice needs options, or a scale that exists"
    if item.type in (*SCALES, ItemType.NUMBER, ItemType.DURATION) and (item.minimum is None or item.maximum is None):
        yield f"{item.code}: a {item.type} needs a minimum and a maximum"
    if item.type in (ItemType.TICKS, ItemType.RANK) and not item.group:
        yield f"{item.code}: a {'tick' if item.type is ItemType.TICKS else item.type} belongs to a group"
    if item.marks and (item.type is not ItemType.VAS or not _ascending_within(item)):
        yield f"{item.code}: marks stand at a vas, from its minimum to its maximum, each higher than the one before"
    if item.pictures and (item.type is not ItemType.CHOICE or {code for code, _ in item.pictures} != set(item.codes)):
        yield f"{item.code}: pictures are for a choice, one for each of its answers"
    yield from _undatable(item)


def _ascending_within(item: Item) -> bool:
    low, high = item.ends
    return sorted(set(item.marks)) == list(item.marks) and low <= item.marks[0] and item.marks[-1] <= high


def _undatable(item: Item) -> Iterator[str]:
    if item.type is not ItemType.DATE:
        if item.earliest or item.latest:
            yield f"{item.code}: earliest and latest are for a date; a {item.type} has none"
        return
    if item.minimum is not None or item.maximum is not None or item.decimals:
        yield f"{item.code}: a date has earliest and latest, and no minimum, maximum or decimals"
    if crossed(item.earliest or EARLIEST, item.latest or LATEST):
        yield f"{item.code}: its earliest day lies after its latest"
