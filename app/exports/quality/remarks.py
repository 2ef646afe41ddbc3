"""What is worth a second look, and whose it is."""

from enum import StrEnum
from typing import NamedTuple


class RemarkKind(StrEnum):
    """Why somebody should look: none of these says that an answer is wrong."""

    OUT_OF_RANGE = "out_of_range"
    SAME_THROUGHOUT = "same_throughout"
    AS_BEFORE = "as_before"
    AS_SOMEBODY_ELSE = "as_somebody_else"
    TWO_ON_A_DAY = "two_on_a_day"
    QUICK = "quick"


class Remark(NamedTuple):
    """One visit, questionnaire or answer to look at; `detail` is a code of ours, never a patient's words."""

    kind: RemarkKind
    participant: str
    visit: str
    instrument: str = ""
    detail: str = ""
