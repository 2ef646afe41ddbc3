"""The mixed model for repeated measures: a mean per formula, a structured covariance between visits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.covariance.choice import check_name, structure_for
from app.analysis.covariance.structure import Structure
from app.analysis.design.checks import check_subjects, check_unique, check_visits
from app.analysis.design.design import Design, build_design
from app.analysis.design.layout import Ints, Layout, sequence_layout, timed_layout, visit_layout
from app.analysis.errors import DataError, NotEstimable, listed
from app.analysis.models.mixed_model import MixedModel


class MMRM(MixedModel):
    """y_i = X_i beta + e_i with e_i ~ N(0, Sigma over the visits observed), independent between subjects.

    The mixed model for repeated measures (Mallinckrodt et al. 2008, Drug Inf J 42:303); estimates are in the outcome's
    unit. `data` has one row per subject and visit; rows without outcome or covariate are left out and counted. Raises
    DataError for data that do not fit, NotEstimable for columns that others determine, AnalysisError for the rest.
    `covariance`: us toep toeph ar1 ar1h cs csh ad adh, or sp_exp with `time` (a numeric column). `cov_by` names a
    factor whose levels each have their own. `weights` names a column: the standard deviation of a row is divided by the
    root of its weight, as in R's mmrm. `visit` must carry the order of visits: categories or numbers.
    """

    kind = "MMRM"
    own_times = False
    """Whether slots are positions in each subject's own times, not visits."""

    def __init__(
        self,
        formula: str,
        data: pd.DataFrame,
        *,
        subject: str,
        visit: str,
        covariance: str = "us",
        cov_by: str | None = None,
        time: str | None = None,
        weights: str | None = None,
        reml: bool = True,
    ) -> None:
        check_name(covariance, time)
        check_subjects(data, subject)
        check_visits(data, visit)
        self.formula, self.subject, self.visit = formula, subject, visit
        self.covariance, self.cov_by, self.time, self.reml = covariance, cov_by, time, reml
        self.weights = weights
        self.data = data.copy(deep=False)
        also = [subject, visit, *([cov_by] if cov_by else []), *([time] if time else [])]
        design = self.read(data, also)
        check_unique(design.frame, subject, visit)
        if cov_by is not None:
            check_group(design.frame, subject, cov_by)
        self.prepare(design, self.lay_out(design.frame, covariance))

    def read(self, data: pd.DataFrame, also: list[str]) -> Design:
        """The design of the mean; `also` names columns needed beside the formula's."""
        return build_design(self.formula, data, also, self.weights)

    def lay_out(self, frame: pd.DataFrame, covariance: str) -> Layout:
        """Where each row stands: by visit, or for sp_exp by each subject's own times."""
        codes, levels = self._groups(frame)
        if self.time is not None:
            return self._timed(frame, covariance, codes, levels)
        return visit_layout(frame, self.subject, str(self.visit), codes, levels)

    def _groups(self, frame: pd.DataFrame) -> tuple[Ints | None, tuple[Any, ...]]:
        """The covariance group of each row, and the groups' names."""
        if self.cov_by is None:
            return None, ("all",)
        column = frame[self.cov_by].astype("category")
        return column.cat.codes.to_numpy().astype(np.intp), tuple(column.cat.categories)

    def _timed(self, frame: pd.DataFrame, covariance: str, codes: Ints | None, levels: tuple[Any, ...]) -> Layout:
        """By visit where each visit has one time; for sp_exp also by each subject's own times."""
        time = str(self.time)
        if not pd.api.types.is_numeric_dtype(frame[time].dtype) or frame[time].isna().any():
            raise DataError(f"time={time!r} must be a number in every row.")
        by_visit = timed_layout(frame, self.subject, str(self.visit), time, codes, levels)
        if by_visit is None and covariance != "sp_exp":
            return visit_layout(frame, self.subject, str(self.visit), codes, levels)
        check_unique(frame, self.subject, time)
        self.own_times = by_visit is None
        return by_visit or sequence_layout(frame, self.subject, time, codes)

    def check_structures(self, fallback: Sequence[str]) -> None:
        """Refuse a fallback that does not exist, or sp_exp without `time`; raises AnalysisError."""
        for name in fallback:
            check_name(name, self.time)

    def structure(self, covariance: str) -> Structure:
        """Raises NotEstimable where the data, as laid out, cannot carry the structure."""
        check_name(covariance, self.time)
        if self.own_times and covariance != "sp_exp":
            raise NotEstimable("the times differ between subjects, so there is no covariance by visit")
        if covariance == "sp_exp" and not self.own_times and not self.layout.times.any():
            raise NotEstimable("the times of a visit differ between subjects; put sp_exp first")
        return structure_for(covariance, self.layout)


def check_group(frame: pd.DataFrame, subject: str, cov_by: str) -> None:
    """Each subject belongs to one covariance group."""
    groups = frame.groupby(subject, observed=True)[cov_by].nunique(dropna=False)
    several = groups.index[groups > 1]
    if len(several):
        raise DataError(f"Subject {listed(several)} has more than one {cov_by!r}; give each subject one.")
    if frame[cov_by].isna().any():
        raise DataError(
            f"{cov_by!r} is missing for subject {listed(frame.loc[frame[cov_by].isna(), subject].unique())}."
        )
