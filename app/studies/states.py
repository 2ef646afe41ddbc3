"""The states of a study, and what it may do in each (pure)."""

from enum import StrEnum


class StudyState(StrEnum):
    """`demo` allows demonstration wording and synthetic people; `live` refuses both."""

    SETUP = "setup"
    DEMO = "demo"
    LIVE = "live"
    CLOSED = "closed"


def may_text(state: StudyState, *, real: bool, own_test: bool = False) -> bool:
    """Whether texts of a study in this state may leave, through a `real` gateway or the sandbox.

    Real telephones ring only for a live study; before that, for staff who test with their own number.
    """
    if state is StudyState.CLOSED:
        return False
    return state is StudyState.LIVE or not real or (state is StudyState.SETUP and own_test)
