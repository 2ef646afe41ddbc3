"""How complete a visit will be: between what is known and what can still come, and as sure as there are windows."""

import pytest
from scipy.stats import betabinom

from app.schedule.completeness import PRIOR, forecast


@pytest.mark.parametrize("answered", [0, 5, 30, 60])
@pytest.mark.parametrize("remaining", [1, 7, 68])
@pytest.mark.parametrize("elsewhere", [None, 0.0, 0.5, 0.86, 1.0])
def test_the_interval_is_that_of_the_beta_binomial(answered: int, remaining: int, elsewhere: float | None) -> None:
    interval = forecast(answered=answered, expected=60, remaining=remaining, share_elsewhere=elsewhere)
    assert interval is not None
    weight, prior = (1, 0.5) if elsewhere is None else (PRIOR, min(max(elsewhere, 0.01), 0.99))
    distribution = betabinom(remaining, weight * prior + answered, weight * (1 - prior) + 60 - answered)
    total = 60 + remaining
    assert interval.low == pytest.approx((answered + distribution.ppf(0.05)) / total)
    assert interval.high == pytest.approx((answered + distribution.ppf(0.95)) / total)
    assert interval.share == pytest.approx((answered + distribution.mean()) / total)
    assert answered / total <= interval.low <= interval.share + 0.5 / total
    assert interval.share - 0.5 / total <= interval.high <= (answered + remaining) / total


@pytest.mark.parametrize(("answered", "expected"), [(0, 9), (7, 9), (9, 9)])
def test_what_is_past_is_certain(answered: int, expected: int) -> None:
    interval = forecast(answered=answered, expected=expected, remaining=0, share_elsewhere=0.9)
    assert interval is not None
    assert (interval.low, interval.share, interval.high) == (answered / expected,) * 3


def test_where_there_is_no_window_there_is_no_forecast() -> None:
    assert forecast(answered=0, expected=0, remaining=0, share_elsewhere=0.9) is None


@pytest.mark.parametrize(("answered", "expected", "remaining"), [(-1, 3, 0), (4, 3, 0), (1, 3, -1)])
def test_counts_that_cannot_be_are_refused(answered: int, expected: int, remaining: int) -> None:
    with pytest.raises(ValueError, match="to come"):
        forecast(answered=answered, expected=expected, remaining=remaining, share_elsewhere=None)


def test_many_windows_of_its_own_count_more_than_those_of_other_visits() -> None:
    few = forecast(answered=1, expected=2, remaining=100, share_elsewhere=0.9)
    many = forecast(answered=200, expected=400, remaining=100, share_elsewhere=0.9)
    assert few is not None
    assert many is not None
    assert few.share > 0.8
    assert 0.5 < many.share < 0.54
    assert few.high - few.low > many.high - many.low
