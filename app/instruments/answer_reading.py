"""Answers as they travel, to what `check_answers` takes: a form's pairs of text, and JSON.

What cannot be read as the item's kind of value is left as it is, so that the check names it.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal

from app.instruments.answering import Twice
from app.instruments.library import instrument
from app.instruments.model import Item, ItemType
from app.instruments.problems import AnswerProblem, BadAnswers

WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
FRACTION = re.compile(r"[+-]?[0-9]{1,9}[.,][0-9]{1,9}")
NUMERIC = set(ItemType) - {ItemType.TEXT, ItemType.DATE}


def read_form(code: str, pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """The fields of a submitted form; numerals become numbers (decimal comma or point, where decimals are allowed)."""
    items = {item.code: item for item in instrument(code).items}
    return _unique((name, _read(items.get(name), text)) for name, text in pairs)


def read_json(code: str, document: str | bytes) -> dict[str, object]:
    """An object of item and value, with exact decimals; `BadAnswers` if it is not one."""
    try:
        text = document.decode() if isinstance(document, bytes) else document
        answers = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise BadAnswers(code, [_unreadable(code)]) from error
    if not isinstance(answers, dict):
        raise BadAnswers(code, [_unreadable(code)])
    return answers


def _read(item: Item | None, text: str) -> object:
    bare = text.strip()
    if item is None or item.type not in NUMERIC:
        return text
    if WHOLE.fullmatch(bare):
        return int(bare)
    if item.decimals and FRACTION.fullmatch(bare):
        return Decimal(bare.replace(",", "."))
    return text


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        found[name] = Twice((found[name], value)) if name in found else value
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number that can be answered")


def _unreadable(code: str) -> AnswerProblem:
    return AnswerProblem(code, "not_readable", 'give one JSON object of item and value, such as {"lifting": 2}')
