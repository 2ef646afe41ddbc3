"""When something holds, said of answers: an item equals a code, or lies above or below a number; or several do."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Earlier(StrEnum):
    """Which of the patient's earlier visits that asked the same questionnaire."""

    FIRST = "first"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Condition:
    """One item's answer against one number; with `visit` of that visit, where `is_score` the score's."""

    item: str
    equals: int | None = None
    above: int | None = None
    below: int | None = None
    visit: Earlier | None = None
    is_score: bool = False

    @property
    def parts(self) -> tuple["Condition", ...]:
        """Itself, as several would name theirs."""
        return (self,)

    def holds(self, answer: int | Decimal | str | None) -> bool:
        """Whether the answer leads on; one that was not given never does."""
        if answer is None or isinstance(answer, str):
            return False
        return (
            (self.equals is None or answer == self.equals)
            and (self.above is None or answer > self.above)
            and (self.below is None or answer < self.below)
        )

    @property
    def bounds(self) -> tuple[tuple[str, int], ...]:
        """The numbers that it holds the answer against, each with its sign."""
        signs = (("=", self.equals), (">", self.above), ("<", self.below))
        return tuple((sign, bound) for sign, bound in signs if bound is not None)

    def __str__(self) -> str:
        said = " and ".join(f"{self.item} {sign} {bound}" for sign, bound in self.bounds)
        return f"{said} at the {self.visit} visit" if self.visit else said


@dataclass(frozen=True, slots=True)
class Several:
    """Conditions that hold together: all of them, or (`any_of`) one of them."""

    parts: tuple[Condition, ...]
    any_of: bool = False

    def __str__(self) -> str:
        return (" or " if self.any_of else " and ").join(map(str, self.parts))


When = Condition | Several
NEVER = Several((), any_of=True)
"""One of nothing."""


def leads_on(when: When, holds: Callable[[Condition], bool]) -> bool:
    """Whether the whole holds, given which of its conditions do."""
    if isinstance(when, Condition):
        return holds(when)
    return any(map(holds, when.parts)) if when.any_of else all(map(holds, when.parts))
