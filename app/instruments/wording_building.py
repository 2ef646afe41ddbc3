"""From strings with places to a checked wording.

Every reader of wordings (the shipped files, CSV, JSON, label sheets) ends here, so all are checked alike.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.instruments.model import YESNO, Instrument, Item, ItemType
from app.instruments.piping import parts_of, piping_problems, without_answers
from app.instruments.problems import BadWording
from app.instruments.wording import ItemText, Wording
from app.instruments.wording_places import optional_places, required_places

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Heading:
    """What a wording file says of itself, apart from its strings."""

    language: str
    version: str
    demonstration: bool
    source: str
    reviewed_by: str = ""


def build_wording(instrument: Instrument, heading: Heading, texts: Mapping[str, str]) -> Wording:
    """A wording, or `BadWording` with every missing, unknown and unusable string."""
    problems = [*_misplaced(instrument, texts), *_unusable(texts), *piping_problems(instrument, texts)]
    if problems:
        raise BadWording(f"{instrument.code} in {heading.language}", problems)
    return Wording(
        instrument=instrument.code,
        language=heading.language,
        version=heading.version,
        demonstration=heading.demonstration,
        source=heading.source,
        title=texts["title"],
        instruction=texts["instruction"],
        recall=texts.get("recall", ""),
        groups=MappingProxyType({group.code: texts[f"groups.{group.code}"] for group in instrument.groups}),
        items=MappingProxyType({item.code: _item_text(item, texts) for item in instrument.items}),
        rules=MappingProxyType({rule.code: texts[f"rules.{rule.code}"] for rule in instrument.rules}),
        strings=_in_page_order(instrument, texts),
        sha256=wording_hash(instrument.code, heading.language, texts),
        reviewed_by=heading.reviewed_by,
    )


def wording_hash(instrument: str, language: str, texts: Mapping[str, str]) -> str:
    """SHA-256 of the canonical JSON of every string and its place."""
    content = {"instrument": instrument, "language": language, "texts": dict(texts)}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _misplaced(instrument: Instrument, texts: Mapping[str, str]) -> Iterator[str]:
    required, optional = required_places(instrument), optional_places(instrument)
    yield from (f"{place}: this string is missing" for place in required if place not in texts)
    places = {*required, *optional}
    yield from (f"{place}: {instrument.code} has no such place" for place in texts if place not in places)


def _unusable(texts: Mapping[str, str]) -> Iterator[str]:
    for place, text in texts.items():
        if not text.strip():
            yield f"{place}: this string is empty"
        if len(text) > LONGEST_TEXT:
            yield f"{place}: {len(text)} characters, at most {LONGEST_TEXT} are allowed"
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n" for sign in text):
            yield f"{place}: holds a control character; type the text again"


def _item_text(item: Item, texts: Mapping[str, str]) -> ItemText:
    def part(name: str) -> str:
        return texts.get(f"items.{item.code}.{name}", "")

    text, ending = part("text"), ".unanswered"
    unanswered = {place.split(".")[1]: said for place, said in texts.items() if place.endswith(ending)}
    return ItemText(
        text=without_answers(text, unanswered),
        parts=parts_of(text) if "${" in text else (),
        unanswered=part("unanswered"),
        options=MappingProxyType(_option_texts(item, texts)),
        help=part("help"),
        low=part("low"),
        high=part("high"),
        unit=part("unit"),
        recall=part("recall"),
        marks=MappingProxyType({mark: part(f"marks.{mark}") or str(mark) for mark in item.marks}),
    )


def _option_texts(item: Item, texts: Mapping[str, str]) -> dict[int, str]:
    if item.type is ItemType.YESNO:
        return {code: texts[f"scales.yesno.{code}"] for code in YESNO}
    if item.type is not ItemType.CHOICE:
        return {}
    path = f"scales.{item.scale}" if item.scale else f"items.{item.code}.options"
    return {option.code: texts[f"{path}.{option.code}"] for option in item.options}


def _in_page_order(instrument: Instrument, texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    of_page, of_items = required_places(instrument), optional_places(instrument)
    places = (*of_page[:2], *of_items[:1], *of_page[2:], *of_items[1:])
    return tuple((place, texts[place]) for place in places if place in texts)
