"""The states of a study, and what it may do in each: one table, asked by every way into the service (pure).

`python -m docs.states` writes docs/states.md from it.
"""

from collections.abc import Mapping
from enum import StrEnum


class StudyState(StrEnum):
    """In `setup` and `demo` everybody is made up: their texts go to the sandbox, and demonstration wording may show."""

    SETUP = "setup"
    DEMO = "demo"
    LIVE = "live"
    RECRUITING_STOPPED = "recruiting stopped"
    CLOSED = "closed"
    LOCKED = "locked"
    ARCHIVED = "archived"


class Act(StrEnum):
    """What a state allows or refuses, as a sentence says it: "may enrol people"."""

    ENROL = "enrol people"
    TEXT = "text its patients"
    ANSWER = "take answers"
    RECORD = "record events, numbers, consents, calls and tasks"
    CORRECT = "correct the record and the answers"
    AMEND = "get a new version of its protocol"
    LEAVE = "record that somebody leaves"
    EXPORT = "write its exports"
    ARCHIVE = "be kept as an archive"
    FORGET = "have its contacts forgotten"
    DELETE = "be deleted, by two people"


_ENDING = frozenset({Act.ARCHIVE, Act.FORGET, Act.DELETE})
_AT_WORK = frozenset(Act) - _ENDING
_READ_ONLY = frozenset({Act.LEAVE, Act.EXPORT})

MAY: Mapping[StudyState, frozenset[Act]] = {
    StudyState.SETUP: _AT_WORK | {Act.DELETE},
    StudyState.DEMO: _AT_WORK | {Act.DELETE},
    StudyState.LIVE: _AT_WORK,
    StudyState.RECRUITING_STOPPED: _AT_WORK - {Act.ENROL},
    StudyState.CLOSED: _READ_ONLY | {Act.RECORD, Act.CORRECT, Act.FORGET},
    StudyState.LOCKED: _READ_ONLY | {Act.ARCHIVE, Act.FORGET},
    StudyState.ARCHIVED: _ENDING,
}

PRACTICE = frozenset({StudyState.SETUP, StudyState.DEMO})
"""Nobody in it is a patient: no patient's telephone rings, and nothing of it is the trial's."""
REAL = frozenset({StudyState.LIVE, StudyState.RECRUITING_STOPPED})
"""Patients are asked: their telephones ring, and they read the words of the licence."""

NEXT: Mapping[StudyState, tuple[StudyState, ...]] = {
    StudyState.SETUP: (StudyState.LIVE, StudyState.DEMO, StudyState.CLOSED),
    StudyState.DEMO: (StudyState.SETUP, StudyState.LIVE, StudyState.CLOSED),
    StudyState.LIVE: (StudyState.RECRUITING_STOPPED, StudyState.CLOSED),
    StudyState.RECRUITING_STOPPED: (StudyState.LIVE, StudyState.CLOSED),
    StudyState.CLOSED: (StudyState.LIVE, StudyState.RECRUITING_STOPPED, StudyState.LOCKED),
    StudyState.LOCKED: (StudyState.CLOSED, StudyState.ARCHIVED),
    StudyState.ARCHIVED: (),
}
"""What may follow a state. A trial that has begun is never practice again, and an archive stays one."""

MEANING: Mapping[StudyState, str] = {
    StudyState.SETUP: "being set up: practice alone, with made-up people",
    StudyState.DEMO: "a demonstration, with made-up people",
    StudyState.LIVE: "live",
    StudyState.RECRUITING_STOPPED: "no longer recruiting",
    StudyState.CLOSED: "closed: nobody is enrolled, texted or asked",
    StudyState.LOCKED: "locked: its data are final",
    StudyState.ARCHIVED: "archived: only to be read",
}
"""What a state is, as a sentence says it: "backtobasic is closed: nobody is enrolled, texted or asked"."""


def may(state: StudyState, act: Act) -> bool:
    """Whether a study in this state may do this."""
    return act in MAY[state]


def states_that(act: Act) -> tuple[StudyState, ...]:
    """The states in which a study may do this."""
    return tuple(state for state in StudyState if may(state, act))


def states_without(act: Act) -> tuple[StudyState, ...]:
    """The states in which a study may not do this."""
    return tuple(state for state in StudyState if not may(state, act))


def may_text(state: StudyState, *, real: bool, own_test: bool = False) -> bool:
    """Whether texts of a study in this state may leave, through a `real` gateway or the sandbox.

    Real telephones ring only for a live study; before that, for staff who test with their own number.
    """
    if not may(state, Act.TEXT):
        return False
    return state in REAL or not real or (state is StudyState.SETUP and own_test)


def refusal(study: str, state: StudyState, act: Act) -> str:
    """Why a study in this state may not do this, and when it could."""
    allowed = [name.value for name in states_that(act) if name is not StudyState.DEMO]
    return f"{study} is {MEANING[state]}. It cannot {act}; that needs a study that is {_listed(allowed)}."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
