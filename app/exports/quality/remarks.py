"""What is worth a second look, and whose it is."""

from collections.abc import Iterable, Iterator
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


MOST_LISTED = 500
"""So many are listed; the tables have every answer."""


class Remarks:
    """What there is to look at: how much of it, and the first of it by participant. No more than that is kept."""

    def __init__(self, remarks: Iterable[Remark] = ()) -> None:
        self._kept: list[Remark] = []
        self._count = 0
        for remark in remarks:
            self.append(remark)

    def append(self, remark: Remark) -> None:
        """One more."""
        self._count += 1
        self._kept.append(remark)
        if len(self._kept) > 2 * MOST_LISTED:
            self._kept = _first(self._kept)

    def __len__(self) -> int:
        """How many there are, listed or not."""
        return self._count

    def __iter__(self) -> Iterator[Remark]:
        """The first of them, by participant."""
        return iter(_first(self._kept))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remarks) and (len(self), list(self)) == (len(other), list(other))

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def together(cls, *parts: "Remarks") -> "Remarks":
        """All of these."""
        every = cls(remark for part in parts for remark in part)
        every._count = sum(map(len, parts))
        return every


def _first(remarks: Iterable[Remark]) -> list[Remark]:
    by_place = sorted(remarks, key=lambda remark: (remark.participant, remark.visit, remark.instrument, remark.kind))
    return by_place[:MOST_LISTED]
