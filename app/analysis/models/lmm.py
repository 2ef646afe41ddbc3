"""Random-intercept (and slope) models, with lme4's likelihood and lmerTest's and pbkrtest's inference."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.covariance.random import RandomEffects, VarianceComponents
from app.analysis.covariance.structure import Structure
from app.analysis.design.checks import check_subjects, check_unique, check_visits
from app.analysis.design.design import build_design
from app.analysis.design.layout import Layout, sequence_layout, timed_layout, visit_layout
from app.analysis.distributions import Array
from app.analysis.errors import DataError, NotEstimable, listed
from app.analysis.fitting.estimation import inference_of
from app.analysis.fitting.inference import Inference, Method
from app.analysis.fitting.likelihood import Criterion
from app.analysis.fitting.optimise import Optimum
from app.analysis.models.mixed_model import MixedModel, search
from app.analysis.results.compare import counted
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.summary import table_text

SINGULAR = 1e-6
"""Share of the residual SD below which a random effect's SD is zero."""


@dataclass(frozen=True)
class RandomEffectsResult(MixedResult):
    """The result of LMM: theta holds the variance components, AIC and BIC count as lme4 does."""

    singular: bool = False

    @property
    def random(self) -> RandomEffects:
        """The structure G of the random effects, with R = sigma^2 I (Laird and Ware 1982, Biometrics 38:963).

        Its factors, Z (groups, slots, effects), are in the slope's unit; variances in the outcome's, squared.
        """
        structure = self.criterion.structure
        assert isinstance(structure, RandomEffects)
        return structure

    @property
    def variance_components(self) -> dict[str, Any]:
        """Variance of the intercept (and slope, and their covariance), and the residual variance."""
        effects, residual = self.random.components(self.optimum.point.theta)
        out = {"intercept": float(effects[0, 0])}
        if len(effects) == 2:
            out |= {"covariance": float(effects[1, 0]), "slope": float(effects[1, 1])}
        return out | {"residual": residual}

    @property
    def theta(self) -> Array:
        """The variance components as an array, the residual's last."""
        return np.array(list(self.variance_components.values()))

    @property
    def Sigma(self) -> Any:  # noqa: N802
        """Covariance between visits; with a slope, that of each set of times."""
        matrices = self.criterion.structure.matrices(self.optimum.point.theta)
        return matrices[0] if len(matrices) == 1 else dict(zip(self.layout.groups, matrices, strict=True))

    def record(self) -> dict[str, Any]:
        """The shared record with the variance components and whether one is held at zero."""
        return super().record() | {"variance_components": self.variance_components, "singular": self.singular}

    def blocks(self) -> dict[str, str]:
        """The table of variance components, in place of a covariance between visits."""
        return {"Variance components": table_text(pd.DataFrame([self.variance_components]))}

    @property
    def n_parameters(self) -> int:
        """Coefficients and variance components, as lme4 counts."""
        return counted(self)

    @property
    def bic(self) -> float:
        """-2 log likelihood + parameters x log(rows), as lme4 prints it."""
        return float(-2 * self.loglik + self.n_parameters * np.log(self.n_obs))


