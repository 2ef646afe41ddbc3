"""How many texts a day may cost somebody: the budgets of each number, person, site and study, in one table (pure).

Each purpose has its own, so that no flood of questions to us, and no row of tests, takes a prompt's place. A prompt
over its budget waits for tomorrow; what answers or tests is of no use then, and is noted as not sent.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.messages.kinds import ASKING, MessageKind


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
    Purpose.PROMPT: {Whose.NUMBER: 20, Whose.PERSON: 10},
    Purpose.ANSWER: {Whose.NUMBER: 40, Whose.PERSON: 20, Whose.SITE: 300},
    Purpose.TEST: {Whose.NUMBER: 6, Whose.PERSON: 6, Whose.SITE: 50, Whose.STUDY: 100},
}
"""Texts a day; those of a study that are not here the protocol says: `daily_cap` for prompts, `answers_cap`."""

ONCE_A_DAY = frozenset({MessageKind.STOP, MessageKind.START, MessageKind.HELP})
"""Answers to a single word: one of each kind to a number and day, however often the word is sent."""

TESTS_AN_HOUR = 3
"""To one person, whoever asks for them."""


STRANGERS_A_DAY = 20
"""Answers of a study to numbers that nobody here has; beyond that a person alone sees them."""


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


def accounts(kind: MessageKind, place: Place, answers_cap: int) -> Iterator[tuple[Whose, Account, int]]:
    """Every account that a text of this kind draws on: whose it is, its key, and how many texts it holds a day."""
    aim = purpose(kind)
    limits = DAILY[aim] | ({Whose.STUDY: answers_cap} if aim is Purpose.ANSWER else {})
    for whose, limit in limits.items():
        yield whose, (aim, whose, place.of(whose)), limit
    if kind in ONCE_A_DAY:
        yield Whose.NUMBER, (kind, place.number), 1
