"""Errors of estimating equations where one participant alone determines a coefficient."""

import numpy as np
import pytest

from app.analysis.errors import NotEstimable
from app.analysis.fitting.clustered import Cluster, Errors, covariance

TOGETHER = np.array([[1.0, 0.0], [1.0, 0.0]])
ALONE = np.array([[1.0, 1.0], [1.0, 1.0]])
CLUSTERS = [
    Cluster(D, np.eye(2), np.array([0.5, -1.0]) * (place + 1)) for place, D in enumerate((TOGETHER, TOGETHER, ALONE))
]


@pytest.mark.parametrize("errors", ["kauermann-carroll", "mancl-derouen"])
def test_corrected_errors_are_refused_where_one_participant_determines_a_coefficient(errors: Errors) -> None:
    with pytest.raises(NotEstimable, match=f"errors='{errors}' is not defined; use errors='sandwich' or 'model'"):
        covariance(CLUSTERS, errors)


@pytest.mark.parametrize("errors", ["model", "sandwich", "fay-graubard"])
def test_the_others_are_defined_there_too(errors: Errors) -> None:
    assert np.isfinite(covariance(CLUSTERS, errors)).all()
