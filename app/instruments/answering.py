"""From whatever came in to answers that can be kept: strict, complete in its complaints, and never guessing.

Numbers are whole `int`s (a `bool`, a float, a numeral in quotes is not one); only an item which declares decimals takes
a fraction. An absent item, `None` and an empty text are all "not answered".
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from textwrap import shorten
from typing import TypeVar

from app.instruments.answer_rules import against_rules
from app.instruments.conditions import Condition, leads_on
from app.instruments.free_text import cleaned
from app.instruments.library import instrument
from app.instruments.model import Instrument, Item, ItemType
from app.instruments.numerals import hours_and_minutes
from app.instruments.plain_signs import plain
from app.instruments.problems import AnswerProblem, Fault
from app.instruments.written_days import written_day

Answer = int | Decimal | str
_Number = TypeVar("_Number", int, Decimal)
CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checked:
    """`answers` holds every item, `None` where not answered; `missing` are the required items left out; `surplus` were
    answered although an earlier answer says they are not asked (kept, but never scored)."""

    answers: Mapping[str, Answer | None]
    problems: tuple[AnswerProblem, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    @property
    def scorable(self) -> dict[str, Answer]:
        """What was answered and asked."""
        given = {code: value for code, value in self.answers.items() if value is not None}
        return {code: value for code, value in given.items() if code not in self.surplus} if self.surplus else given


class Twice(tuple[object, ...]):
    """The values of an item that was answered more than once; no answer at all."""


class _WrongError(Exception):
    """Why one value cannot be taken."""

    def __init__(self, fault: Fault, message: str, **limits: object) -> None:
        self.fault, self.message, self.limits = fault, message, limits


def check_answers(of: Instrument | str, raw: Mapping[str, object], on: date | None = None) -> Checked:
    """Check the answers to one instrument, or to the shipped one of a code.

    Everything wrong is listed; nothing is raised but an unknown instrument.

    Dates are held to their bounds as of `on`, the day of answering; where it is not known, to the calendar alone.
    """
    questionnaire = instrument(of) if isinstance(of, str) else of
    if not isinstance(raw, Mapping):
        problem = AnswerProblem(questionnaire.code, Fault.NOT_A_MAPPING, "give the answers as item and value pairs")
        return Checked({}, (problem,), (), ())
    problems = list(_unknown(questionnaire, raw))
    answers: dict[str, Answer | None] = {}
    for item in questionnaire.items:
        code, value = item.code, raw.get(item.code)
        if value is None or (type(value) is int and value in item.codes):  # as nearly all are
            answers[code] = value
            continue
        try:
            answers[code] = _take(item, value, on)
        except _WrongError as wrong:
            answers[code] = None
            problems.append(AnswerProblem(code, wrong.fault, wrong.message, wrong.limits))
    problems.extend(_contradicted(questionnaire, answers))
    wrong_items = {problem.item for problem in problems}
    left = [item for item in questionnaire.items if answers[item.code] is None or item.exclusive]
    given = [item for item in questionnaire.branching if answers[item.code] is not None]
    surplus = tuple([item.code for item in given if not is_asked(questionnaire, item, answers)])
    if questionnaire.is_ruled:
        scored = {code: value for code, value in answers.items() if value is not None and code not in surplus}
        problems.extend(against_rules(questionnaire, scored))
    missing = [item.code for item in left if _is_missing(questionnaire, item, answers)]
    return Checked(
        answers=answers,
        problems=tuple(problems),
        missing=tuple([code for code in missing if code not in wrong_items]),
        surplus=surplus,
    )


def is_asked(questionnaire: Instrument, item: Item, answers: Mapping[str, Answer | None]) -> bool:
    """Whether the branching leads to this item, through every item that it depends on."""
    if item.when is None:
        return True

    def holds(condition: Condition) -> bool:
        if condition.visit:  # not decided, so not known
            return False
        decider = questionnaire.item(condition.item)
        return is_asked(questionnaire, decider, answers) and condition.holds(answers.get(decider.code))

    return leads_on(item.when, holds)


def _unknown(questionnaire: Instrument, raw: Mapping[str, object]) -> Iterator[AnswerProblem]:
    codes = questionnaire.by_code
    if raw.keys() <= codes.keys():
        return
    for key in raw:
        if key not in codes:
            name = ascii(key)[:60] if not isinstance(key, str) or not key.isidentifier() else key[:60]
            message = f"{questionnaire.code} has no such item; it has {shorten(', '.join(codes), 80)}"
            yield AnswerProblem(name, Fault.UNKNOWN_ITEM, message)


def _contradicted(questionnaire: Instrument, answers: Mapping[str, Answer | None]) -> Iterator[AnswerProblem]:
    for item in questionnaire.exclusive:
        if answers[item.code] == 1 and _other_ticks(questionnaire, item, answers, (1,)):
            yield AnswerProblem(
                item.code, Fault.CONTRADICTION, "is ticked together with others of its list; keep it or the others"
            )


def _is_missing(questionnaire: Instrument, item: Item, answers: Mapping[str, Answer | None]) -> bool:
    if not item.required or not is_asked(questionnaire, item, answers):
        return False
    if not item.exclusive:
        return answers[item.code] is None
    others = len(_other_ticks(questionnaire, item, answers, (0, 1)))
    ticked = _other_ticks(questionnaire, item, answers, (1,))
    all_said = others == len(questionnaire.in_group(item.group or "")) - 1
    return answers[item.code] != 1 and not ticked and not all_said


def _other_ticks(
    questionnaire: Instrument, item: Item, answers: Mapping[str, Answer | None], values: tuple[int, ...]
) -> list[str]:
    group = questionnaire.in_group(item.group or "")
    return [other.code for other in group if other is not item and answers[other.code] in values]


def _take(item: Item, value: object, on: date | None) -> Answer | None:
    if value is None:
        return None
    if isinstance(value, Twice):
        raise _WrongError(Fault.GIVEN_TWICE, "is answered more than once; keep one answer")
    if isinstance(value, str):
        value = cleaned(value) if item.type is ItemType.TEXT else value
        if not value.strip():
            return None
    if item.type is ItemType.DATE:
        return _take_date(item, value, on)
    return _TAKERS[item.type](item, value)


def _whole(value: object) -> int:
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, int)):
        raise _WrongError(Fault.NOT_WHOLE, f"give a whole number, not {_shown(value)}")
    return value


def _take_option(item: Item, value: object) -> int:
    if (number := _whole(value)) not in item.codes:
        allowed = ", ".join(map(str, sorted(item.codes)))
        raise _WrongError(
            Fault.NOT_AN_OPTION, f"{_shown(number)} is not an answer here; choose one of {allowed}", options=allowed
        )
    return number


def _take_scale(item: Item, value: object) -> int:
    return _within(item, _whole(value))


def _take_number(item: Item, value: object) -> int | Decimal:
    if item.decimals == 0 or (isinstance(value, int) and not isinstance(value, bool)):
        return _within(item, _whole(value))
    if isinstance(value, float) and math.isfinite(value):
        value = Decimal(repr(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        raise _WrongError(Fault.NOT_A_NUMBER, f"give a number, not {_shown(value)}")
    number = _within(item, value)
    if number != round(number, item.decimals):
        raise _WrongError(Fault.TOO_PRECISE, f"give at most {item.decimals} decimals", decimals=item.decimals)
    return number


def _within(item: Item, number: _Number) -> _Number:
    low, high = item.minimum, item.maximum
    if low is None or high is None or not low <= number <= high:
        raise _WrongError(
            Fault.OUT_OF_RANGE,
            f"{_shown(number)} is outside {low} to {high}; give a number between",
            minimum=low,
            maximum=high,
        )
    return number


def _take_text(item: Item, value: object) -> str:
    if not isinstance(value, str):
        raise _WrongError(Fault.NOT_TEXT, f"give text, not {_shown(value)}")
    if len(value) > item.max_length:
        limit = item.max_length
        raise _WrongError(Fault.TOO_LONG, f"has {len(value)} characters; at most {limit} are kept", max_length=limit)
    return value


def _take_time(item: Item, value: object) -> str:
    read = CLOCK.fullmatch(plain(value).strip()) if isinstance(value, str) else None
    if read is None:
        raise _WrongError(Fault.NOT_A_TIME, f"give a time of day as HH:MM, not {_shown(value)}")
    return f"{int(read[1]):02d}:{read[2]}"


def _take_duration(item: Item, value: object) -> int:
    if isinstance(value, str):
        raise _WrongError(Fault.NOT_WHOLE, f"give the minutes as a whole number, not {_shown(value)}")
    minutes, (low, high) = _whole(value), item.ends
    if not low <= minutes <= high:
        limits = {"minimum": hours_and_minutes(low), "maximum": hours_and_minutes(high)}
        said = f"{minutes} minutes are outside {limits['minimum']} to {limits['maximum']}"
        raise _WrongError(Fault.OUT_OF_RANGE, said, **limits)
    return minutes


def _take_date(item: Item, value: object, on: date | None) -> str:
    try:
        day = written_day(value if isinstance(value, str) else "")
    except ValueError:
        raise _WrongError(Fault.NOT_A_DATE, f"give a date as YYYY-MM-DD, not {_shown(value)}") from None
    if on is not None:
        _in_bounds(day, *item.dates(on))
    return day.isoformat()


def _in_bounds(day: date, first: date, last: date) -> None:
    if day < first:
        raise _WrongError(Fault.TOO_EARLY, f"{day} is too early; give a date from {first} to {last}", earliest=first)
    if day > last:
        raise _WrongError(Fault.TOO_LATE, f"{day} is too late; give a date from {first} to {last}", latest=last)


def _shown(value: object) -> str:
    """A value as an error may show it: short, and plain ASCII whatever it was."""
    if isinstance(value, int) and value.bit_length() > 100:
        return "a number far too large"
    shown = ascii(value) if isinstance(value, int | float | str | bool | Decimal) else f"a {type(value).__name__}"
    return shown if len(shown) <= 40 else shown[:37] + "..."


_TAKERS: dict[ItemType, Callable[[Item, object], Answer]] = {
    ItemType.CHOICE: _take_option,
    ItemType.NRS: _take_scale,
    ItemType.VAS: _take_scale,
    ItemType.YESNO: _take_option,
    ItemType.TICKS: _take_option,
    ItemType.RANK: _take_option,
    ItemType.NUMBER: _take_number,
    ItemType.TEXT: _take_text,
    ItemType.TIME: _take_time,
    ItemType.DURATION: _take_duration,
}
