"""Summary and record say everything."""

import json

import numpy as np

from app.analysis import ANCOVA, LMM, MMRM
from tests.analysis.trials import FORMULA, trial


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
