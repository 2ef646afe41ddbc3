"""`impute`: from a model and a strategy to imputed data sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from app.analysis.design.layout import Ints
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, NotConverged, listed
from app.analysis.imputation.analysing import Analyse, Analysed, AtVisit, Filled, Names, analyse
from app.analysis.imputation.conditional import Parameters, impute_values
from app.analysis.imputation.delta import Delta, shifts
from app.analysis.imputation.patients import Patients, arm_factor, check_strategy, lay_out
from app.analysis.imputation.refits import Refitter
from app.analysis.models.mixed_model import search
from app.analysis.models.mmrm import MMRM
from app.analysis.threads import one_thread

Method = Literal["condmean-jackknife", "bootstrap", "approx-bayes"]


@dataclass(frozen=True)
class Draw:
    """Parameters of one refit, and the patients it stands for."""

    parameters: Parameters
    weights: Array
    seed: int | None = None

    @property
    def times(self) -> Ints:
        """How often each patient counts: (patients,) whole numbers."""
        return np.round(self.weights).astype(np.intp)


@dataclass(frozen=True)
class Imputation:
    """Imputed data sets, made when asked for: one from the full data, and one per refit.

    condmean-jackknife, bootstrap: conditional means; approx-bayes: random draws on the full set of patients.
    """

    method: Method
    patients: Patients = field(repr=False)
    outcome: str
    subject: str
    visit: str
    arm: str
    full: Draw = field(repr=False)
    draws: tuple[Draw, ...] = field(repr=False)
    shift: Array = field(repr=False)
    failures: int
    seed: int
    strategy: str
    reference: Any

    @property
    def messages(self) -> tuple[str, ...]:
        """Patients left out, and resamples that had no optimum."""
        failed = (f"{self.failures} resamples without an optimum were replaced",) if self.failures else ()
        return (*self.patients.messages, *failed)

    @cached_property
    def by_visit(self) -> list[AtVisit]:
        """Each visit with the patients' rows at it."""
        n_visits = self.patients.y.shape[1]
        frames = [self.patients.frame.iloc[slot::n_visits].reset_index(drop=True) for slot in range(n_visits)]
        return [AtVisit(frame[self.visit].iloc[0], frame) for frame in frames]

    def values(self, draw: Draw) -> Array:
        """Outcomes (patients, visits) with the missing ones imputed under this draw."""
        generator = None if draw.seed is None else np.random.default_rng(draw.seed)
        y = impute_values(self.patients, draw.parameters, generator)
        return y + np.where(self.patients.missing, self.shift, 0.0)

    def filled(self, draw: Draw) -> Filled:
        """The imputed data set of one draw."""
        return Filled(self.values(draw), draw.times)

    def conditional_means(self, draws: Sequence[Draw]) -> Array:
        """Outcomes (draws, patients, visits) of many draws at once, the missing ones at their conditional means."""
        y = impute_values(self.patients, Parameters.together([draw.parameters for draw in draws]), None)
        return y + np.where(self.patients.missing, self.shift, 0.0)

    def completed(self, draw: Draw | None = None) -> pd.DataFrame:
        """The data with conditional means of the full fit (or the values of `draw`), and the column `imputed`."""
        y = self.values(draw or self.full)
        return self.patients.frame.assign(**{self.outcome: y.reshape(-1), "imputed": self.patients.missing.reshape(-1)})

    @property
    def imputations(self) -> pd.DataFrame:
        """The imputed values of the full fit: subject, visit, value."""
        table = self.completed()
        table = table.loc[table["imputed"], [self.subject, self.visit, self.outcome]]
        return table.rename(columns={self.outcome: "value"}).reset_index(drop=True)

    def with_delta(self, delta: Delta | None, dlag: Sequence[float] | None = None) -> "Imputation":
        """The same imputations, with another delta added; with `dlag`, from the intercurrent event on only."""
        return replace(self, shift=shifts(delta, self.patients, self.visit, self.reference, dlag))

    def analyse(self, analysis: Analyse) -> Analysed:
        """Apply `analysis` to each imputed data set, one visit at a time: a model (as ANCOVA), or estimates."""
        names = Names(self.outcome, self.visit, self.arm)
        draws = (self.filled(draw) for draw in self.draws)
        return analyse(self.by_visit, names, self.filled(self.full), draws, self.method, analysis)


def impute(
    model: MMRM,
    *,
    reference: Any,
    ice: pd.DataFrame | None = None,
    strategy: str = "J2R",
    delta: Delta | None = None,
    dlag: Sequence[float] | None = None,
    method: Method = "condmean-jackknife",
    m: int = 100,
    seed: int = 1,
) -> Imputation:
    """Impute the missing outcomes of `model`'s data.

    `ice` holds, per subject, the first visit affected by the intercurrent event (and, if wanted, a `strategy`); missing
    values without an event are MAR. Observed values after an event that is not MAR are kept in the analysis but left
    out of the imputation model. `delta` is added to imputed values, with `dlag` only from the event on (see `shifts`).
    `m` refits, fixed by `seed`.
    """
    check_request(model, method, m)
    arm, patients = arm_of(model, reference), lay_out(model, ice, check_strategy(strategy), reference)
    fitted, visit = without_late_values(model, patients), str(model.visit)
    with one_thread():
        full, refitter = full_draw(fitted, patients)
        draws, failures = make_draws(method, refitter, m, seed)
    return Imputation(
        method=method,
        patients=patients,
        outcome=model.design.outcome,
        subject=model.subject,
        visit=visit,
        arm=arm,
        full=full,
        draws=draws,
        shift=shifts(delta, patients, visit, reference, dlag),
        failures=failures,
        seed=seed,
        strategy=strategy,
        reference=reference,
    )


