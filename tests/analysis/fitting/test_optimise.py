"""Newton's search on functions whose minima are known: steps, halvings, saddles, flats, several optima."""

from collections.abc import Callable

import numpy as np
import pytest

from app.analysis.distributions import Array
from app.analysis.fitting import optimise as module
from app.analysis.fitting.likelihood import Criterion, Derivatives, Point
from app.analysis.fitting.optimise import newton, newton_step, optimise, scaled_eigen

NO_P = np.zeros((0, 0, 0))


class Function(Criterion):
    """A criterion that is a function with its gradient and Hessian; impossible where `possible` says so."""

    def __init__(
        self,
        value: Callable[[Array], float],
        gradient: Callable[[Array], list[float]],
        hessian: Callable[[Array], list[list[float]]],
        possible: Callable[[Array], bool] = lambda theta: True,
    ) -> None:
        for name, given in (("value", value), ("gradient", gradient), ("hessian", hessian), ("possible", possible)):
            object.__setattr__(self, name, given)
        object.__setattr__(self, "asked", [])

    def at(self, theta: Array) -> Point | None:
        self.asked.append(theta.copy())  # type: ignore[attr-defined]
        if not self.possible(theta):  # type: ignore[attr-defined]
            return None
        nothing = np.zeros(0)
        return Point(theta, float(self.value(theta)), nothing, nothing, nothing)  # type: ignore[attr-defined]

    def derivatives(self, point: Point) -> Derivatives:
        theta = point.theta
        gradient, hessian = self.gradient(theta), self.hessian(theta)  # type: ignore[attr-defined]
        return Derivatives(np.array(gradient, float), np.array(hessian, float), NO_P)


def bowl() -> Function:
    """(x - 1)^2 + 10 (y + 2)^2 + 3: one step leads to its minimum."""
    return Function(
        lambda t: (t[0] - 1) ** 2 + 10 * (t[1] + 2) ** 2 + 3,
        lambda t: [2 * (t[0] - 1), 20 * (t[1] + 2)],
        lambda t: [[2, 0], [0, 20]],
    )


def saddle() -> Function:
    """x^2 - y^2, of which the search knows only the middle."""
    return Function(lambda t: t[0] ** 2 - t[1] ** 2, lambda t: [2 * t[0], -2 * t[1]], lambda t: [[2, 0], [0, -2]])


def valley() -> Function:
    """x^2: y does not matter."""
    return Function(lambda t: t[0] ** 2, lambda t: [2 * t[0], 0.0], lambda t: [[2, 0], [0, 0]])


def two_wells(deeper: float = 0.1) -> Function:
    """x^4 - 2 x^2 + deeper x: minima near -1 (the lower) and near 1."""
    return Function(
        lambda t: t[0] ** 4 - 2 * t[0] ** 2 + deeper * t[0],
        lambda t: [4 * t[0] ** 3 - 4 * t[0] + deeper],
        lambda t: [[12 * t[0] ** 2 - 4]],
    )


def slide() -> Function:
    """exp(-x): the lower the farther, without an end."""
    return Function(lambda t: np.exp(-t[0]), lambda t: [-np.exp(-t[0])], lambda t: [[np.exp(-t[0])]])


def test_a_quadratic_takes_one_step_and_one_more_for_the_last_digits() -> None:
    end = newton(bowl(), np.array([4.0, 2.0]))
    assert end is not None
    point, derivatives, steps, problem = end
    assert point.theta.tolist() == [1.0, -2.0]
    assert (point.value, steps, problem) == (3.0, 2, "")
    assert np.abs(derivatives.gradient).max() == 0


def test_where_less_is_enough_the_derivatives_are_those_before_the_last_step() -> None:
    function = bowl()
    end = newton(function, np.array([1.01, -2.0]), enough=1.0)
    assert end is not None
    point, derivatives, steps, problem = end
    assert point.theta.tolist() == pytest.approx([1.0, -2.0])
    assert derivatives.gradient.tolist() == pytest.approx([0.02, 0.0])
    assert (steps, problem) == (1, "")


def test_an_impossible_start_is_no_end() -> None:
    function = bowl()
    object.__setattr__(function, "possible", lambda theta: False)
    assert newton(function, np.zeros(2)) is None
    assert optimise(function, [np.zeros(2), np.ones(2)]) is None


