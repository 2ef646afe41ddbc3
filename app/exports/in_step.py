"""Tables gone through person by person, side by side: they all come in the order of the participants' codes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")


def by_participant(
    codes: Iterable[str], tables: Mapping[str, Iterator[T]], whose: Callable[[T], str]
) -> Iterator[tuple[str, dict[str, list[T]]]]:
    """Each participant with her rows of each table. RuntimeError where a row is of nobody, or not in this order."""
    groups = {name: groupby(rows, whose) for name, rows in tables.items()}
    waiting = {name: next(group, None) for name, group in groups.items()}
    for code in codes:
        hers: dict[str, list[T]] = {}
        for name, group in groups.items():
            first = waiting[name]
            is_hers = first is not None and first[0] == code
            hers[name] = list(first[1]) if first is not None and is_hers else []
            waiting[name] = next(group, None) if is_hers else first
        yield code, hers
    left = [name for name, first in waiting.items() if first is not None]
    if left:
        raise RuntimeError(f"not in the order of the participants: {', '.join(left)}")