def full_draw(fitted: MMRM, patients: Patients) -> tuple[Draw, Refitter]:
    """The parameters of the fit to everybody, and what refits from there."""
    criterion, optimum = search(fitted.prepared, fitted.structure(fitted.covariance), fitted.reml)
    refitter = Refitter(fitted, patients, criterion.structure, optimum.point.theta)
    parameters = refitter.parameters(optimum.point.theta, optimum.point.b)
    return Draw(parameters, np.ones(len(patients.subjects))), refitter


def arm_of(model: MMRM, reference: Any) -> str:
    """The factor that holds the reference; refused if the covariance differs by anything but the arm."""
    arm = arm_factor(model.design, reference)
    if model.own_times or model.cov_by not in (None, arm):
        raise AnalysisError(
            f"impute needs one covariance between the visits for all, or one for each {arm!r} (cov_by={arm!r}); "
            "times that differ between subjects, or groups other than the arms, have none to borrow from the reference."
        )
    return arm


def check_request(model: object, method: str, m: int) -> None:
    """Refuse another model than MMRM, an unknown method and fewer than two draws; raises AnalysisError."""
    if type(model) is not MMRM:
        raise AnalysisError(f"impute needs an MMRM of the outcome, not {type(model).__name__}.")
    if model.design.outcome not in model.data.columns:
        raise AnalysisError(
            f"impute fills a column, and the outcome of {model.design.formula!r} is an expression; make it a column of "
            "the data first."
        )
    if model.weights is not None:
        raise AnalysisError("impute takes a model without weights: a missing value has none.")
    if method not in get_args(Method):
        raise AnalysisError(f"method={method!r} is unknown; use one of {listed(get_args(Method))}.")
    if method != "condmean-jackknife" and m < 2:
        raise AnalysisError(f"m={m} is too few; use at least 2, and 100 for a report.")


def without_late_values(model: MMRM, patients: Patients) -> MMRM:
    """The model on the data without values observed after an event that is not MAR."""
    first = dict(zip(patients.subjects, patients.event, strict=True))
    kept = {s for s, strategy in zip(patients.subjects, patients.strategy, strict=True) if strategy == "MAR"}
    slots = {slot: i for i, slot in enumerate(model.layout.slots)}
    pairs = zip(model.data[model.subject], model.data[str(model.visit)], strict=True)
    late = np.array([s not in kept and slots.get(v, -1) >= first.get(s, len(slots)) for s, v in pairs])
    if not late.any():
        return model
    return MMRM(
        model.formula,
        model.data[~late],
        subject=model.subject,
        visit=str(model.visit),
        covariance=model.covariance,
        cov_by=model.cov_by,
        time=model.time,
        reml=model.reml,
    )


def make_draws(method: Method, refitter: Refitter, m: int, seed: int) -> tuple[tuple[Draw, ...], int]:
    """The refits of the method, and how many resamples had to be replaced."""
    n = len(refitter.patients.subjects)
    if method == "condmean-jackknife":
        return tuple(leave_each_out(refitter)), 0
    generator, out, failures = np.random.default_rng(seed), list[Draw](), 0
    while len(out) < m:
        weights = resample(refitter.patients, generator)
        parameters = refitter.refit(weights)
        if parameters is None:
            failures += 1
            if failures > max(10, m):
                raise NotConverged("Most resamples have no optimum; simplify the imputation model.")
        else:
            random = int(generator.integers(2**63)) if method == "approx-bayes" else None
            out.append(Draw(parameters, np.ones(n) if method == "approx-bayes" else weights, random))
    return tuple(out), failures


def leave_each_out(refitter: Refitter) -> Iterator[Draw]:
    """One refit without each patient, in their order; raises NotConverged, naming whom it cannot do without."""
    for subject, weights in zip(refitter.patients.subjects, 1.0 - np.eye(len(refitter.patients.subjects)), strict=True):
        parameters = refitter.refit(weights)
        if parameters is None:
            raise NotConverged(
                f"Without subject {subject} the imputation model has no optimum; use method='bootstrap'."
            )
        yield Draw(parameters, weights)


def resample(patients: Patients, generator: np.random.Generator) -> Array:
    """How often each patient is drawn, with replacement within the arms."""
    weights = np.zeros(len(patients.subjects))
    for arm in np.unique(patients.arm):
        own = np.flatnonzero(patients.arm == arm)
        weights[own] = np.bincount(generator.integers(len(own), size=len(own)), minlength=len(own))
    return weights
