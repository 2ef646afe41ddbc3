"""What can go wrong, said so that the analyst knows the column, the rows and the remedy."""

from collections.abc import Iterable


class AnalysisError(ValueError):
    """The analysis cannot be done as asked; the text says why and what to do."""


class DataError(AnalysisError):
    """The data do not fit the model's needs."""


class NotEstimable(AnalysisError):
    """The data do not determine the parameters that were asked for."""


class NotConverged(AnalysisError):
    """No covariance structure that was allowed reached a proper optimum."""


def listed(items: Iterable[object], most: int = 5) -> str:
    """`a, b, c and 4 more`: enough to find the rows, not so much as to hide the sentence."""
    texts = [str(item) for item in items]
    if isinstance(items, set | frozenset):
        texts.sort()
    rest = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {rest} more" if rest > 0 else "")
