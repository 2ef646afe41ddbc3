"""The power of a plan by simulation: its own model, its visits, its arms, and the missing data that one expects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.design.layout import Bools
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.models.fit_many import fit_many
from app.analysis.models.mmrm import MMRM
from app.analysis.trial.plan import Plan
from app.analysis.trial.responders import wilson

SHARED = 50
"""Simulated trials that share one pattern of missing values and one set of baselines, to be fitted at once."""


@dataclass(frozen=True)
class Assumptions:
    """What one expects: participants, means by day (0 is the baseline), spread, correlation, and who is lost.

    `lost` is the share of an arm that has left by each day, and never comes back; a day that is not named has the share
    of the one before. `correlation` is that between any two visits, or a matrix over baseline and the plan's days.
    """

    participants: Mapping[str, int]
    means: Mapping[str, Mapping[int, float]]
    sd: float
    correlation: float | Array
    lost: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True)
class Power:
    """The share of simulated trials that reject, with Wilson's interval; mean estimate and mean standard error."""

    power: float
    lower: float
    upper: float
    simulations: int
    failed: int
    estimate: float
    se: float


def power(plan: Plan, assumptions: Assumptions, simulations: int = 1000, seed: int | None = None) -> Power:
    """The power of the first contrast of the primary analysis, two-sided at the plan's level.

    An lmm is simulated as MMRM with compound symmetry, which is the same likelihood; both by Satterthwaite. Trials
    without an optimum count as not rejecting. Raises AnalysisError for a plan or assumptions that do not fit.
    """
    check(plan, assumptions)
    rng = np.random.default_rng(plan.seed if seed is None else seed)
    tables = [_simulated(plan, assumptions, rng, SHARED) for _ in range(-(-simulations // SHARED))]
    table = pd.concat(tables).head(simulations)
    rejected = int((table["p"] < 1 - plan.level).sum())
    lower, upper = wilson(rejected, len(table), float(special.ndtri(0.975)))
    failed = int((~table["converged"]).sum())
    estimate, se = float(table["estimate"].mean()), float(table["se"].mean())
    return Power(rejected / len(table), lower, upper, len(table), failed, estimate, se)


def sample_size(plan: Plan, assumptions: Assumptions, wanted: float = 0.9, simulations: int = 1000) -> Assumptions:
    """The assumptions with as many participants as give the power wanted, by the standard error of a simulation.

    The allocation ratio stays; ask `power` of the result to see that it holds.
    """
    if not 0 < wanted < 1:
        raise AnalysisError(f"wanted={wanted!r} must lie between 0 and 1, as 0.9 does.")
    check(plan, assumptions)
    weights = next(iter(plan.contrast_weights.values()))
    change = {arm: own[plan.primary_day] - own[0] for arm, own in assumptions.means.items()}
    effect = sum(weight * change[arm] for arm, weight in weights.items())
    if abs(effect) < 1e-12:
        raise AnalysisError("Without a difference no number of participants is enough.")
    pilot = power(plan, assumptions, simulations)
    needed = float(special.ndtri(1 - (1 - plan.level) / 2) + special.ndtri(wanted))
    factor = (needed * pilot.se / effect) ** 2
    more = {arm: int(np.ceil(count * factor)) for arm, count in assumptions.participants.items()}
    return replace(assumptions, participants=more)


def conditional_power(
    estimate: float, se: float, final_se: float, level: float = 0.95, drift: float | None = None
) -> float:
    """The chance that the end of the trial rejects in the direction of `drift`, given what is seen now.

    `se` is that of the estimate now, `final_se` that expected at the end; `drift` is the difference assumed from now on
    (what is seen, if not said). For the independent statistician only: it tells the result. Lan and Wittes 1988,
    Biometrics 44:579.
    """
    if not 0 < final_se < se:
        raise AnalysisError("The standard error at the end must be positive and smaller than that of now.")
    expected = estimate if drift is None else drift
    share = (final_se / se) ** 2
    critical = float(special.ndtri(1 - (1 - level) / 2))
    direction = 1.0 if expected >= 0 else -1.0
    so_far = direction * estimate / se * np.sqrt(share)
    to_come = direction * expected / final_se * (1 - share)
    return float(special.ndtr((so_far + to_come - critical) / np.sqrt(1 - share)))


def check(plan: Plan, assumptions: Assumptions) -> None:
    """Refuse what cannot be simulated, with what to give instead."""
    if plan.primary.model not in ("lmm", "mmrm") or not plan.contrast_weights or not plan.has_baseline:
        raise AnalysisError("Power is simulated for a primary lmm or mmrm of several arms with a baseline.")
    if plan.covariates or "site" in plan.strata:
        raise AnalysisError("Power is simulated without covariates and strata; take them out of the plan's formula.")
    for name, given in (("participants", assumptions.participants), ("means", assumptions.means)):
        if set(given) != set(plan.arms.names):
            raise AnalysisError(f"{name} must name each arm of the plan: {', '.join(plan.arms.names)}.")
    for arm, means in assumptions.means.items():
        if absent := [day for day in (0, *plan.days) if day not in means]:
            raise AnalysisError(f"means of {arm} lack day {absent[0]}; give one for day 0 and each day of the plan.")
    if assumptions.sd <= 0 or np.linalg.eigvalsh(correlations(plan, assumptions))[0] <= 0:
        raise AnalysisError("sd must be positive, and the correlation one that visits can have.")


def correlations(plan: Plan, assumptions: Assumptions) -> Array:
    """(visits, visits) over baseline and the plan's days."""
    size = 1 + len(plan.days)
    given = np.asarray(assumptions.correlation, float)
    R = np.full((size, size), float(given)) if given.ndim == 0 else given
    if R.shape != (size, size):
        raise AnalysisError(f"correlation must be one number or a matrix of {size} by {size}: baseline and each day.")
    R = R.copy()
    np.fill_diagonal(R, 1.0)
    return R


def _simulated(plan: Plan, assumptions: Assumptions, rng: np.random.Generator, draws: int) -> pd.DataFrame:
    """The contrast in each of the simulated trials, which share baselines and who is lost."""
    arms = [arm for arm in plan.arms.names for _ in range(assumptions.participants[arm])]
    days = (0, *plan.days)
    mean = np.array([[assumptions.means[arm][day] for day in days] for arm in arms])
    S = assumptions.sd**2 * correlations(plan, assumptions)
    base = rng.normal(0, assumptions.sd, len(arms))
    rest = np.linalg.cholesky(S[1:, 1:] - np.outer(S[1:, 0], S[0, 1:]) / S[0, 0])
    noise = rng.standard_normal((draws, len(arms), len(plan.days))) @ rest.T + np.outer(base, S[1:, 0] / S[0, 0])
    whole = np.concatenate([np.broadcast_to(base[:, None], (draws, len(arms), 1)), noise], axis=2) + mean
    there = _there(plan, assumptions, arms, rng)
    model, keep, of_change = _model(plan, whole[0], there, arms)
    Y = (whole - whole[:, :, :1] if of_change else whole)[:, keep]
    return fit_many(model, Y, _row(model, plan), level=plan.level)


def _there(plan: Plan, assumptions: Assumptions, arms: list[str], rng: np.random.Generator) -> Bools:
    """(participants, visits): who is still there; everybody at baseline."""
    leaves = rng.random(len(arms))
    out = np.ones((len(arms), 1 + len(plan.days)), bool)
    for i, arm in enumerate(arms):
        share = 0.0
        for place, day in enumerate(plan.days, 1):
            share = max(share, assumptions.lost.get(arm, {}).get(day, share))
            out[i, place] = leaves[i] >= share
    return out


def _model(plan: Plan, values: Array, there: Bools, arms: list[str]) -> tuple[MMRM, Bools, bool]:
    """The plan's model of the first trial, which of (participants, visits) are its rows, whether it is of change."""
    planned, score = plan.primary, plan.outcome.score
    visits = list(plan.visits.values())
    longitudinal = planned.model == "lmm"
    keep = there.copy()
    keep[:, 0] &= longitudinal
    who, slot = np.nonzero(keep)
    frame = pd.DataFrame({"participant": who, "arm": pd.Categorical([arms[i] for i in who], list(plan.arms.names))})
    frame["visit"] = pd.Categorical([visits[j] for j in slot], visits if longitudinal else visits[1:])
    frame[score] = values[who, slot]
    frame[f"{score}_base"] = values[who, 0]
    frame["chg"] = frame[score] - frame[f"{score}_base"]
    formula = planned.formula.replace("site + ", "").replace(" + site", "")
    covariance = "cs" if longitudinal else planned.covariance
    model = MMRM(formula, frame, subject="participant", visit="visit", covariance=covariance)
    return model, keep, not longitudinal and model.design.outcome != score


def _row(model: MMRM, plan: Plan) -> Array:
    """The plan's first contrast at the primary day, from baseline where the model has it."""
    from app.analysis.results.marginal import marginal_means

    means = marginal_means(model.design, ["visit", "arm"])
    of = dict(zip(means.levels, means.L, strict=True))
    weights, day = next(iter(plan.contrast_weights.values())), plan.visits[plan.primary_day]
    row = np.sum([weight * of[day, arm] for arm, weight in weights.items()], axis=0)
    if ("baseline", plan.arms.active.name) in of:
        row = row - np.sum([weight * of["baseline", arm] for arm, weight in weights.items()], axis=0)
    return np.asarray(model.design.estimable.reduced(row[None])[0])
