"""What can be wrong with answers, wordings and value sets, said so that the reader can put it right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with an answer."""

    NOT_READABLE = "not_readable"
    NOT_A_MAPPING = "not_a_mapping"
    UNKNOWN_ITEM = "unknown_item"
    GIVEN_TWICE = "given_twice"
    CONTRADICTION = "contradiction"
    NOT_WHOLE = "not_whole"
    NOT_A_NUMBER = "not_a_number"
    TOO_PRECISE = "too_precise"
    OUT_OF_RANGE = "out_of_range"
    NOT_AN_OPTION = "not_an_option"
    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    BAD_CHARACTERS = "bad_characters"
    NOT_A_DATE = "not_a_date"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NOT_A_TIME = "not_a_time"
    TOO_MANY = "too_many"
    TOO_FEW = "too_few"
    SAME_PLACE = "same_place"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """One answer that cannot be taken. `fault` and `limits` let a page say it in the patient's language."""

    item: str
    fault: Fault
    message: str
    limits: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.item}: {self.message}"


class InstrumentProblem(Exception):
    """Every error of this package."""


class _Listed(InstrumentProblem, ValueError):
    """All problems at once, one a line."""

    what = "Problems"

    def __init__(self, subject: str, problems: Iterable[object]) -> None:
        self.subject = subject
        self.problems: tuple[object, ...] = tuple(problems)
        super().__init__("\n  ".join([f"{self.what} {subject}:", *map(str, self.problems)]))


class BadAnswers(_Listed):
    """Answers that cannot be scored."""

    problems: tuple[AnswerProblem, ...]
    what = "These answers cannot be used for"


class BadDefinition(_Listed):
    """A questionnaire's data file contradicts the format or itself."""

    what = "This definition is not right:"


class BadFolder(_Listed):
    """A questionnaire's folder in which files are missing, unreadable or wrong; every file's problems are listed."""

    what = "This questionnaire cannot be used:"


class BadLibrary(_Listed):
    """Several questionnaires that cannot be used, all named at once."""

    what = "Questionnaires that cannot be used"

    def __init__(self, broken: Iterable[BadFolder]) -> None:
        super().__init__("here", broken)


class BadWording(_Listed):
    """A wording that lacks a string, has one too many or holds one that cannot be shown."""

    what = "This wording cannot be used for"


class BadValueSet(_Listed):
    """A value-set table that is not complete or not readable."""

    what = "This value set cannot be used:"


class _Unknown(InstrumentProblem, KeyError):
    """A name that nothing here carries; the message lists what there is."""

    def __init__(self, what: str, name: object, existing: Iterable[str]) -> None:
        self.name, self.existing = name, tuple(existing)
        close = get_close_matches(str(name), self.existing, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        self.message = f"There is no {what} {name!r}.{hint} There are: {', '.join(self.existing) or 'none'}."
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class UnknownInstrument(_Unknown):
    def __init__(self, name: object, existing: Iterable[str]) -> None:
        super().__init__("instrument", name, existing)


class UnknownLanguage(_Unknown):
    def __init__(self, instrument: str, name: object, existing: Iterable[str]) -> None:
        super().__init__(f"wording of {instrument} in", name, existing)


class UnknownValueSet(_Unknown):
    def __init__(self, name: object, existing: Iterable[str]) -> None:
        super().__init__("value set", name, existing)


class UnknownScorer(_Unknown):
    def __init__(self, name: object, existing: Iterable[str]) -> None:
        super().__init__("scorer", name, existing)
