"""Sentences of a primary outcome of yes or no, of counts or of levels."""

import math

from app.analysis.report.fitted import Effect, Fitted
from app.analysis.report.generalised import decides
from app.analysis.report.ratios import MEASURE_WORDS
from app.analysis.report.words import (
    effect_text,
    first_difference,
    interval,
    number,
    p_value,
    percent,
    start,
    verdict,
)
from app.analysis.trial.plan import Plan, PlannedAnalysis, inside
from app.analysis.trial.planned import RISKS

MISSING_WORDS = {
    "non-responder": "who has no value counts as a no",
    "observed": "who has no value is left out",
    "worst-case": "who has no value counts as a no in the first arm and as a yes in the others",
}


def generalised_sentence(fitted: Fitted, plan: Plan) -> str:
    """What was seen in each arm, the first difference, and the ratio where the test is of one."""
    values = {own.arm: number(own.estimate) for own in fitted.each_change() if own.day == plan.primary_day}
    first, *others = [*plan.arms.names[1:], plan.arms.names[0]]
    unit = "\N{NO-BREAK SPACE}%" if fitted.analysis.model in RISKS else f" {plan.outcome.unit}"
    was = "was seen in" if fitted.analysis.model in RISKS else "was"
    parts = [f"{values[arm]}{unit} with {inside(arm)}" for arm in (first, *others)]
    head = f"{start(plan.at_primary)}, {plan.outcome.title} {was} {', '.join(parts[:-1])} and {parts[-1]}"
    named = first_difference(fitted, plan)
    effect, measure = fitted.effect(plan.primary_day), decides(fitted.analysis)
    if measure == "difference":
        return f"{head}: {named} {effect_text(effect, plan)}; {verdict(effect, plan)}."
    limits = f"{percent(plan.level)} CI {interval(effect.lower, effect.upper)}"
    difference = f"{named} {number(effect.estimate)} {plan.difference_unit} ({limits})"
    ratio = fitted.deciding(plan.primary_day)
    shown = f"{number(ratio.estimate, 2)} ({percent(plan.level)} CI {interval(ratio.lower, ratio.upper, 2)}"
    words = f"{MEASURE_WORDS[measure, fitted.analysis.model]} {shown}; {p_value(ratio.p)})"
    return f"{head}: {difference}; {words}; {verdict(on_log_scale(ratio), plan)}."


def on_log_scale(ratio: Effect) -> Effect:
    """The ratio's logarithm, which is zero where there is no difference; not a number stays so."""
    logs = (_log(value) for value in (ratio.estimate, ratio.lower, ratio.upper))
    estimate, lower, upper = logs
    return Effect(estimate, ratio.se, ratio.df, lower, upper, ratio.p)


def _log(value: float) -> float:
    if math.isnan(value) or value < 0:
        return math.nan
    return -math.inf if value == 0 else math.log(value)


def response_words(plan: Plan) -> str:
    """What counts as a yes, and how who has no value counts; empty for what is no yes or no."""
    response = plan.response
    if response is None:
        return ""
    if response.points is not None or response.percent is not None:
        of_baseline = f"{response.percent or 0:g} % of the baseline"
        size = of_baseline if response.points is None else f"{response.points:g} points"
        yes = f"a change to the better of at least {size}"
    elif response.at_least is not None:
        yes = f"a value of at least {response.at_least:g}"
    else:
        yes = f"a value of at most {response.at_most:g}"
    return f"A yes is {yes}; {MISSING_WORDS[response.missing]}. "


def missing_words(analysis: PlannedAnalysis) -> str:
    """The analysis's own rule for missing values; empty where it has none."""
    return f" In this analysis {MISSING_WORDS[analysis.missing]}." if analysis.missing is not None else ""
