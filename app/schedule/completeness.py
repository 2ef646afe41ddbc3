"""How complete the answers to a visit will be, given how they have come in so far (pure).

Of `remaining` visits as many will be answered as a beta-binomial says: the share is learnt from the windows of this
visit that are past, and before there are many of them from those of all visits, which weigh as `PRIOR` windows do
(Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.4). Withdrawals to come are not foreseen.
"""

from dataclasses import dataclass
from math import exp, lgamma

PRIOR = 20
"""As how many windows of the visit itself the study's other windows count."""
TAIL = 0.05


@dataclass(frozen=True)
class Forecast:
    """The share of a visit's windows that will have been answered: on average, and a 90 % interval."""

    share: float
    low: float
    high: float
    remaining: int


def forecast(*, answered: int, expected: int, remaining: int, share_elsewhere: float | None) -> Forecast | None:
    """For a visit of which `answered` of `expected` past windows are answered, and `remaining` are to come.

    Nothing where there is no window to speak of. ValueError for counts that cannot be.
    """
    if not 0 <= answered <= expected or remaining < 0:
        raise ValueError(f"{answered} of {expected}, and {remaining} to come")
    if expected + remaining == 0:
        return None
    weight = 1.0 if share_elsewhere is None else float(PRIOR)
    prior = 0.5 if share_elsewhere is None else min(max(share_elsewhere, 0.01), 0.99)
    alpha, beta = weight * prior + answered, weight * (1 - prior) + expected - answered
    chances = _beta_binomial(remaining, alpha, beta)
    total = expected + remaining
    return Forecast(
        share=(answered + remaining * alpha / (alpha + beta)) / total,
        low=(answered + _quantile(chances, TAIL)) / total,
        high=(answered + _quantile(chances, 1 - TAIL)) / total,
        remaining=remaining,
    )


def _beta_binomial(trials: int, alpha: float, beta: float) -> list[float]:
    """The chance of each number of successes, 0 to `trials`."""
    whole = lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta) - lgamma(trials + alpha + beta) + lgamma(trials + 1)
    return [
        exp(
            whole
            - lgamma(number + 1)
            - lgamma(trials - number + 1)
            + lgamma(number + alpha)
            + lgamma(trials - number + beta)
        )
        for number in range(trials + 1)
    ]


def _quantile(chances: list[float], level: float) -> int:
    """The smallest number of successes that at least `level` of the chance does not exceed."""
    below = 0.0
    for number, chance in enumerate(chances):
        below += chance
        if below >= level - 1e-12:
            return number
    return len(chances) - 1