class LMM(MixedModel):
    """y = X beta + intercept (+ slope x time) of the subject + residual (Laird and Ware 1982, Biometrics 38:963).

    `data` has a row per subject and visit (or any time); estimates are in the outcome's unit, those of `slope` per unit
    of its column. Raises DataError, NotEstimable or AnalysisError with the column, the rows and the remedy.
    A variance at zero is a boundary: the result says `singular`, and estimates are those without it. Kenward-Roger
    keeps every component in its degrees of freedom and errors, as pbkrtest; Satterthwaite drops what is zero.
    """

    kind = "LMM"
    covariance = "random"
    expected = True

    def __init__(
        self,
        formula: str,
        data: pd.DataFrame,
        *,
        subject: str,
        visit: str | None = None,
        slope: str | None = None,
        reml: bool = True,
    ) -> None:
        check_subjects(data, subject)
        if visit is not None:
            check_visits(data, visit)
        self.formula, self.subject, self.visit, self.slope, self.reml = formula, subject, visit, slope, reml
        self.data = data.copy(deep=False)
        design = build_design(formula, data, [name for name in (subject, visit, slope) if name])
        if visit is not None:
            check_unique(design.frame, subject, visit)
        if slope is not None:
            check_slope(design.frame, slope)
        self.prepare(design, self.lay_out(design.frame))
        if len(self.layout.subjects) == len(design.frame):
            raise NotEstimable(
                f"Each {subject!r} has one row only; a random intercept cannot be told from the residual. Use ANCOVA."
            )

    def lay_out(self, frame: pd.DataFrame) -> Layout:
        """By visit where that is possible; else by position within the subject."""
        if self.visit is not None and self.slope is None:
            return visit_layout(frame, self.subject, self.visit)
        if self.visit is not None and self.slope is not None:
            timed = timed_layout(frame, self.subject, self.visit, self.slope)
            if timed is not None:
                return timed
        return sequence_layout(frame, self.subject, self.slope)

    def structure(self, covariance: str) -> Structure:
        """Random intercept (and slope) over this layout; there is no other covariance to choose."""
        return RandomEffects(self.basis())

    def basis(self) -> Array:
        """Z (groups, slots, effects): ones, and the slope's times."""
        times = self.layout.times
        ones = np.ones_like(times)
        return np.stack([ones, times], axis=2) if self.slope else ones[:, :, None]

    def result(self, covariance: str, criterion: Criterion, optimum: Optimum, df: Method, level: float) -> MixedResult:
        """The result; refitted without the random effects whose variance is zero."""
        free = free_entries(criterion, optimum)
        singular = not all(free)
        if singular:
            criterion, optimum = search(self.prepared, RandomEffects(self.basis(), free), self.reml)
        plain = super().result(covariance, criterion, optimum, df, level)
        fields = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
        result = RandomEffectsResult(**fields, singular=singular)
        if singular and df.startswith("kenward-roger"):
            result = replace(result, inference=self.boundary_inference(optimum, criterion, df))
        return replace(result, messages=(*result.messages, *self.warnings(free)))

    def boundary_inference(self, optimum: Optimum, criterion: Criterion, df: Method) -> Inference:
        """Kenward-Roger with every component kept, also those that are estimated as zero, as pbkrtest has it."""
        structure = criterion.structure
        assert isinstance(structure, RandomEffects)
        effects, residual = structure.components(optimum.point.theta)
        whole = self.prepared.criterion(VarianceComponents(self.basis()), self.reml)
        point = whole.at(np.append(effects[np.tril_indices(structure.r)], residual))
        assert point is not None  # the same covariance as at the optimum
        reached = replace(optimum, point=point, derivatives=whole.derivatives(point))
        return inference_of(self.prepared, whole, reached, df, expected=True)

    def warnings(self, free: tuple[bool, ...]) -> tuple[str, ...]:
        """What a reader must know of a variance at its boundary; nothing if every entry is free."""
        if all(free):
            return ()
        if not self.slope or not any(free):
            return (
                f"Singular: the variance between {self.subject!r} is estimated as zero; estimates are those of "
                "ordinary least squares. Kenward-Roger keeps the component, as pbkrtest; other methods do not. "
                "Negative correlation within subjects may be the cause: see MMRM(covariance='cs').",
            )
        return (
            "Singular: the random intercept and slope have no two-dimensional distribution (a variance is zero or "
            "their correlation is 1 or -1); the parameter at its boundary is held there. Consider LMM without slope=.",
        )


def free_entries(criterion: Criterion, optimum: Optimum) -> tuple[bool, ...]:
    """Which entries of the Cholesky factor of the random effects are not at zero."""
    structure, theta = criterion.structure, optimum.point.theta
    assert isinstance(structure, RandomEffects)
    factor, sigma = structure.factor(theta), float(np.exp(theta[-1]))
    reach = np.sqrt((structure.Z**2).mean(axis=(0, 1)))
    size = np.abs(factor) * reach[:, None] / sigma
    free = size[structure.rows, structure.columns] > SINGULAR
    if structure.r == 2:
        intercept, slope = free[0], free[2]
        return (bool(intercept), bool(intercept), bool(slope))
    return tuple(bool(entry) for entry in free)


def check_slope(frame: pd.DataFrame, slope: str) -> None:
    """Refuse a slope's column that is no number, has gaps or has one value only; raises DataError."""
    column = frame[slope]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise DataError(f"slope={slope!r} must be numeric ({column.dtype}); give the column with the time.")
    if column.isna().any():
        raise DataError(f"slope={slope!r} is missing in row {listed(frame.index[column.isna()])}.")
    if column.nunique() < 2:
        raise DataError(f"slope={slope!r} has one value only; a random slope needs several times.")
