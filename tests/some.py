"""What a test looks at one by one must be there: a loop over nothing asserts nothing."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def some(things: Iterable[T]) -> list[T]:
    """All of them, of which there is at least one."""
    listed = list(things)
    assert listed, "there is nothing to look at, so nothing would be tested"
    return listed
