"""Answers in JSON, to what `check_answers` takes: of an item that comes twice both are kept, and the check names it."""

import json
from collections.abc import Iterable
from decimal import Decimal

from app.instruments.answering import Twice
from app.instruments.problems import AnswerProblem, BadAnswers, Fault


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


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    answers: dict[str, object] = {}
    for item, value in pairs:
        answers[item] = Twice((answers[item], value)) if item in answers else value
    return answers


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number that can be answered")


def _unreadable(code: str) -> AnswerProblem:
    return AnswerProblem(code, Fault.NOT_READABLE, 'give one JSON object of item and value, such as {"lifting": 2}')
