"""A change in the report is a change, whether the planned model is of the change or of the score itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.analysis.report.fitted import Fitted
from app.analysis.report.fitting import fit_analysis
from app.analysis.report.imputed import Imputer
from app.analysis.trial.allocation_file import read_allocation
from app.analysis.trial.dataset import Dataset, build_dataset
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot
from tests.analysis.exported import Exported


@pytest.fixture(scope="module")
def dataset(exported: Exported, snapshot: Snapshot, plan: Plan) -> Dataset:
    return build_dataset(snapshot, plan, read_allocation(exported.allocation, snapshot, plan))


def of_score(formula: str) -> str:
    return formula.replace("chg ~", "odi ~")


@pytest.mark.parametrize("name", ["mmrm", "ancova", "mar"])
def test_a_model_of_the_score_reports_the_same_changes_as_that_of_the_change(
    dataset: Dataset, plan: Plan, name: str
) -> None:
    analysis = next(analysis for analysis in plan.analyses if analysis.id == name)
    raw = replace(analysis, id="raw", formula=of_score(analysis.formula), analysis=of_score(analysis.analysis))
    if name == "mar":
        analysis, raw = (replace(planned, method="bootstrap", draws=2) for planned in (analysis, raw))
    fits = [fit_analysis(dataset, Imputer(plan), planned) for planned in (analysis, raw)]
    change, score = (fit for fit in fits if isinstance(fit, Fitted))
    names = ["estimate", "lower", "upper"] if name != "mar" else ["estimate"]
    np.testing.assert_allclose(score.changes[names], change.changes[names], atol=1e-6)
    pd.testing.assert_frame_equal(
        score.differences[["day", "estimate"]], change.differences[["day", "estimate"]], atol=1e-6
    )
    assert not any("taken as known" in note for note in change.notes)
    said = next(note for note in score.notes if "taken as known" in note)
    assert said.startswith("the model is of ODI itself, not of its change: changes are its means less the mean at")
