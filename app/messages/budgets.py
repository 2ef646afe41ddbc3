"""How many texts a day may cost somebody: the budgets of each number, person, site and study, in one table (pure).

Each purpose has its own, so that no flood of questions to us, and no row of tests, takes a prompt's place. A prompt
over its budget waits for tomorrow; what answers or tests is of no use then, and is noted as not sent. A diary that asks
often is no flood: a person has at least twice the prompts that her plan has on its fullest day.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import floor

from app.messages.kinds import ASKING, MessageKind
from app.studies.protocol import Protocol
from app.studies.protocol.spans import about


class Purpose(StrEnum):
    PROMPT = "prompt"
    ANSWER = "answer"
    TEST = "test"


class Whose(StrEnum):
    """Whose budget it is."""

    NUMBER = "number"
    PERSON = "person"
    SITE = "site"
    STUDY = "study"


DAILY = {
    Purpose.PROMPT: {Whose.NUMBER: 20, Whose.PERSON: 10, Whose.SITE: 100},
    Purpose.ANSWER: {Whose.NUMBER: 40, Whose.PERSON: 20, Whose.SITE: 300},
    Purpose.TEST: {Whose.NUMBER: 6, Whose.PERSON: 6, Whose.SITE: 50, Whose.STUDY: 100},
}
"""Texts a day; those of a study that are not here the protocol says: `daily_cap` for prompts, `answers_cap`. What is
here of prompts is the least: more is needed by a plan that asks often, and by a site with many people."""

ON_ONE_PHONE = 2
"""So many people may share a number."""
BESIDES = 2
"""So many prompts more than her plan's a site has for each of its people: new links, and what waited for a holiday."""

ONCE_A_DAY = frozenset({MessageKind.STOP, MessageKind.START, MessageKind.HELP})
"""Answers to a single word: one of each kind to a number and day, however often the word is sent."""

TESTS_AN_HOUR = 3
"""To one person, whoever asks for them."""


STRANGERS_A_DAY = 20
"""Answers of a study to numbers that nobody here has; beyond that a person alone sees them."""


@dataclass(frozen=True)
class Needs:
    """What bounds a text besides the table: its study's cap of answers, its plan's fullest day, its site's people."""

    answers_cap: int
    fullest_day: int = 0
    people: int = 0


@dataclass(frozen=True)
class Place:
    """Where a text belongs."""

    number: bytes | None
    person: int
    site: int
    study: int

    def of(self, whose: Whose) -> Hashable:
        """The one of them whose budget that is."""
        number, person, site, study = self.number, self.person, self.site, self.study
        return {Whose.NUMBER: number, Whose.PERSON: person, Whose.SITE: site, Whose.STUDY: study}[whose]


Account = tuple[Hashable, ...]


def purpose(kind: MessageKind) -> Purpose:
    """What a text is for, as far as its cost goes."""
    if kind in ASKING:
        return Purpose.PROMPT
    return Purpose.TEST if kind is MessageKind.TEST else Purpose.ANSWER


def fullest_day(plan: Protocol) -> int:
    """So many prompts a plan has for one person on one day at most, if its events fall together."""
    prompts: dict[str, Counter[int]] = defaultdict(Counter)
    for visit in plan.visits:
        for distance in (visit.window.opens, *(reminder.day for reminder in visit.window.reminders)):
            prompts[plan.anchor_of(visit)][floor(about(visit.distance) + about(distance))] += 1
    return sum(max(days.values()) for days in prompts.values())


def limits(aim: Purpose, needs: Needs) -> dict[Whose, int]:
    """How many texts a day there are of this purpose, for each whose budget it is."""
    least = DAILY[aim]
    if aim is Purpose.ANSWER:
        return least | {Whose.STUDY: needs.answers_cap}
    if aim is Purpose.TEST:
        return least
    person = max(least[Whose.PERSON], 2 * needs.fullest_day)
    site = max(least[Whose.SITE], needs.people * (needs.fullest_day + BESIDES))
    return {Whose.NUMBER: ON_ONE_PHONE * person, Whose.PERSON: person, Whose.SITE: site}


def accounts(kind: MessageKind, place: Place, needs: Needs) -> Iterator[tuple[Whose, Account, int]]:
    """Every account that a text of this kind draws on: whose it is, its key, and how many texts it holds a day.

    Who has no number draws on none: those without one have nothing in common.
    """
    aim = purpose(kind)
    for whose, limit in limits(aim, needs).items():
        if whose is not Whose.NUMBER or place.number is not None:
            yield whose, (aim, whose, place.of(whose)), limit
    if kind in ONCE_A_DAY and place.number is not None:
        yield Whose.NUMBER, (kind, place.number), 1
