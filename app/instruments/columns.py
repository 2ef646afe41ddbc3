"""The first line of a table that people write: a column that stands twice could be read in two ways."""

from collections import Counter
from collections.abc import Iterable


def standing_twice(head: Iterable[str]) -> list[str]:
    """A sentence for each name that stands more than once."""
    counted = Counter(filter(None, head))
    return [f"the column {name[:40]} stands {number} times" for name, number in counted.items() if number > 1]
