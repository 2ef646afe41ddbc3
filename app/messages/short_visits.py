"""Visits that fit in an SMS, as all their items are whole numbers of a short range; and numbers in what is written.

What only a page can do is not asked by SMS: help that is shown at once to who may be in danger, and the sentence of a
rule that answers break.
"""

import re
from dataclasses import dataclass

from app.instruments import Instrument, Item
from app.instruments.model import ItemType
from app.instruments.plain_signs import plain
from app.studies.protocol import Protocol
from app.studies.questionnaires import asked_at

MOST_NUMBERS = 6
HIGHEST = 100
NUMBER_TYPES = (ItemType.NRS, ItemType.NUMBER)
NUMBERS = re.compile(r"[0-9]{1,3}(?:(?:(?:,?\s+|\s*;\s*)[0-9]{1,3})*|(?:,[0-9]{1,3}){2,})[.!]?")
""""6,5" is one number with a decimal, which no question asks for; so a comma needs a space after it, or another one."""


@dataclass(frozen=True)
class AskedNumber:
    """One number that is asked."""

    instrument: str
    item: str
    lowest: int
    highest: int

    def fits(self, number: int) -> bool:
        return self.lowest <= number <= self.highest


def by_sms(plan: Protocol, visit: str) -> tuple[AskedNumber, ...]:
    """What a visit asks, if the protocol lets it be answered by SMS; else nothing."""
    if plan.sms_replies is None or not plan.sms_replies.allowed:
        return ()
    key = (plan.sha256, visit)
    if key not in _made:
        _made[key] = _asked(asked_at(plan, visit))
    return _made[key]


_made: dict[tuple[str, str], tuple[AskedNumber, ...]] = {}


def _asked(questionnaires: tuple[Instrument, ...]) -> tuple[AskedNumber, ...]:
    questions = []
    for questionnaire in questionnaires:
        for item in questionnaire.items:
            if not _is_short(item) or questionnaire.safety_items or questionnaire.is_ruled:
                return ()
            questions.append(AskedNumber(questionnaire.code, item.code, item.minimum or 0, item.maximum or 0))
    return tuple(questions) if len(questions) <= MOST_NUMBERS else ()


def _is_short(item: Item) -> bool:
    """Whether every answer to it is a whole number that `numbers` reads, and everybody is asked it."""
    if item.type not in NUMBER_TYPES or item.decimals or item.minimum is None or item.maximum is None:
        return False
    return item.minimum >= 0 and item.maximum <= HIGHEST and item.when is None and item.required


def numbers(words: str) -> tuple[int, ...]:
    """The whole numbers of a text that holds nothing else ("6 8 5", "7."); else nothing."""
    typed = plain(words).strip()
    if not NUMBERS.fullmatch(typed):
        return ()
    return tuple(int(digits) for digits in re.findall(r"[0-9]+", typed))
