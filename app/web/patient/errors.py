"""Why a page is not shown, in the patient's language."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as later
from flask_babel.speaklater import LazyString

from app.core.problems import Conflict, Gone, NotFound, Problem, TooMany, Unavailable
from app.responses.problems import AlreadyAnswered, AnsweredOtherwise, Closed, Left, NotOpenYet, NotReady, StudyOver

PATIENT_SENTENCES: Mapping[type[Problem], tuple[LazyString, LazyString]] = {
    NotOpenYet: (later("Not open yet"), later("These questions are not open yet. We send you a text when they are.")),
    Closed: (
        later("These questions are closed"),
        later("The time for these questions is over, so your answers cannot be received here any more."),
    ),
    StudyOver: (
        later("The study is over"),
        later("This study is over, so there is nothing more to answer. Thank you for what you gave."),
    ),
    Left: (
        later("You no longer take part"),
        later("You have left the study, so there is nothing more to answer. Thank you for what you gave."),
    ),
    AnsweredOtherwise: (
        later("Your answers were received earlier"),
        later(
            "We have already received answers to these questions, and we keep the first ones. "
            "If some of your answers are different this time, the research team sees both."
        ),
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
    return next(PATIENT_SENTENCES[kind] for kind in type(problem).__mro__ if kind in PATIENT_SENTENCES)
