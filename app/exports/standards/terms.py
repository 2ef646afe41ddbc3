"""What the questions and scores are called in CDISC: controlled terms where they hold, else names of the sponsor's own.

The sponsor's names are made of the codes of questionnaire and item, which are ours: no word of a licensed
questionnaire is in them. A test code and its test belong together, for good and everywhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.instruments import Instrument, Item
from app.instruments.model import ScoreDefinition

LONGEST_CODE, LONGEST_TEST, LONGEST_PREFIX = 8, 40, 5
QSALL, ALL_QUESTIONS = "QSALL", "All Questions"
"""Stands for a whole questionnaire that nobody answered."""


@dataclass(frozen=True)
class Term:
    """One test: its code and name, the questionnaire's category and subcategory, and the time that it asks about."""

    testcd: str
    test: str
    category: str
    subcategory: str = ""
    evaluated: str = ""


Terms = dict[tuple[str, str, str], Term]
"""By questionnaire, its version, and item or score."""


def terms(instruments: Iterable[Instrument]) -> Terms:
    """The term of every item and score."""
    every = list(instruments)
    prefixes = _prefixes(sorted({each.code for each in every}))
    return {key: term for each in every for key, term in _of(each, prefixes[each.code])}


def category(questionnaire: Instrument) -> str:
    """What the questionnaire is called: CDISC's term where it is of this version, else its own."""
    cdisc = questionnaire.cdisc
    return (cdisc.category(questionnaire.version) if cdisc else None) or questionnaire.code.upper().replace("_", "-")


def numbers(instruments: Iterable[Instrument]) -> dict[str, str]:
    """NCI's number of each questionnaire's category that is one of CDISC's terms."""
    cdisc = {category(each): each.cdisc for each in instruments if each.cdisc and each.cdisc.applies(each.version)}
    return {name: of.c_code for name, of in cdisc.items() if of.c_code}


def subcategory(questionnaire: Instrument) -> str:
    """What tells apart questionnaires of one category."""
    return (questionnaire.cdisc.qsscat if questionnaire.cdisc else None) or ""


def _of(questionnaire: Instrument, prefix: str) -> Iterator[tuple[tuple[str, str, str], Term]]:
    parts: list[tuple[str, Item | ScoreDefinition]] = [(item.code, item) for item in questionnaire.items]
    parts += [(score.name, score) for score in questionnaire.scores]
    holds = questionnaire.cdisc is not None and questionnaire.cdisc.applies(questionnaire.version)
    for place, (code, part) in enumerate(parts, 1):
        recall = (part.recall or questionnaire.recall) if isinstance(part, Item) else questionnaire.recall
        evaluated = "" if recall in (None, "P0D") else f"-{recall}"
        key = (questionnaire.code, questionnaire.version, code)
        if part.cdisc and holds:
            testcd, test = part.cdisc.testcd, part.cdisc.test
        else:
            testcd = f"{prefix}{place:0{LONGEST_CODE - len(prefix)}}"
            test = _shortened(f"{testcd}-{code.replace('_', ' ').capitalize()}")
        yield key, Term(testcd, test, category(questionnaire), subcategory(questionnaire), evaluated)


def _prefixes(codes: Iterable[str]) -> dict[str, str]:
    """A beginning for the sponsor's test codes: of the questionnaire's own code, and no two alike."""
    prefixes: dict[str, str] = {}
    for code in codes:
        wanted = "".join(letter for letter in code.upper() if letter.isalnum())[:LONGEST_PREFIX]
        candidate, place = wanted if wanted[:1].isalpha() else f"Q{wanted}"[:LONGEST_PREFIX], 2
        while candidate in prefixes.values():
            candidate, place = f"{wanted[: LONGEST_PREFIX - 1]}{_letter(place)}", place + 1
        prefixes[code] = candidate
    return prefixes


def _letter(place: int) -> str:
    """A to Z for 1 to 26: a figure would run into the numbers of the items."""
    return chr(ord("A") + (place - 1) % 26)


def _shortened(test: str) -> str:
    return test if len(test) <= LONGEST_TEST else test[: LONGEST_TEST - 3].rstrip() + "..."
