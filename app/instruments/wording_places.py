"""Where each string of an instrument belongs.

A place is a dotted path: `title`, `groups.work`, `scales.bother.1`, `items.lifting.text`, `items.lifting.options.0`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from app.instruments.model import SCALES, YESNO, Instrument, Item, ItemType
from app.instruments.problems import BadWording


def required_places(instrument: Instrument) -> tuple[str, ...]:
    """Every place that a wording of this instrument must fill, in the order of the page."""
    return tuple(_required(instrument))


def optional_places(instrument: Instrument) -> tuple[str, ...]:
    """Places that a wording may fill: the recall period; of an item help, recall, words at marks and without answer."""
    return ("recall", *(f"items.{item.code}.{part}" for item in instrument.items for part in _extras(item)))


def _extras(item: Item) -> Iterator[str]:
    yield from ("help", "recall", "unanswered")
    yield from (f"marks.{mark}" for mark in item.marks)


def _required(instrument: Instrument) -> Iterator[str]:
    yield from ("title", "instruction")
    yield from (f"groups.{group.code}" for group in instrument.groups)
    for scale, codes in instrument.scales.items():
        yield from (f"scales.{scale}.{code}" for code in codes)
    if any(item.type is ItemType.YESNO for item in instrument.items):
        yield from (f"scales.yesno.{code}" for code in YESNO)
    yield from (f"rules.{rule.code}" for rule in instrument.rules)
    for item in instrument.items:
        yield from (f"items.{item.code}.{part}" for part in _parts(item))


def _parts(item: Item) -> Iterator[str]:
    yield "text"
    if item.type is ItemType.CHOICE and not item.scale:
        yield from (f"options.{option.code}" for option in item.options)
    if item.type in SCALES:
        yield from ("low", "high")
    if item.unit:
        yield "unit"


def flatten(words: Mapping[str, object]) -> dict[str, str]:
    """Nested words, as in our data files, to strings by place; an item may be its text alone."""
    strings = list(_walk(words, ()))
    texts = dict(strings)
    if len(texts) < len(strings):
        twice = [place for place, count in Counter(place for place, _ in strings).items() if count > 1]
        raise BadWording("the file", [f"{place} is given twice" for place in twice])
    return texts


def _walk(node: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _walk(value, (*path, str(key)))
    elif isinstance(node, str):
        only_text = len(path) == 2 and path[0] == "items"
        yield ".".join((*path, "text") if only_text else path), node
    else:
        raise BadWording(".".join(path), [f"{node!r} is not a text; put it in quotes"])
