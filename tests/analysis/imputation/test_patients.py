"""Patients by visits: who is there, what is missing, the event and its strategy, and the columns in either arm."""

import re

import numpy as np
import pandas as pd
import pytest

from app.analysis import MMRM
from app.analysis.errors import AnalysisError, DataError
from app.analysis.imputation.patients import Patients, arm_factor, check_strategy, events, lay_out
from app.analysis.imputation.strategies import STRATEGIES
from tests.analysis.trials import FORMULA, trial

SUBJECTS = ("a", "b", "c")


def model(frame: pd.DataFrame | None = None) -> MMRM:
    return MMRM(FORMULA, trial() if frame is None else frame, subject="id", visit="visit")


def laid_out(frame: pd.DataFrame | None = None, ice: pd.DataFrame | None = None) -> Patients:
    return lay_out(model(frame), ice, "J2R", "P")


def test_everybody_stands_at_every_visit_sorted_by_name() -> None:
    frame = trial().sample(frac=1, random_state=1)
    patients = laid_out(frame)
    assert list(patients.subjects) == sorted(frame["id"].unique())
    assert patients.y.shape == (60, 4)
    assert len(patients.frame) == 240
    wide = frame.pivot(index="id", columns="visit", values="y").sort_index()
    np.testing.assert_array_equal(patients.y, wide.to_numpy())
    np.testing.assert_array_equal(patients.missing, wide.isna().to_numpy())


def test_the_columns_of_the_reference_arm_are_those_with_the_arm_exchanged() -> None:
    patients = laid_out()
    reference = patients.arm == patients.reference
    np.testing.assert_array_equal(patients.own[reference], patients.other[reference])
    names = model().design.names
    of_arm = [i for i, name in enumerate(names) if "arm[T.A]" in name]
    assert np.abs(patients.own[~reference][..., of_arm]).max() == 1
    assert np.abs(patients.other[..., of_arm]).max() == 0
    rest = [i for i in range(len(names)) if i not in of_arm]
    np.testing.assert_array_equal(patients.own[..., rest], patients.other[..., rest])


def test_a_patient_without_a_covariate_is_left_out_and_named() -> None:
    frame = trial().assign(base=lambda d: d["base"].where(d["id"] != "0003"))
    patients = laid_out(frame)
    assert "0003" not in patients.subjects
    assert patients.messages == ("1 subjects without arm, site, base left out: 0003",)


@pytest.mark.parametrize(("reference", "arm"), [("P", "arm"), ("A", "arm"), ("s2", "site"), ("v1", "visit")])
def test_the_arm_is_the_factor_that_has_the_reference(reference: str, arm: str) -> None:
    assert arm_factor(model().design, reference) == arm


def test_a_reference_that_no_factor_or_more_than_one_has_is_refused() -> None:
    with pytest.raises(AnalysisError, match=r"reference='Water' must be a level of one factor .* no factor has it"):
        arm_factor(model().design, "Water")
    both = trial().assign(site=lambda d: d["site"].cat.rename_categories({"s1": "P"}))
    with pytest.raises(AnalysisError, match="arm, site all have it"):
        arm_factor(model(both).design, "P")


EVENTS = [
    # the frame of events, first affected slots, strategies
    (None, [4, 4, 4], ["J2R"] * 3),
    (pd.DataFrame({"id": ["b"], "visit": ["v1"]}), [4, 0, 4], ["J2R"] * 3),
    (pd.DataFrame({"id": ["c", "a"], "visit": ["v4", "v2"]}), [1, 4, 3], ["J2R"] * 3),
    (pd.DataFrame({"id": ["a", "b"], "visit": ["v2", None]}), [1, 4, 4], ["J2R"] * 3),
    (pd.DataFrame({"id": ["a"], "visit": ["v2"], "strategy": ["MAR"]}), [1, 4, 4], ["MAR", "J2R", "J2R"]),
    (pd.DataFrame({"id": ["a"], "stopped": ["v3"]}), [2, 4, 4], ["J2R"] * 3),
    (pd.DataFrame({"id": ["a"], "stopped": ["v3"], "note": ["ill"]}), [2, 4, 4], ["J2R"] * 3),
]


@pytest.mark.parametrize(("ice", "slots", "strategies"), EVENTS)
def test_the_first_visit_affected_and_the_strategy_of_each(
    ice: pd.DataFrame | None, slots: list[int], strategies: list[str]
) -> None:
    event, strategy = events(ice, model(), SUBJECTS, "J2R")
    assert event.tolist() == slots
    assert list(strategy) == strategies


@pytest.mark.parametrize(
    ("ice", "words"),
    [
        (pd.DataFrame({"patient": ["a"], "visit": ["v1"]}), "ice must have the column 'id'; it has patient, visit"),
        (pd.DataFrame({"id": ["z"], "visit": ["v1"]}), "Subject z of ice is not among the patients of the model"),
        (pd.DataFrame({"id": ["a", "a"], "visit": ["v1", "v2"]}), "ice names subject a twice"),
        (pd.DataFrame({"id": ["a"], "visit": ["v9"]}), "ice has visit v9, which the model has not"),
        (pd.DataFrame({"id": ["a"]}), "Which column of ice is the first visit affected? Name it 'visit'"),
        (
            pd.DataFrame({"id": ["a"], "one": ["v1"], "two": ["v2"]}),
            "Which column of ice is the first visit affected? Name it 'visit'",
        ),
        (pd.DataFrame({"id": ["a"], "visit": ["v1"], "strategy": ["J3R"]}), "strategy='J3R' is unknown"),
    ],
)
def test_events_that_do_not_fit_are_refused(ice: pd.DataFrame, words: str) -> None:
    with pytest.raises((AnalysisError, DataError), match=re.escape(words)):
        events(ice, model(), SUBJECTS, "J2R")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_strategy_that_exists_is_taken(strategy: str) -> None:
    assert check_strategy(strategy) == strategy


@pytest.mark.parametrize("strategy", ["", "mar", "J3R", None, 2])
def test_a_strategy_that_does_not_is_refused(strategy: object) -> None:
    with pytest.raises(AnalysisError, match="is unknown; use one of MAR, CR, J2R, CIR, LMCF"):
        check_strategy(strategy)
