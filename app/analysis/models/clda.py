"""Constrained longitudinal data analysis: the baseline is an outcome, with one mean for all arms."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.design.checks import check_levels
from app.analysis.design.coding import Columns, columns_of, product_columns
from app.analysis.design.design import Design, build_design, of_full_rank
from app.analysis.design.formula import read_formula, variables
from app.analysis.design.naming import quoted
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, DataError, listed
from app.analysis.models.mmrm import MMRM


class CLDA(MMRM):
    """outcome ~ covariates + visit + (arm x visit after the baseline), as Liang and Zeger (2000, Sankhya B 62:134).

    `data` has one row per subject and visit, that of the baseline too; estimates are in the outcome's unit. Raises as
    MMRM does, and DataError for an arm without order of levels or a patient without arm.
    Patients without a baseline value stay in; the difference of an arm at a visit is its difference of change.
    `covariates` are terms of a formula, as ("site", "age").
    """

    kind = "cLDA"

    def __init__(
        self,
        outcome: str,
        data: pd.DataFrame,
        *,
        subject: str,
        visit: str,
        arm: str,
        baseline: Any,
        covariates: Sequence[str] = (),
        covariance: str = "us",
        cov_by: str | None = None,
        time: str | None = None,
        weights: str | None = None,
        reml: bool = True,
    ) -> None:
        if "~" in outcome:
            raise AnalysisError(f"CLDA builds its own formula; give the outcome's column, not {outcome!r}.")
        self.outcome, self.arm, self.baseline = outcome, arm, baseline
        self.covariates = tuple([covariates] if isinstance(covariates, str) else covariates)
        super().__init__(
            f"{quoted(outcome)} ~ {' + '.join([*self.covariates, quoted(visit)])}",
            data,
            subject=subject,
            visit=visit,
            covariance=covariance,
            cov_by=cov_by,
            time=time,
            weights=weights,
            reml=reml,
        )

    def read(self, data: pd.DataFrame, also: list[str]) -> Design:
        """The design of covariates and visit, and a column per arm and visit after the baseline."""
        arm, visit = str(self.arm), str(self.visit)
        if arm not in data.columns:
            raise DataError(f"Column {arm!r} (arm) is not in the data; it has {listed(data.columns, 20)}.")
        if data[arm].isna().any():
            lost = data.loc[data[arm].isna(), self.subject].unique()
            raise DataError(f"{arm!r} is missing for subject {listed(lost)}; complete the allocation.")
        several = data.groupby(self.subject, observed=True)[arm].nunique()
        if wrong := several.index[several > 1].tolist():
            raise DataError(f"Subject {listed(wrong)} has more than one {arm!r}; it is that of the randomisation.")
        if not isinstance(data[visit].dtype, pd.CategoricalDtype):
            raise DataError(f"CLDA needs {visit!r} as categories: pd.Categorical(data[{visit!r}], categories=[...]).")
        plain = build_design(self.formula, data, [*also, arm], self.weights)
        levels = tuple(plain.frame[arm].cat.categories) if arm not in plain.unordered else ()
        visits = plain.factors[visit]
        self._check_levels(data, levels, visits)
        cells = [(a, v) for a in levels[1:] for v in visits if v != self.baseline]

        def encode(columns: Columns, length: int) -> Array:
            extra = product_columns(columns, [((arm, a), (visit, v)) for a, v in cells], length)
            return np.column_stack([plain.encode(columns, length), extra])

        columns = columns_of(plain.frame, [*plain.columns, arm])

        design = replace(
            plain,
            formula=f"{self.formula} + {quoted(arm)}:{quoted(visit)} (no difference at {self.baseline})",
            X=encode(columns, len(plain.frame)),
            all_names=(*plain.all_names, *(f"{arm}[T.{a}]:{visit}[T.{v}]" for a, v in cells)),
            factors={**plain.factors, arm: levels},
            terms=(*plain.terms, (arm, visit)),
            places=(*plain.places, tuple(range(len(plain.all_names), len(plain.all_names) + len(cells)))),
            uses={**plain.uses, arm: frozenset([arm]), visit: frozenset([visit])},
            encode=encode,
            columns=columns,
        )
        check_levels(design.factors)
        return of_full_rank(design)

    def _check_levels(self, data: pd.DataFrame, levels: Sequence[Any], visits: Sequence[Any]) -> None:
        if not levels:
            raise DataError(
                f"The reference of {self.arm!r} is unknown: it holds text ({listed(data[self.arm].unique())}). State "
                f"the order, reference first: pd.Categorical(data[{self.arm!r}], categories=[reference, ...])."
            )
        if self.baseline not in visits:
            raise DataError(f"baseline={self.baseline!r} is not a visit with data; there are {listed(visits, 20)}.")
        if self.covariates and self.arm in variables(read_formula(f"outcome ~ {' + '.join(self.covariates)}").terms):
            raise AnalysisError(
                f"{self.arm!r} must not be among the covariates: CLDA adds its effects after the baseline."
            )
