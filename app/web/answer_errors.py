"""What is wrong with an answer, in the language of whoever answers or types."""

from collections.abc import Iterable
from datetime import date

from app.instruments import AnswerProblem
from app.instruments.problems import Fault
from app.responses.fields import of_field
from app.web.language import day_as_said, gettext


def field_errors(problems: Iterable[tuple[str, AnswerProblem]], language: str) -> dict[str, str]:
    """A sentence for each field that needs another look."""
    return {of_field(code, problem.item): _sentence(problem, language) for code, problem in problems}


def _sentence(problem: AnswerProblem, language: str) -> str:
    limits = problem.limits
    match problem.fault:
        case Fault.RULE:
            return _of_rule(limits["sentences"], language)
        case Fault.TOO_MANY | Fault.TOO_FEW | Fault.SAME_PLACE:
            return _of_list(problem)
        case Fault.OUT_OF_RANGE:
            low, high = limits["minimum"], limits["maximum"]
            return gettext("Write a number from %(low)s to %(high)s.", low=low, high=high)
        case Fault.TOO_PRECISE:
            return gettext("Write at most %(count)s decimals.", count=limits["decimals"])
        case Fault.TOO_LONG:
            return gettext("Write at most %(count)s characters.", count=limits["max_length"])
        case Fault.TOO_EARLY:
            return gettext("Choose a date that is not before %(day)s.", day=_day(limits["earliest"], language))
        case Fault.TOO_LATE:
            return gettext("Choose a date that is not after %(day)s.", day=_day(limits["latest"], language))
    return _plain(problem.fault)


def _plain(fault: Fault) -> str:
    """The sentence of a fault that has no limits."""
    match fault:
        case Fault.NOT_WHOLE:
            return gettext("Write a whole number, with digits.")
        case Fault.NOT_A_NUMBER:
            return gettext("Write a number, with digits.")
        case Fault.NOT_A_DATE:
            return gettext("Choose a date.")
        case Fault.NOT_A_TIME:
            return gettext("Write a time of day, such as 07:30.")
        case Fault.CONTRADICTION:
            return gettext("You ticked this together with others. Keep either this or the others.")
        case Fault.BAD_CHARACTERS | Fault.GIVEN_TWICE | Fault.UNKNOWN_ITEM:
            return gettext("We could not read this. Please answer it once more.")
    return gettext("Choose one of the answers.")


def _of_list(problem: AnswerProblem) -> str:
    if problem.fault is Fault.SAME_PLACE:
        return gettext("Give each place once: %(place)s stands twice.", place=problem.limits["place"])
    if problem.fault is Fault.TOO_MANY:
        return gettext("Choose at most %(count)s.", count=problem.limits["most"])
    return gettext("Choose at least %(count)s.", count=problem.limits["least"])


def _of_rule(sentences: object, language: str) -> str:
    """The questionnaire's own words for its rule, in this language or in the one it has."""
    said = sentences if isinstance(sentences, dict) else {}
    return str(said.get(language) or next(iter(said.values()), gettext("Choose one of the answers.")))


def _day(limit: object, language: str) -> str:
    return day_as_said(limit, language) if isinstance(limit, date) else str(limit)
