"""Several hypotheses: Holm's step-down and a fixed order, worked by hand."""

import pytest

from app.analysis.errors import AnalysisError
from app.analysis.models.multiplicity import hierarchical, holm


def test_holm() -> None:
    table = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert table["p_adjusted"].tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert table["rejected"].tolist() == [True, False, False, True]


def test_hierarchical_stops_at_the_first_that_fails() -> None:
    table = hierarchical({"a": 0.01, "b": 0.2, "c": 0.001}, order=["a", "b", "c"])
    assert table["rejected"].tolist() == [True, False, False]
    assert table["p_adjusted"].tolist() == [0.01, 0.2, 0.2]
    with pytest.raises(AnalysisError, match="order must name"):
        hierarchical({"a": 0.01}, order=["b"])
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        holm({"a": 1.2})
