"""Of a Send that comes when its answers are not taken: what a person is told of it (pure).

A phone without a line keeps a Send until it has one. By then the window may be over, moved, or called off, and she may
have left. The server's clock decides what is taken, and what is refused is no answer. But what she gave in time, or in
a window that held then, is hers: a person sees it, and judges. What she gave too late is not kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.responses.other_answers import OtherAnswer
from app.responses.two_phones import NOTHING_SAID, PhoneSays, given_at, milliseconds
from app.schedule.states import State

OF_A_WINDOW_OF_BEFORE = (State.NOT_DUE, State.CANCELLED)
"""Where no page can be opened: what comes was answered on one that was drawn in another window."""


@dataclass(frozen=True)
class RefusingVisit:
    """How the visit stands when answers to it are refused."""

    state: State
    ends_at: datetime
    """Until when answers were taken, or would have been if nobody had ended the visit or the study."""
    left_at: datetime | None

    def has_left(self, now: datetime) -> bool:
        """Whether she takes part no more."""
        return self.left_at is not None and self.left_at <= now


@dataclass(frozen=True)
class ToJudge:
    """What a person is told: of nothing, that answers came, or also which; then they are kept for her to see."""

    came: bool
    kept: Mapping[str, OtherAnswer]


def to_judge(visit: RefusingVisit, sent: Mapping[str, str], says: PhoneSays | None, now: datetime) -> ToJudge:
    """What a person is told of what was `sent` to a visit that refuses it at `now`.

    Nothing is kept of what comes once she has left: that it was given before is told.
    """
    at, said = milliseconds(now), (says or NOTHING_SAID).of_field
    answered = {name: value for name, value in sent.items() if value.strip()}
    given = {name: OtherAnswer(value, at, given_at(said.get(name), at)) for name, value in answered.items()}
    if visit.has_left(now):
        return ToJudge(any(_before(visit.left_at, answer) for answer in given.values()), {})
    kept = given if visit.state in OF_A_WINDOW_OF_BEFORE else in_time(given, visit, now)
    return ToJudge(bool(kept), kept)


def in_time(answers: Mapping[str, OtherAnswer], visit: RefusingVisit, now: datetime) -> dict[str, OtherAnswer]:
    """Those of them that were given while answers were taken, as the phone says; none of who has left."""
    if visit.has_left(now):
        return {}
    return {name: answer for name, answer in answers.items() if _before(visit.ends_at, answer)}


def _before(end: datetime | None, answer: OtherAnswer) -> bool:
    return end is not None and answer.given is not None and answer.given < milliseconds(end)
