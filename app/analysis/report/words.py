"""Numbers and sentences of the report, as a journal prints them."""

import math
from datetime import UTC, datetime

from app.analysis.report.fitted import Effect, Fitted
from app.analysis.trial.plan import Plan, inside

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
MINUS = "\N{MINUS SIGN}"


def number(value: float, decimals: int = 1) -> str:
    """1.25 as 1.2 or 1.3 as the machine rounds, with a true minus sign; never -0.0; a dash for what is not known."""
    if math.isnan(value):
        return "\N{EN DASH}"
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0 else f"{MINUS}\N{INFINITY}"
    text = f"{value:.{decimals}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", MINUS)


def signed(value: float) -> str:
    """5 as +5, −10 as it is."""
    return f"+{number(value, 0)}" if value > 0 else number(value, 0)


def interval(lower: float, upper: float, decimals: int = 1) -> str:
    """The limits of an interval: −3.4 to 1.6; a dash where neither is known."""
    if math.isnan(lower) and math.isnan(upper):
        return "\N{EN DASH}"
    return f"{number(lower, decimals)} to {number(upper, decimals)}"


def p_value(p: float) -> str:
    """p = 0.45, p = 0.012 or p < 0.001."""
    return f"p {p_number(p)}" if p < 0.001 else f"p = {p_number(p)}"


def p_number(p: float) -> str:
    """0.45, 0.012 or < 0.001."""
    if not math.isfinite(p):
        return "\N{EN DASH}"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def percent(level: float) -> str:
    """0.95 as 95 %, with a space at which no line breaks."""
    return f"{100 * level:g}\N{NO-BREAK SPACE}%"


def moment(instant: str) -> str:
    """2023-09-01T00:00:00Z as 1 September 2023, 00:00 UTC; anything else as it is."""
    try:
        at = datetime.strptime(instant, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return instant
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC"


def inside_percent(share: float) -> str:
    """0.124 as 12 %, with a space at which no line breaks."""
    return f"{number(100 * share, 0)}\N{NO-BREAK SPACE}%"


def effect_text(effect: Effect, plan: Plan) -> str:
    """−0.9 points (95 % CI −3.4 to 1.6; p = 0.46)."""
    limits = interval(effect.lower, effect.upper)
    return f"{number(effect.estimate)} {plan.difference_unit} ({percent(plan.level)} CI {limits}; {p_value(effect.p)})"


def verdict(effect: Effect, plan: Plan) -> str:
    """What the interval says about the direction."""
    if not effect.has_interval:
        return "no interval can be given"
    if effect.lower <= 0 <= effect.upper:
        return "the interval includes no difference"
    below = effect.upper < 0
    if (reference := plan.favourable_reference) is None:
        return f"the interval lies {'below' if below else 'above'} zero"
    active_better = below == (plan.outcome.better == "lower")
    return f"the difference favours {inside(plan.arms.active.name if active_better else reference.name)}"


def start(text: str) -> str:
    """The text as a sentence or a heading begins."""
    return text[0].upper() + text[1:]


def shown_contrast(name: str) -> str:
    """The name of a difference with a true minus sign."""
    return name.replace(" - ", f" {MINUS} ")


def first_difference(fitted: Fitted, plan: Plan) -> str:
    """What a sentence calls the first difference: where there are several, by its arms."""
    only_one = len(fitted.contrasts) == 1 and plan.first_is_plain
    return "difference" if only_one else shown_contrast(fitted.contrasts[0])


def primary_sentence(fitted: Fitted, plan: Plan) -> str:
    """What happened in each arm, and the first difference with its interval."""
    day, effect = plan.primary_day, fitted.effect(plan.primary_day)
    means = {change.arm: number(change.estimate) for change in fitted.each_change() if change.day == day}
    outcome, unit, at = plan.outcome.name, plan.outcome.unit, start(plan.at_primary)
    if plan.arms.reference is None:
        verb = "had changed by" if plan.has_baseline else "was"
        return f"{at}, {outcome} {verb} {effect_text(effect, plan)}."
    (first, *others), verb = [*plan.arms.names[1:], plan.arms.names[0]], "by " if plan.has_baseline else ""
    began = "had changed" if plan.has_baseline else "was"
    head = f"{at}, {outcome} {began} {verb}{means[first]} {unit} with {inside(first)}"
    parts = [f"{verb}{means[arm]} with {inside(arm)}" for arm in others]
    said = f"{', '.join([head, *parts[:-1]])} and {parts[-1]}"
    named = first_difference(fitted, plan)
    return f"{said}: {named} {effect_text(effect, plan)}; {verdict(effect, plan)}."


def truth_text(truth: float, effect: Effect, plan: Plan) -> str:
    """Whether the interval covers the difference from which synthetic data were drawn."""
    covers = "covers" if effect.lower <= truth <= effect.upper else "does not cover"
    return (
        f"These are synthetic data. The true difference, expected with complete data after rounding to items, is "
        f"{number(truth, 2)} {plan.outcome.unit}; the {percent(plan.level)} interval {covers} it."
    )


def axis_title(plan: Plan) -> str:
    """Change of ODI from baseline (points); ODI (points) where there is no baseline."""
    name = f"Change of {plan.outcome.name} from baseline" if plan.has_baseline else plan.outcome.name
    return f"{name} ({plan.outcome.unit})"
