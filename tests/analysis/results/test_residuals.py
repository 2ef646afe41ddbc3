"""Residuals freed of the model's correlation."""

import numpy as np
import pytest

from app.analysis import LMM, MMRM
from tests.analysis.trials import FORMULA, trial


def test_normalised_residuals_are_white() -> None:
    frame = trial(400, 4, missing=0.1)
    table = MMRM(FORMULA, frame, subject="id", visit="visit").fit().residuals()
    assert len(table) == frame["y"].notna().sum()
    assert table["normalised"].std() == pytest.approx(1.0, abs=0.03)
    wide = table.pivot(index="id", columns="visit", values="normalised").dropna()
    correlation = np.corrcoef(wide.to_numpy().T)
    assert np.abs(correlation - np.eye(4)).max() < 0.15
    slope = LMM(FORMULA, frame, subject="id", slope="month").fit().residuals()
    assert slope["normalised"].std() == pytest.approx(1.0, abs=0.03)
