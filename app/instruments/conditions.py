"""When something holds, said of answers: an earlier item equals a code, or lies above or below a number."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Condition:
    """One item's answer against one number."""

    item: str
    equals: int | None = None
    above: int | None = None
    below: int | None = None

    def holds(self, answer: int | Decimal | str | None) -> bool:
        """Whether the answer leads on; one that was not given never does."""
        if answer is None or isinstance(answer, str):
            return False
        return (
            (self.equals is None or answer == self.equals)
            and (self.above is None or answer > self.above)
            and (self.below is None or answer < self.below)
        )

    def __str__(self) -> str:
        bounds = (("=", self.equals), (">", self.above), ("<", self.below))
        return " and ".join(f"{self.item} {sign} {bound}" for sign, bound in bounds if bound is not None)
