"""From the fields of a form (`odi.lifting=3`) to answers as the items of a visit type them (pure)."""

import re
from collections.abc import Iterable, Mapping

from app.core.problems import BadInput
from app.instruments import Instrument, Item
from app.instruments.model import ItemType
from app.instruments.numerals import typed_number

CODE = re.compile(r"0|-?[1-9][0-9]{0,8}", re.ASCII)
"""The code of an answer to choose, as the page writes it; nobody types one."""
TYPED = (ItemType.NUMBER, ItemType.VAS)
"""Kinds of item whose number a hand may have typed: with spaces around it, a sign, zeros in front."""


def understood(fields: Mapping[str, str], questionnaires: Iterable[Instrument]) -> dict[str, dict[str, object]]:
    """Answers by instrument and item. BadInput if a field belongs to no item of the visit.

    What is not a number stays text, so that the check of the answers names it. In a list where something is ticked,
    the lines that are not ticked are 0; where nothing is, nothing was answered.
    """
    by_code = {each.code: each for each in questionnaires}
    items = {f"{code}.{item.code}": (code, item) for code, each in by_code.items() for item in each.items}
    refuse_unknown(fields, items)
    answers: dict[str, dict[str, object]] = {code: {} for code in by_code}
    for name, value in fields.items():
        code, item = items[name]
        answers[code][item.code] = _typed(item, value)
    for code, each in by_code.items():
        answers[code] |= _unticked(each, answers[code])
    return answers


def refuse_unknown(fields: Iterable[str], of_the_visit: Iterable[str]) -> None:
    """BadInput names each field that the visit does not ask."""
    unknown = sorted(set(fields) - set(of_the_visit))
    if unknown:
        errors = {named(name): "is not asked at this visit" for name in unknown[:20]}
        raise BadInput("Something was sent that this visit does not ask. Open the link again.", errors=errors)


def named(field: str) -> str:
    """A field's name as an error may show it: short and printable, whatever it was."""
    return field if field.isprintable() and len(field) <= 60 else ascii(field)[:60]


def _typed(item: Item, value: str) -> object:
    if item.type in (ItemType.TEXT, ItemType.DATE):
        return value.replace("\r\n", "\n").strip() or None
    if item.type not in TYPED:
        return int(value) if CODE.fullmatch(value) else value.strip() or None
    number = typed_number(value, decimals=item.type is ItemType.NUMBER)
    return (value.strip() or None) if number is None else number


def _unticked(questionnaire: Instrument, given: Mapping[str, object]) -> dict[str, object]:
    unticked: dict[str, object] = {}
    for group in questionnaire.groups:
        ticks = [item.code for item in questionnaire.in_group(group.code) if item.type is ItemType.TICKS]
        if any(given.get(code) is not None for code in ticks):
            unticked |= {code: 0 for code in ticks if given.get(code) is None}
    return unticked
