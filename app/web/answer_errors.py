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
        case Fault.OUT_OF_RANGE:
            low, high = limits["minimum"], limits["maximum"]
            return gettext("Write a number from %(low)s to %(high)s.", low=low, high=high)
        case Fault.NOT_WHOLE:
            return gettext("Write a whole number, with digits.")
        case Fault.NOT_A_NUMBER:
            return gettext("Write a number, with digits.")
        case Fault.TOO_PRECISE:
            return gettext("Write at most %(count)s decimals.", count=limits["decimals"])
        case Fault.TOO_LONG:
            return gettext("Write at most %(count)s characters.", count=limits["max_length"])
        case Fault.NOT_A_DATE:
            return gettext("Choose a date.")
        case Fault.TOO_EARLY:
            return gettext("Choose a date that is not before %(day)s.", day=_day(limits["earliest"], language))
        case Fault.TOO_LATE:
            return gettext("Choose a date that is not after %(day)s.", day=_day(limits["latest"], language))
        case Fault.CONTRADICTION:
            return gettext("You ticked this together with others. Keep either this or the others.")
        case Fault.BAD_CHARACTERS | Fault.GIVEN_TWICE | Fault.UNKNOWN_ITEM:
            return gettext("We could not read this. Please answer it once more.")
    return gettext("Choose one of the answers.")


def _day(limit: object, language: str) -> str:
    return day_as_said(limit, language) if isinstance(limit, date) else str(limit)
