"""The frozen result of a mixed model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.analysis.design.design import variables_of
from app.analysis.design.layout import Layout
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, listed
from app.analysis.fitting.estimation import Prepared
from app.analysis.fitting.likelihood import Criterion
from app.analysis.fitting.optimise import Optimum
from app.analysis.fitting.sandwich import RobustCR, robust_vcov
from app.analysis.results.asking import Adjust, Question, Side, check_adjust
from app.analysis.results.kinds import Kind, Named, planned_contrasts
from app.analysis.results.levels import check_apart, level_columns, require_order
from app.analysis.results.plotting import residual_figure
from app.analysis.results.residuals import residual_table
from app.analysis.results.result import LinearResult
from app.analysis.results.summary import METHOD_NAMES, matrix_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Attempt:
    """One covariance structure that was tried, and what came of it."""

    covariance: str
    outcome: str


@dataclass(frozen=True)
class MixedResult(LinearResult):
    """A fitted mixed model; estimates and tests are those of `LinearResult`."""

    covariance: str
    reml: bool
    subject: str
    visit: str | None
    layout: Layout = field(repr=False)
    prepared: Prepared = field(repr=False)
    criterion: Criterion = field(repr=False)
    optimum: Optimum = field(repr=False)
    attempts: tuple[Attempt, ...]
    arm: str | None = None

    @property
    def loglik(self) -> float:
        """The maximum of the (restricted) log likelihood, with the constant of mmrm, lme4 and SAS."""
        return -self.optimum.point.value / 2 + self.prepared.log_weight

    @property
    def theta(self) -> Array:
        """Covariance parameters as mmrm writes them (docs/statistics.md, section 3)."""
        return self.optimum.point.theta.copy()

    @property
    def Sigma(self) -> Any:  # noqa: N802
        """Covariance between visits; one per group, by its name, when the covariance differs by group."""
        matrices = self.criterion.structure.matrices(self.optimum.point.theta)
        if len(matrices) == 1:
            return matrices[0]
        return dict(zip(self.layout.groups, matrices, strict=True))

    @property
    def visits(self) -> tuple[Any, ...]:
        """The visits in their order; with each subject's own times, positions."""
        return self.layout.slots

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one row used."""
        return len(self.layout.subjects)

    @property
    def converged(self) -> bool:
        """Whether the search ended in a proper optimum; a fit that did not is not returned."""
        return not self.optimum.problem

    @property
    def df_method(self) -> str:
        """Which degrees of freedom the tests have."""
        return self.inference.method

    @property
    def n_parameters(self) -> int:
        """Parameters counted by AIC and BIC: the covariance's (REML, as mmrm)."""
        return len(self.optimum.point.theta)

    @property
    def aic(self) -> float:
        """-2 log likelihood + 2 q, q covariance parameters, as mmrm prints it."""
        return -2 * self.loglik + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """-2 log likelihood + q log(subjects), as mmrm prints it."""
        return float(-2 * self.loglik + self.n_parameters * np.log(self.n_subjects))

    def robust(self, kind: RobustCR = "CR3") -> "MixedResult":
        """The same fit with the empirical covariance of beta (CR0, CR3), on the model's Satterthwaite df."""
        vcov = robust_vcov(self.prepared, self.layout, self.optimum.point, kind)
        inference = replace(self.inference, adjusted=vcov, method="satterthwaite")
        return replace(self, inference=inference, messages=(*self.messages, f"Robust standard errors ({kind})."))

    def residuals(self) -> pd.DataFrame:
        """Subject, visit, fitted, residual, standardised and normalised residual of each row."""
        design = self.design
        table = pd.DataFrame({self.subject: design.frame[self.subject].to_numpy()})
        if self.visit is not None:
            table[self.visit] = design.frame[self.visit].array
        matrices = self.criterion.structure.matrices(self.optimum.point.theta)
        y, fitted = design.y, design.X @ self.beta
        rows = residual_table(design.weighted(y), design.weighted(fitted), self.layout, matrices)
        return pd.concat([table, rows.assign(fitted=fitted, residual=y - fitted)], axis=1)

    def plot_residuals(self) -> "Figure":
        """Normalised residuals by quantile and by fitted value, as a matplotlib figure."""
        return residual_figure(self.residuals())

    def facts(self) -> dict[str, Any]:
        """What a summary shows above its tables: each fact's name and its value as text, in the order shown.

        Rows and subjects used, covariance structures tried, -2 log likelihood (REML with the constant of mmrm and SAS),
        AIC and BIC, the kind of degrees of freedom, and how the search for the optimum ended.
        """
        likelihood = "REML" if self.reml else "ML"
        return {
            "formula": self.design.formula,
            "rows, subjects": f"{self.n_obs}, {self.n_subjects} ({len(self.prepared.data.count)} missingness patterns)",
            "covariance": f"{self.covariance} ({likelihood}), tried: {', '.join(a.covariance for a in self.attempts)}",
            "-2 log likelihood": f"{-2 * self.loglik:.6f} (AIC {self.aic:.3f}, BIC {self.bic:.3f})",
            "inference": METHOD_NAMES[self.df_method],
            "convergence": f"{self.optimum.steps} Newton steps, largest gradient {self.largest_gradient:.1e}",
        }

    @property
    def largest_gradient(self) -> float:
        """Largest entry of the gradient of -2 log likelihood at the optimum; zero but for rounding."""
        return float(np.abs(self.optimum.derivatives.gradient).max())

    def blocks(self) -> dict[str, str]:
        """The covariance between visits, of the first three groups at most, as text."""
        Sigma = self.Sigma
        if isinstance(Sigma, dict):
            shown = list(Sigma.items())[:3]
            return {f"Covariance, {group}": matrix_text(matrix, self.visits) for group, matrix in shown}
        return {"Covariance between visits": matrix_text(Sigma, self.visits)}

    def record(self) -> dict[str, Any]:
        """The shared record with covariance, likelihood, patterns of missing visits, attempts and optima."""
        return super().record() | {
            "covariance": self.covariance,
            "reml": self.reml,
            "subject": self.subject,
            "visit": self.visit,
            "visits": self.visits,
            "n_subjects": self.n_subjects,
            "patterns": [
                {"observed": seen, "subjects": count}
                for seen, count in zip(self.prepared.data.mask, self.prepared.data.count, strict=True)
            ],
            "loglik": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "theta": self.theta,
            "Sigma": self.Sigma,
            "converged": self.converged,
            "gradient": self.largest_gradient,
            "optima": self.optimum.optima,
            "attempts": [{"covariance": a.covariance, "outcome": a.outcome} for a in self.attempts],
        }

    def change_from(
        self,
        baseline: Any,
        at: Mapping[str, Any] | None = None,
        null: float = 0.0,
        side: Side = "two-sided",
        kind: Kind | Named = "vs_reference",
        adjust: Adjust | None = None,
    ) -> pd.DataFrame:
        """Change from the visit `baseline` per arm and visit, then differences of change (level minus reference).

        `null` and `side` are those of `contrasts`, and count for every row; so are `kind` and `adjust`, of the
        differences at each visit. For models with the baseline among the outcomes (LMM, CLDA).
        """
        arm, visit = self._arm(), self.visit
        if visit is None or baseline not in self.design.factors.get(visit, ()):
            raise AnalysisError(f"{baseline!r} is not a visit of this model; it has {listed(self.visits, 20)}.")
        require_order(self.design, arm)
        adjusted = check_adjust(adjust, kind)
        means = self.means(arm, visit, at, "equal")
        at_level = dict(zip(means.levels, means.L, strict=True))
        arms, visits = self.design.factors[arm], [v for v in self.design.factors[visit] if v != baseline]
        change = {(v, a): at_level[v, a] - at_level[baseline, a] for v in visits for a in arms}
        difference = {
            (v, name): sum(weight * change[v, a] for a, weight in weights.items() if weight)
            for v in visits
            for name, weights in planned_contrasts(arms, kind)
        }
        rows = [*change, *difference]
        check_apart([arm])
        table = level_columns(self.design, [visit], [(v,) for v, _ in rows])
        table.insert(0, arm, [label for _, label in rows])
        table["quantity"] = ["change"] * len(change) + ["difference"] * len(difference)
        numbers = self.estimates(self.design.estimable.reduced(np.array([*change.values()])), null, side)
        if difference:
            families = [(v, len(arms)) for v, _ in difference]
            question = Question(self.level, null, side)
            apart = self._families(np.array([*difference.values()]), families, question, adjusted)
            numbers = pd.concat([numbers, apart], ignore_index=True)
        return pd.concat([table, numbers], axis=1)

    def _arm(self) -> str:
        """The factor that the model lets interact with the visit."""
        if self.arm is not None:
            return self.arm
        terms = [variables_of(self.design, term) for term in self.design.terms]
        partners = {
            name for names in terms if self.visit in names for name in names & set(self.design.factors) - {self.visit}
        }
        if len(partners) != 1:
            raise AnalysisError(
                f"Which factor is the arm? {listed(sorted(partners)) or 'None'} interacts with {self.visit!r} "
                f"in {self.design.formula!r}; use contrast() with rows of your own."
            )
        return partners.pop()
