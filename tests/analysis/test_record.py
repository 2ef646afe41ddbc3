"""Summary and record say everything, and importing says little."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.analysis import ANCOVA, LMM, MMRM
from tests.analysis.trials import FORMULA, trial

PROGRAM = """
import sys
import app.analysis
light = [m for m in ("numpy", "pandas", "scipy", "formulaic") if m in sys.modules]
from app.analysis import MMRM, LMM, CLDA, ANCOVA, impute
heavy = [m for m in ("flask", "sqlalchemy", "statsmodels", "scipy.stats", "matplotlib", "psycopg") if m in sys.modules]
print(light, heavy)
"""


def test_importing_loads_neither_web_nor_database_nor_statsmodels() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[] []"


def test_unknown_names_are_refused_as_in_any_module() -> None:
    import app.analysis

    with pytest.raises(AttributeError, match="no attribute 'GEE'"):
        _ = app.analysis.GEE


def test_the_record_is_complete_json() -> None:
    fit = MMRM(FORMULA, trial(), subject="id", visit="visit").fit()
    record = json.loads(fit.to_json())
    assert record["formula"] == FORMULA
    assert record["loglik"] == fit.loglik
    np.testing.assert_array_equal(record["Sigma"], fit.Sigma)
    assert [row["term"] for row in record["coefficients"]] == list(fit.coef_names)
    assert set(record["versions"]) == {"python", "numpy", "scipy", "pandas", "formulaic"}
    assert record["dropped"] == [{"reason": "y missing", "rows": int(trial()["y"].isna().sum())}]
    assert sum(pattern["subjects"] for pattern in record["patterns"]) == fit.n_subjects
    assert record["attempts"] == [{"covariance": "us", "outcome": "converged"}]


def test_the_data_s_hash_follows_the_data() -> None:
    frame = trial()
    changed = frame.assign(y=frame["y"] + (frame.index == 3) * 1e-9)
    records = [
        json.loads(MMRM(FORMULA, f, subject="id", visit="visit").fit().to_json()) for f in (frame, frame, changed)
    ]
    hashes = [record["data_sha256"] for record in records]
    assert hashes[0] == hashes[1] != hashes[2]


def test_infinite_degrees_of_freedom_are_valid_json() -> None:
    fit = MMRM(FORMULA, trial(), subject="id", visit="visit").fit(df="normal")
    assert json.loads(fit.to_json())["coefficients"][0]["df"] == "Infinity"


def test_summaries_can_be_read() -> None:
    frame = trial()
    fits = {
        "MMRM": MMRM(FORMULA, frame, subject="id", visit="visit", cov_by="arm").fit(),
        "LMM": LMM(FORMULA, frame, subject="id", visit="visit", slope="month").fit(),
        "ANCOVA": ANCOVA("y ~ base + arm", frame.query("visit == 'v2'")).fit(),
    }
    for name, fit in fits.items():
        text = fit.summary()
        assert text.startswith(name)
        assert "arm[T.A]" in text
        assert "rows left out: y missing" in text
    assert "Covariance, A" in fits["MMRM"].summary()
    assert "slope" in fits["LMM"].summary()
    assert "HC3" in fits["ANCOVA"].summary()
    assert json.loads(fits["ANCOVA"].to_json())["robust"] == "HC3"
    assert json.loads(fits["LMM"].to_json())["variance_components"]["residual"] > 0


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
