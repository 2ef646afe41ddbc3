"""Which covariances there are, and how much data each needs."""

import numpy as np
import pandas as pd
import pytest

from app.analysis.covariance.choice import COVARIANCE_NAMES, STRUCTURES, check_name, structure_for
from app.analysis.covariance.spatial import SpatialExponential
from app.analysis.covariance.structure import PerGroup
from app.analysis.covariance.unstructured import Unstructured
from app.analysis.design.layout import Layout, sequence_layout, timed_layout, visit_layout
from app.analysis.errors import AnalysisError, NotEstimable


def complete(subjects: int, visits: int) -> pd.DataFrame:
    i, t = np.divmod(np.arange(subjects * visits), visits)
    return pd.DataFrame({"id": i, "visit": t, "month": 3.0 * t})


def layout(subjects: int, visits: int) -> Layout:
    return visit_layout(complete(subjects, visits), "id", "visit")


PARAMETERS = [
    # name, parameters over one, two, four visits
    ("us", 1, 3, 10),
    ("toep", 1, 2, 4),
    ("toeph", 1, 3, 7),
    ("ar1", 1, 2, 2),
    ("ar1h", 1, 3, 5),
    ("cs", 1, 2, 2),
    ("csh", 1, 3, 5),
    ("ad", 1, 2, 4),
    ("adh", 1, 3, 7),
]


@pytest.mark.parametrize(("name", "single", "two", "four"), PARAMETERS)
def test_how_many_parameters_each_has(name: str, single: int, two: int, four: int) -> None:
    assert [STRUCTURES[name](visits).n_theta for visits in (1, 2, 4)] == [single, two, four]


def test_the_table_names_every_structure() -> None:
    assert [name for name, *_ in PARAMETERS] == list(STRUCTURES)
    assert (*STRUCTURES, "sp_exp") == COVARIANCE_NAMES


def is_taken(name: str) -> bool:
    try:
        check_name(name, "month")
    except AnalysisError:
        return False
    return True


@pytest.mark.parametrize(("name", "taken"), [*((name, True) for name in COVARIANCE_NAMES), ("US", False), ("", False)])
def test_a_name_that_exists_is_taken(name: str, taken: bool) -> None:
    assert is_taken(name) is taken


@pytest.mark.parametrize(
    ("name", "words"),
    [("un", "covariance='un' is unknown; there are us, toep"), ("sp_exp", "needs time=, the column with the time")],
)
def test_a_name_that_does_not_or_lacks_its_time_is_refused(name: str, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        check_name(name, None)


ENOUGH = [
    # covariance, subjects, visits, whether that is enough
    ("us", 4, 3, True),  # more subjects than visits
    ("us", 3, 3, False),
    ("us", 3, 2, True),
    ("us", 2, 1, False),  # fewer than three subjects are never enough
    ("us", 3, 1, True),
    ("cs", 3, 8, True),
    ("cs", 2, 8, False),
    ("toeph", 3, 8, True),  # 24 rows for 15 parameters
    ("adh", 3, 2, True),
    ("ar1", 3, 1, True),
]


@pytest.mark.parametrize(("name", "subjects", "visits", "enough"), ENOUGH)
def test_how_many_subjects_are_enough(name: str, subjects: int, visits: int, enough: bool) -> None:
    if enough:
        assert structure_for(name, layout(subjects, visits)).n_slots == visits
    else:
        with pytest.raises(NotEstimable, match=f"too few subjects: {subjects} subjects with {subjects * visits} rows"):
            structure_for(name, layout(subjects, visits))


@pytest.mark.parametrize(("rows", "enough"), [(3, False), (4, True)])
def test_more_rows_than_parameters_are_needed(rows: int, enough: bool) -> None:
    """csh over two visits has three parameters."""
    frame = complete(3, 2).iloc[[0, 2, 4, 5][:rows] if rows == 4 else [0, 3, 4]]
    own = visit_layout(frame, "id", "visit")
    if enough:
        structure_for("csh", own)
    else:
        with pytest.raises(NotEstimable, match="3 subjects with 3 rows for the 3 parameters of 'csh' over 2 visits"):
            structure_for("csh", own)


def test_a_pair_of_visits_that_nobody_has_cannot_have_a_covariance() -> None:
    frame = complete(12, 3)
    never_both = frame[frame["visit"] != np.where(frame["id"] < 6, 0, 2)]
    with pytest.raises(NotEstimable, match="no subject has both 0 and 2, so their covariance is not estimable"):
        structure_for("us", visit_layout(never_both, "id", "visit"))
    assert structure_for("cs", visit_layout(never_both, "id", "visit")).name == "cs"


def test_a_visit_that_nobody_has_is_named() -> None:
    frame = complete(12, 2)
    frame["visit"] = pd.Categorical(frame["visit"], [9, 0, 1])
    with pytest.raises(NotEstimable, match="no subject has 9, so their covariance is not estimable"):
        structure_for("us", visit_layout(frame, "id", "visit"))


def by_arm(sizes: tuple[int, int], visits: int) -> Layout:
    frame = complete(sum(sizes), visits)
    return visit_layout(frame, "id", "visit", np.asarray(frame["id"] >= sizes[0], np.intp), ["P", "A"])


def test_each_group_must_have_enough_of_its_own() -> None:
    structure = structure_for("us", by_arm((4, 4), 3))
    assert isinstance(structure, PerGroup)
    assert structure.n_theta == 2 * 6
    with pytest.raises(NotEstimable, match="too few subjects in group A: 3 subjects with 9 rows"):
        structure_for("us", by_arm((5, 3), 3))


def test_one_group_s_structure_stands_alone() -> None:
    assert isinstance(structure_for("us", layout(9, 3)), Unstructured)


def test_exponential_decay_takes_its_times_from_the_layout() -> None:
    timed = timed_layout(complete(5, 3), "id", "visit", "month")
    assert timed is not None
    structure = structure_for("sp_exp", timed)
    assert isinstance(structure, SpatialExponential)
    assert structure.distance[0].tolist() == [[0, 3, 6], [3, 0, 3], [6, 3, 0]]
    jittered = complete(5, 3).assign(month=lambda d: d["month"] + 0.01 * d["id"])
    assert structure_for("sp_exp", sequence_layout(jittered, "id", "month")).n_theta == 2
    with pytest.raises(NotEstimable, match="too few subjects: 2 subjects with 6 rows for the 2 parameters of 'sp_exp'"):
        structure_for("sp_exp", sequence_layout(complete(2, 3), "id", "month"))
