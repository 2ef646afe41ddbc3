"""Why an answer is not taken. Each class is one sentence to the patient; pages say it in the patient's language."""

from collections.abc import Iterable

from app.core.problems import BadInput, Conflict, Gone, Unavailable
from app.instruments import AnswerProblem
from app.responses.fields import of_field


class NotOpenYet(Conflict):
    """The visit's window has not begun."""

    title = "Not open yet"

    def __init__(self) -> None:
        super().__init__("These questions are not open yet. We send you a text when they are.")


class Closed(Gone):
    """The window is over, grace included (or the protocol takes nothing late)."""

    title = "These questions are closed"

    def __init__(self) -> None:
        super().__init__("The time for these questions is over, so your answers cannot be received here any more.")


class StudyOver(Gone):
    """The study is closed: nobody is asked any more."""

    title = "The study is over"

    def __init__(self) -> None:
        super().__init__("This study is over, so there is nothing more to answer. Thank you for what you gave.")


class Left(Gone):
    """She withdrew; nothing more is asked."""

    title = "You no longer take part"

    def __init__(self) -> None:
        super().__init__("You have left the study, so there is nothing more to answer. Thank you for what you gave.")


class AlreadyAnswered(Conflict):
    """Other answers were received before; the first are kept."""

    title = "Your answers were received earlier"

    def __init__(self) -> None:
        super().__init__("We have already received answers to these questions, and we keep the first ones.")


class AnsweredOtherwise(AlreadyAnswered):
    """The same, and what differs is kept beside them for a person to look at."""

    def __init__(self) -> None:
        Conflict.__init__(
            self,
            "We have already received answers to these questions, and we keep the first ones. "
            "If some of your answers are different this time, the research team sees both.",
        )


class NothingAnswered(BadInput):
    """Nothing at all was answered."""

    title = "Nothing is answered yet"

    def __init__(self) -> None:
        super().__init__("Nothing is answered yet. Answer what you can, or choose “Not able today”.")


class WrongAnswers(BadInput):
    """Some answers cannot be taken; `problems` are pairs of instrument and problem, `errors` names each field."""

    def __init__(self, problems: Iterable[tuple[str, AnswerProblem]]) -> None:
        self.problems = tuple(problems)
        errors = {of_field(code, problem.item): problem.message for code, problem in self.problems}
        super().__init__("Some answers need another look. Nothing was sent.", errors=errors)


class Unanswered(BadInput):
    """The protocol lets nothing be skipped; `missing` are pairs of instrument and item."""

    title = "Some questions are not answered"

    def __init__(self, missing: Iterable[tuple[str, str]]) -> None:
        self.missing = tuple(missing)
        errors = {f"{code}.{item}": "needs an answer" for code, item in self.missing}
        super().__init__("Some questions are not answered. Please answer them, and send again.", errors=errors)


class NotReady(Unavailable):
    """A live study lacks the licence holder's words; the message is for those who run it."""

    title = "These questions are not ready"

    def __init__(self, instruments: Iterable[str], language: str) -> None:
        listed = ", ".join(instruments)
        super().__init__(
            f"A live study needs the original words of {listed} in {language}: flask wording install.", retry_after=3600
        )