@pytest.mark.parametrize(
    ("function", "start", "problem"),
    [
        (saddle(), [0.0, 0.0], "the search ended in a saddle point"),
        (valley(), [3.0, 1.0], "the likelihood is flat: some covariance parameters are not estimable"),
        (bowl(), [3.0, 1.0], ""),
    ],
)
def test_what_an_end_is(function: Function, start: list[float], problem: str) -> None:
    end = newton(function, np.array(start))
    assert end is not None
    assert end[3] == problem


@pytest.mark.parametrize(
    ("smallest", "problem"),
    [(-1e-3, "saddle"), (-2e-9, "saddle"), (-0.5e-9, "flat"), (0.5e-9, "flat"), (2e-9, ""), (1.0, "")],
)
def test_curvature_below_rounding_is_none(smallest: float, problem: str) -> None:
    """The Hessian is scaled to unit diagonal, so 1 - r is the smallest eigenvalue of a pair correlated by r."""
    r = 1 - smallest
    hessian = [[1.0, r], [r, 1.0]]
    still = Function(lambda t: 0.0, lambda t: [0.0, 0.0], lambda t: hessian)
    end = newton(still, np.zeros(2))
    assert end is not None
    assert problem in end[3]
    assert bool(problem) == bool(end[3])


def test_a_search_without_end_says_after_how_many_steps_it_gave_up() -> None:
    far = Function(lambda t: -t[0], lambda t: [-1.0], lambda t: [[1e-3]])
    end = newton(far, np.zeros(1))
    assert end is not None
    assert end[2:] == (50, "no optimum after 50 Newton steps")
    assert end[0].theta[0] == 50 * 5.0


@pytest.mark.parametrize(("halvings", "problem"), [(0, ""), (24, ""), (25, "the search found no better step")])
def test_a_step_is_tried_at_its_whole_length_and_halved_24_times(halvings: int, problem: str) -> None:
    """Only steps of 5 / 2^halvings and less lead down, and they end in a place that is as good as any."""
    width = 5 * 0.5**halvings
    cliff = Function(
        lambda t: -t[0] if t[0] <= width else 1.0,
        lambda t: [-1.0] if t[0] == 0 else [0.0],
        lambda t: [[1e-3]],
    )
    end = newton(cliff, np.zeros(1))
    assert end is not None
    assert end[3] == problem
    assert end[0].theta[0] == (0.0 if problem else width)


def test_a_search_that_finds_nothing_better_says_so() -> None:
    lying = Function(lambda t: abs(t[0]), lambda t: [-1.0], lambda t: [[1.0]])
    end = newton(lying, np.zeros(1))
    assert end is not None
    assert end[2:] == (1, "the search found no better step")


def test_a_step_is_halved_until_it_is_possible_and_better() -> None:
    """From 0.6 Newton's step on log-like ground overshoots into the impossible."""
    function = Function(
        lambda t: t[0] - np.log(t[0]),
        lambda t: [1 - 1 / t[0]],
        lambda t: [[1 / t[0] ** 2]],
        lambda theta: bool(theta[0] > 0),
    )
    end = newton(function, np.array([3.0]))
    assert end is not None
    assert end[0].theta[0] == pytest.approx(1.0, abs=1e-9)
    assert min(theta[0] for theta in function.asked) == pytest.approx(3 - 6.0 * 5 / 6)  # type: ignore[attr-defined]
    assert end[3] == ""


def test_a_search_that_cannot_take_its_last_step_ends_where_it_is() -> None:
    """What the last step would add is below rounding anyway."""
    edge = Function(lambda t: 0.0, lambda t: [1e-6], lambda t: [[1.0]], lambda theta: bool(theta[0] == 0))
    end = newton(edge, np.zeros(1))
    assert end is not None
    assert end[0].theta[0] == 0
    assert end[2:] == (1, "")


@pytest.mark.parametrize(
    ("value", "fall", "taken"),
    [
        (0.0, 1.01e-4, True),
        (0.0, 0.99e-4, False),
        (0.0, -1.0, False),
        (1e6, 0.96e-4, True),  # where the value itself is rounded, 1e-11 of it may be missing
        (1e6, 0.80e-4, False),
    ],
)
def test_a_step_must_fall_by_a_ten_thousandth_of_what_its_slope_promises(
    value: float, fall: float, taken: bool
) -> None:
    """Armijo's rule, for a step of length one on a slope of one."""
    step = Function(
        lambda t: {0.0: value, 1.0: value - fall}.get(float(t[0]), value + 1.0),
        lambda t: [-1.0] if t[0] == 0 else [0.0],
        lambda t: [[1.0]],
    )
    end = newton(step, np.zeros(1))
    assert end is not None
    assert end[0].theta[0] == float(taken)
    assert end[3] == ("" if taken else "the search found no better step")


