"""Pooling, on numbers worked by hand."""

import numpy as np
import pytest

from app.analysis.imputation.pooling import rubin


def test_rubin_s_rules_on_numbers_worked_by_hand() -> None:
    estimates, se, df = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [1.0], [1.0]]), np.full((3, 1), 20.0)
    estimate, total, pooled_df, error = rubin(estimates, se, df)
    assert estimate[0] == 2
    assert total[0] ** 2 == pytest.approx(1 + 4 / 3)
    share = (4 / 3) / (7 / 3)
    old, seen = 2 / share**2, 20 * 21 / 23 * (1 - share)
    assert pooled_df[0] == pytest.approx(1 / (1 / old + 1 / seen))
    assert error[0] == pytest.approx(np.sqrt(1 / 3))
