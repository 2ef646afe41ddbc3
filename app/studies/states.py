"""The states of a study (pure)."""

from enum import StrEnum


class StudyState(StrEnum):
    """`demo` allows demonstration wording and synthetic people; `live` refuses both."""

    SETUP = "setup"
    DEMO = "demo"
    LIVE = "live"
    CLOSED = "closed"