def test_no_step_is_longer_than_the_longest() -> None:
    gentle = Derivatives(np.array([1.0, 2.0]), np.diag([1e-3, 1e-3]), NO_P)
    step, decrement = newton_step(gentle)
    assert np.abs(step).max() == pytest.approx(5.0)
    assert step[0] / step[1] == pytest.approx(0.5)
    assert decrement == pytest.approx(1000 * (1 + 4))


@pytest.mark.parametrize(
    ("gradient", "hessian", "step", "decrement"),
    [
        ([2.0, 0.0], [[2.0, 0.0], [0.0, 1.0]], [-1.0, 0.0], 2.0),
        ([2.0, 0.0], [[-2.0, 0.0], [0.0, 1.0]], [-1.0, 0.0], 2.0),  # downhill also where it curves down
        ([0.0, 3.0], [[2.0, 0.0], [0.0, -6.0]], [0.0, -0.5], 1.5),
        ([1.0, 1.0], [[2.0, 1.0], [1.0, 2.0]], [-1 / 3, -1 / 3], 2 / 3),
    ],
)
def test_newton_s_step_goes_down(
    gradient: list[float], hessian: list[list[float]], step: list[float], decrement: float
) -> None:
    taken, squared = newton_step(Derivatives(np.array(gradient), np.array(hessian), NO_P))
    assert taken.tolist() == pytest.approx(step)
    assert squared == pytest.approx(decrement)


def test_the_scale_of_the_parameters_does_not_matter_to_the_eigenvalues() -> None:
    hessian = np.array([[4.0, 1.0], [1.0, 9.0]])
    units = np.diag([1e-5, 1e5])
    values, _, scale = scaled_eigen(hessian)
    assert values.tolist() == pytest.approx([1 - 1 / 6, 1 + 1 / 6])
    assert scale.tolist() == pytest.approx([1 / 2, 1 / 3])
    assert scaled_eigen(units @ hessian @ units)[0].tolist() == pytest.approx(values.tolist())


def test_a_zero_on_the_diagonal_is_not_divided_by() -> None:
    values, _, scale = scaled_eigen(np.diag([4.0, 0.0]))
    assert scale.tolist() == [0.5, 1.0]
    assert values.tolist() == [0.0, 1.0]


def test_the_lowest_of_several_optima_is_taken_and_all_are_named() -> None:
    optimum = optimise(two_wells(), [np.array([2.0]), np.array([-2.0]), np.array([1.5])])
    assert optimum is not None
    assert optimum.start == 1
    assert optimum.point.theta[0] == pytest.approx(-1.0, abs=0.02)
    assert len(optimum.optima) == 2
    assert optimum.optima[0] == pytest.approx(-optimum.point.value / 2)
    assert optimum.optima[0] > optimum.optima[1]
    assert optimum.problem == ""
    np.testing.assert_allclose(optimum.information, optimum.derivatives.hessian / 2)


@pytest.mark.parametrize(("apart", "optima"), [(0.5, 1), (2.0, 2)])
def test_optima_that_differ_by_rounding_are_one(apart: float, optima: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wells' depths differ by about 2 x `deeper`; half of that is the difference of log likelihoods."""
    monkeypatch.setattr(module, "SAME_OPTIMUM", 0.01)
    optimum = optimise(two_wells(deeper=apart * 0.01), [np.array([-1.2]), np.array([1.2])])
    assert optimum is not None
    assert len(optimum.optima) == optima


def test_a_proper_optimum_is_preferred_to_a_lower_end_that_is_none() -> None:
    """Left of zero the ground is a saddle at -5, lower than the bowl's bottom at 3."""
    bottomless = Function(
        lambda t: -5.0 if t[0] < 0 else (t[0] - 1) ** 2 + 3,
        lambda t: [0.0] if t[0] < 0 else [2 * (t[0] - 1)],
        lambda t: [[-1.0]] if t[0] < 0 else [[2.0]],
    )
    optimum = optimise(bottomless, [np.array([-1.0]), np.array([2.0])])
    assert optimum is not None
    assert (optimum.start, optimum.point.value, optimum.problem) == (1, 3.0, "")
    alone = optimise(bottomless, [np.array([-1.0])])
    assert alone is not None
    assert alone.problem == "the search ended in a saddle point"


def test_a_likelihood_that_rises_without_end_is_flat_in_the_end() -> None:
    end = newton(slide(), np.zeros(1))
    assert end is not None
    assert end[0].theta[0] > 15
