"""Numbers and sentences as a journal prints them."""

from dataclasses import replace

import pytest

from app.analysis.report.fitted import Effect
from app.analysis.report.words import (
    effect_text,
    interval,
    moment,
    number,
    p_number,
    p_value,
    percent,
    truth_text,
    verdict,
)
from app.analysis.trial.plan import Plan, PlannedArm


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.24, 1, "1.2"),
        (-7.04, 1, "−7.0"),
        (-0.04, 1, "0.0"),
        (0.0, 2, "0.00"),
        (float("nan"), 1, "–"),
        (float("inf"), 1, "∞"),
        (float("-inf"), 1, "−∞"),
        (-12.346, 2, "−12.35"),
    ],
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.4512, "p = 0.45"), (0.0994, "p = 0.099"), (0.0996, "p = 0.10"), (0.012, "p = 0.012"), (0.0004, "p < 0.001")],
)
def test_p_values_have_two_digits_or_three(p: float, text: str) -> None:
    assert p_value(p) == text
    assert p_number(p) == text.removeprefix("p = ").removeprefix("p ")


def test_an_unknown_p_is_a_dash() -> None:
    assert p_number(float("nan")) == "–"


def test_levels_and_intervals() -> None:
    assert percent(0.95) == "95\N{NO-BREAK SPACE}%"
    assert percent(0.995) == "99.5\N{NO-BREAK SPACE}%"
    assert interval(-3.42, 1.55) == "−3.4 to 1.6"


EFFECT = Effect(estimate=-1.6, se=1.8, df=662.4, lower=-5.1, upper=1.9, p=0.376)


def test_the_effect_is_one_phrase(plan: Plan) -> None:
    assert effect_text(EFFECT, plan) == "−1.6 points (95\N{NO-BREAK SPACE}% CI −5.1 to 1.9; p = 0.38)"


@pytest.mark.parametrize(
    ("lower", "upper", "better", "text"),
    [
        (-5.1, 1.9, "lower", "the interval includes no difference"),
        (-5.1, -0.1, "lower", "the difference favours infliximab"),
        (0.1, 3.0, "lower", "the difference favours placebo"),
        (0.1, 3.0, "higher", "the difference favours infliximab"),
        (-3.0, -0.1, "higher", "the difference favours placebo"),
    ],
)
def test_the_verdict_follows_the_interval_and_the_direction(
    plan: Plan, lower: float, upper: float, better: str, text: str
) -> None:
    turned = replace(plan, outcome=replace(plan.outcome, better=better))  # type: ignore[arg-type]
    assert verdict(replace(EFFECT, lower=lower, upper=upper), turned) == text


@pytest.mark.parametrize(("truth", "says"), [(-0.6, "interval covers it"), (2.0, "interval does not cover it")])
def test_the_truth_says_whether_it_is_covered(plan: Plan, truth: float, says: str) -> None:
    assert says in truth_text(truth, EFFECT, plan)


def test_the_direction_stands_in_the_plans_own_words(plan: Plan) -> None:
    expected = "Difference = infliximab minus placebo in change of ODI; negative favours infliximab."
    assert plan.direction == expected
    coded = replace(
        plan,
        arms=replace(plan.arms, active=PlannedArm("x", "X"), reference=PlannedArm("y", "Y")),
    )
    assert coded.direction == "Difference = X minus Y in change of ODI; negative favours X."


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        ("2023-09-01T00:00:00Z", "1 September 2023, 00:00 UTC"),
        ("2020-02-29T23:59:59Z", "29 February 2020, 23:59 UTC"),
        ("", ""),
    ],
)
def test_moments_are_said_as_people_say_them(instant: str, text: str) -> None:
    assert moment(instant) == text
