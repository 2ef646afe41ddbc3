"""What is wrong with an answer, and why a page is not shown, in the patient's language."""

from collections.abc import Iterable, Mapping
from datetime import date

from flask_babel import lazy_gettext as later
from flask_babel.speaklater import LazyString

from app.core.problems import Conflict, Gone, NotFound, Problem, TooMany, Unavailable
from app.instruments import AnswerProblem
from app.instruments.problems import Fault
from app.responses.fields import of_field
from app.responses.problems import AlreadyAnswered, Closed, Left, NotOpenYet, NotReady
from app.web.language import day_as_said, gettext

SENTENCES: Mapping[type[Problem], tuple[LazyString, LazyString]] = {
    NotOpenYet: (later("Not open yet"), later("These questions are not open yet. We send you a text when they are.")),
    Closed: (
        later("These questions are closed"),
        later("The time for these questions is over, so your answers cannot be received here any more."),
    ),
    Left: (
        later("You no longer take part"),
        later("You have left the study, so there is nothing more to answer. Thank you for what you gave."),
    ),
    AlreadyAnswered: (
        later("Your answers were received earlier"),
        later("We have already received answers to these questions, and we keep the first ones."),
    ),
    Gone: (
        later("This link was replaced"),
        later("There is a newer link. Use the one in the last text message from us."),
    ),
    Conflict: (later("This was already done"), later("This was already done. There is nothing more to do.")),
    NotFound: (
        later("This link is not complete"),
        later("Open it from the text message again, without changing it. If it does not help, call the number there."),
    ),
    TooMany: (later("That was often"), later("Wait a minute, then try again.")),
    NotReady: (later("Not ready yet"), later("These questions are not ready to be answered. Please call us.")),
    Unavailable: (
        later("Not just now"),
        later(
            "We cannot reach your questions just now. Wait a minute, then try again. "
            "If you were sending, go back first: your answers are still on the page."
        ),
    ),
    Problem: (later("We could not read what was sent"), later("Nothing was received. Go back, and try once more.")),
}


def worded(problem: Problem) -> tuple[LazyString, LazyString]:
    """Title and sentence for the nearest kind of problem that patients can meet."""
    return next(SENTENCES[kind] for kind in type(problem).__mro__ if kind in SENTENCES)


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
