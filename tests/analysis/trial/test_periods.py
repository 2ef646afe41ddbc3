"""The rows of a cross-over, where an export has a baseline for each period."""

from pathlib import Path

import pandas as pd
import pytest

from app.analysis.trial.periods import with_periods
from app.analysis.trial.snapshot import SnapshotError
from tests.analysis.crossings import TWO, design, read


def test_two_marked_baselines_are_told_with_what_the_plan_must_say(tmp_path: Path) -> None:
    """A protocol with a baseline for each period marks one in each; the plan then names their days."""
    plan = read(tmp_path, TWO, crossover=design(TWO, baselines=True)).crossover
    assert plan is not None
    rows = pd.DataFrame({"participant": ["01-001"], "day": [28], "arm": ["AB"]})
    scores = pd.DataFrame(
        {"participant": ["01-001", "01-001"], "day": [0, 42], "value": [40, 30], "baseline": [True, True]}
    )
    treatments = list(plan.sequences["AB"])
    with pytest.raises(SnapshotError, match=r"01-001; say of each period in the plan on which day its baseline is"):
        with_periods(rows, scores, "odi", plan, treatments)
