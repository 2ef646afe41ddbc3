"""From the fields of a form (`odi.lifting=3`) to answers as the items of a visit type them (pure)."""

import re
from collections.abc import Iterable, Mapping

from app.instruments import AnswerProblem, Instrument, Item
from app.instruments.model import ItemType
from app.instruments.numerals import typed_minutes, typed_number
from app.instruments.plain_signs import plain
from app.instruments.problems import Fault

FieldProblem = tuple[str, AnswerProblem]
"""An instrument's code, and what is wrong with the answer to an item of it."""
NAMED_AT_MOST = 20

CHOSEN_CODE = re.compile(r"0|-?[1-9][0-9]{0,8}", re.ASCII)
"""The code of an answer to choose, as the page writes it; nobody types one."""
TYPED = (ItemType.NUMBER, ItemType.VAS)
"""Kinds of item whose number a hand may have typed: with spaces around it, a sign, zeros in front."""


def understood(fields: Mapping[str, str], questionnaires: Iterable[Instrument]) -> dict[str, dict[str, object]]:
    """Answers by instrument and item, of the fields that belong to an item of the visit.

    What is not a number stays text, so that the check of the answers names it. In a list where something is ticked,
    the lines that are not ticked are 0; where nothing is, nothing was answered.
    """
    return {each.code: _understood(fields, each) for each in questionnaires}


def _understood(fields: Mapping[str, str], questionnaire: Instrument) -> dict[str, object]:
    given: dict[str, object] = {}
    for item in questionnaire.items:
        text = fields.get(of_field(questionnaire.code, item.code))
        if text is not None:
            given[item.code] = typed(item, text)
    return given | _unticked(questionnaire, given)


def typed(item: Item, text: str) -> object:
    """What was typed or kept as text, as the item types it; what cannot be stays text, for the check to name."""
    code = item.written.get(text)
    return _typed(item, text) if code is None else code


def asked_here(fields: Mapping[str, str], questionnaires: Iterable[Instrument]) -> dict[str, str]:
    """The fields that the visit asks."""
    names = _names(questionnaires)
    return {name: value for name, value in fields.items() if name in names}


def not_asked_here(fields: Iterable[str], questionnaires: Iterable[Instrument]) -> tuple[FieldProblem, ...]:
    """A problem for each field that the visit does not ask, at most twenty."""
    unknown = sorted(set(fields) - _names(questionnaires))
    return tuple(_stranger(named(name)) for name in unknown[:NAMED_AT_MOST])


def _stranger(name: str) -> FieldProblem:
    code, _, item = name.partition(".")
    return code, AnswerProblem(item, Fault.UNKNOWN_ITEM, "is not asked at this visit")


def _names(questionnaires: Iterable[Instrument]) -> set[str]:
    return {of_field(each.code, item) for each in questionnaires for item in each.by_code}


def of_field(code: str, item: str) -> str:
    """The field of an instrument's item."""
    return f"{code}.{item}" if item else code


def named(field: str) -> str:
    """A field's name as an error may show it: short and printable, whatever it was."""
    return field if field.isprintable() and len(field) <= 60 else ascii(field)[:60]


def _typed(item: Item, value: str) -> object:
    if item.type is ItemType.TEXT:
        return value.strip() or None
    if item.type is ItemType.DURATION:
        minutes = typed_minutes(value)
        return (value.strip() or None) if minutes is None else minutes
    if item.type in (ItemType.DATE, ItemType.TIME):
        return plain(value).strip() or None
    if item.type not in TYPED:
        return int(value) if CHOSEN_CODE.fullmatch(value) else value.strip() or None
    number = typed_number(value, decimals=item.type is ItemType.NUMBER)
    return (value.strip() or None) if number is None else number


def _unticked(questionnaire: Instrument, given: Mapping[str, object]) -> dict[str, object]:
    unticked: dict[str, object] = {}
    for ticks in questionnaire.ticks:
        if any(given.get(code) is not None for code in ticks):
            unticked |= {code: 0 for code in ticks if given.get(code) is None}
    return unticked
