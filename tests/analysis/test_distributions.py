"""Tail probabilities and quantiles, beside scipy.stats and at their limits."""

import numpy as np
import pytest
from scipy import stats

from app.analysis.distributions import f_tail, t_quantile, t_tail


def test_tail_probabilities_at_their_limits() -> None:
    assert t_tail(1.959963984540054, np.inf) == pytest.approx(0.05)
    assert t_quantile(0.975, np.inf) == pytest.approx(1.959963984540054)
    assert t_quantile(0.975, 12.345) == pytest.approx(2.1720786542260293)
    for t, df in ((-40.0, 5.0), (0.3, 1.5), (12.0, 400.0)):
        assert t_tail(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-10)
    assert f_tail(3.0, 1, 7.0) == pytest.approx(float(t_tail(3.0**0.5, 7.0)))
    assert f_tail(2.0, 3, np.inf) == pytest.approx(0.1116, abs=1e-4)
    assert np.isnan(f_tail(float("nan"), 3, 5.0))
