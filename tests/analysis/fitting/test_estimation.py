"""From design and layout to what the likelihood and the tests start from."""

import numpy as np
import pandas as pd
import pytest

from app.analysis.design.design import build_design
from app.analysis.design.layout import Layout, visit_layout
from app.analysis.distributions import Array
from app.analysis.errors import NotEstimable
from app.analysis.fitting.estimation import inverse, prepare, residual_moments
from tests.analysis.trials import trial


def layout(subject: list[int], slot: list[int], group: list[int], slots: int = 2) -> Layout:
    count = max(group) + 1
    return Layout(
        subject=np.array(subject, np.intp),
        slot=np.array(slot, np.intp),
        group=np.array(group, np.intp),
        subjects=tuple(range(len(group))),
        slots=tuple(range(slots)),
        groups=tuple(range(count)),
        times=np.zeros((count, slots)),
    )


def test_orthogonal_columns_and_a_centred_outcome_say_the_same_as_x_and_y() -> None:
    frame = trial().dropna()
    design = build_design("y ~ base + arm*visit", frame, ["id"])
    prepared = prepare(design, visit_layout(design.frame, "id", "visit"))
    n = len(design.y)
    Q, residual = prepared.Z[:, :-1], prepared.Z[:, -1]
    np.testing.assert_allclose(Q.T @ Q, n * np.eye(Q.shape[1]), atol=1e-8)
    np.testing.assert_allclose(Q.T @ residual, 0, atol=1e-8)
    np.testing.assert_allclose(Q @ prepared.R, design.X, atol=1e-9)
    np.testing.assert_allclose(prepared.start, np.linalg.lstsq(design.X, design.y)[0])
    np.testing.assert_allclose(prepared.beta(np.zeros(Q.shape[1])), prepared.start)
    assert prepared.n_obs == n


@pytest.mark.parametrize(("noise", "accepted"), [(1e-13, False), (1e-6, True)])
def test_an_outcome_that_the_model_explains_up_to_rounding_leaves_nothing_to_estimate(
    noise: float, accepted: bool
) -> None:
    frame = trial(missing=0.0)
    frame["y"] = 3 * frame["base"] + noise * np.random.default_rng(1).normal(size=len(frame))
    design = build_design("y ~ base", frame, ["id", "visit"])
    own = visit_layout(design.frame, "id", "visit")
    if accepted:
        assert prepare(design, own).moments.shape == (1, 4, 4)
    else:
        with pytest.raises(NotEstimable, match="The model explains 'y' exactly; no residual variance is left"):
            prepare(design, own)


def test_moments_are_means_over_those_who_have_both_visits() -> None:
    own = layout([0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [0, 0, 0])
    residual = np.array([1.0, 2.0, 3.0, -1.0, 2.0])
    moments = residual_moments(residual, own)
    assert moments.tolist() == [[[(1 + 9 + 4) / 3, (2 - 3) / 2], [(2 - 3) / 2, (4 + 1) / 2]]]


def test_each_group_has_its_own_moments() -> None:
    own = layout([0, 0, 1, 1], [0, 1, 0, 1], [0, 1])
    moments = residual_moments(np.array([1.0, 2.0, 3.0, 4.0]), own)
    assert moments.tolist() == [[[1.0, 2.0], [2.0, 4.0]], [[9.0, 12.0], [12.0, 16.0]]]


def test_a_visit_without_variance_starts_at_the_overall_one() -> None:
    own = layout([0, 0, 1, 1], [0, 1, 0, 1], [0, 0])
    moments = residual_moments(np.array([0.0, 2.0, 0.0, -2.0]), own)
    assert np.diag(moments[0]).tolist() == [2.0, 4.0]


@pytest.mark.parametrize(("groups", "shape"), [(20, (20, 2, 2)), (21, (1, 2, 2))])
def test_many_groups_start_from_one_variance(groups: int, shape: tuple[int, int, int]) -> None:
    subject, slot = np.divmod(np.arange(2 * groups), 2)
    own = layout(subject.tolist(), slot.tolist(), list(range(groups)))
    moments = residual_moments(np.full(2 * groups, 3.0), own)
    assert moments.shape == shape
    if groups > 20:
        assert moments[0].tolist() == [[9.0, 0.0], [0.0, 9.0]]


@pytest.mark.parametrize(
    "information",
    [
        np.diag([1.0, 4.0]),
        np.array([[4.0, 1.0], [1.0, 9.0]]),
        np.array([[1e-12, 1e-6], [1e-6, 1e12]]),
    ],
)
def test_the_inverse_does_not_depend_on_the_units_of_the_parameters(information: Array) -> None:
    np.testing.assert_allclose(information @ inverse(information), np.eye(2), atol=1e-6)


def test_rows_without_subject_s_other_visits_are_kept() -> None:
    frame = pd.concat([trial(20).dropna(), trial(1, seed=9, missing=0.0).iloc[:1].assign(id="alone")])
    design = build_design("y ~ base", frame, ["id", "visit"])
    prepared = prepare(design, visit_layout(design.frame, "id", "visit"))
    assert prepared.n_obs == len(frame)
    assert prepared.data.count.sum() == 21
