"""Non-inferiority, equivalence and superiority by a margin: what the interval of a difference says."""

from dataclasses import dataclass

from app.analysis.distributions import t_quantile, t_tail
from app.analysis.report.fitted import Effect
from app.analysis.report.words import number, p_value, percent
from app.analysis.trial.plan import Margin, Plan


@dataclass(frozen=True)
class Judged:
    """Whether the margin was kept, with the one-sided p value (of the worse side for equivalence)."""

    met: bool
    p: float
    words: str


def judged(effect: Effect, margin: Margin, plan: Plan) -> Judged:
    """Held against the margin at the one-sided level that belongs to the plan's two-sided intervals.

    Non-inferiority: not worse by the margin. Superiority: better by more than it. Equivalence: neither better nor worse
    by it, each side tested at the full level (Schuirmann 1987, J Pharmacokinet Biopharm 15:657). Worse is up where
    lower is better.
    """
    sign = 1 if plan.outcome.better == "lower" else -1
    worse = sign * effect.estimate
    if margin.kind == "equivalence":
        alpha = 1 - plan.level
        p = max(_below(worse, margin.points, effect), _below(-worse, margin.points, effect))
        reach = float(t_quantile(1 - alpha, effect.df)) * effect.se
        limits = f"{number(effect.estimate - reach)} to {number(effect.estimate + reach)}"
        said = f"equivalence within {number(margin.points)} {plan.difference_unit}"
        return _said(p <= alpha, p, said, f"the {percent(1 - 2 * alpha)} interval is {limits}")
    alpha = (1 - plan.level) / 2
    edge = margin.points if margin.kind == "non-inferiority" else -margin.points
    p = _below(worse, edge, effect)
    said = f"{margin.kind} by {number(margin.points)} {plan.difference_unit}"
    limit = effect.upper if sign == 1 else effect.lower
    return _said(p <= alpha, p, said, f"the limit towards worse is {number(limit)}")


def _below(worse: float, edge: float, effect: Effect) -> float:
    """One-sided p of the hypothesis that the difference towards worse is at least `edge`."""
    t = (worse - edge) / effect.se
    beyond = float(t_tail(t, effect.df)) / 2
    return beyond if t < 0 else 1 - beyond


def _said(met: bool, p: float, what: str, limits: str) -> Judged:
    shown = "was shown" if met else "was not shown"
    return Judged(met, p, f"{what[0].upper()}{what[1:]} {shown}: {limits}, one-sided {p_value(p)}.")
