"""The part of a result that every linear model shares: coefficients, contrasts, tests, marginal means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.analysis.design.design import Design
from app.analysis.distributions import Array, f_tail
from app.analysis.errors import AnalysisError, NotEstimable, listed
from app.analysis.fitting.inference import Inference
from app.analysis.results.asking import Adjust, Question, Side, check_adjust
from app.analysis.results.kinds import Kind, Named, planned_contrasts
from app.analysis.results.levels import STATISTICS, level_columns, require_order
from app.analysis.results.marginal import Means, Weights, marginal_means
from app.analysis.results.plotting import means_figure
from app.analysis.results.record import data_sha256, to_json, versions
from app.analysis.results.showing import html_of, latex_of
from app.analysis.results.summary import METHOD_NAMES, paragraphs, table_text
from app.analysis.results.terms import Hypothesis, type_three

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class FTest:
    """An F test of several rows; `test["F"]` and `test.F` are the same; `tested` says of what."""

    F: float
    num_df: float
    den_df: float
    p: float
    tested: str = ""

    def __getitem__(self, name: str) -> float:
        value: float = getattr(self, name)
        return value

    def __iter__(self) -> Iterator[float]:
        return iter((self.F, self.num_df, self.den_df, self.p))


@dataclass(frozen=True)
class LinearResult:
    """A fitted linear model: its design and its inference. Every method returns a new table; nothing changes it."""

    design: Design = field(repr=False)
    inference: Inference = field(repr=False)
    level: float
    model: str
    messages: tuple[str, ...]

    @property
    def coef_names(self) -> tuple[str, ...]:
        """The names of the coefficients as formulaic writes them, in the order of beta."""
        return self.design.names

    @property
    def beta(self) -> Array:
        """Estimated coefficients (p,), in the unit of the outcome per unit of the column."""
        return self.inference.beta.copy()

    @property
    def vcov(self) -> Array:
        """Covariance of beta behind the standard errors: adjusted if by Kenward-Roger, robust if robust."""
        return self.inference.vcov.copy()

    @property
    def n_obs(self) -> int:
        """Rows used: those with outcome, covariates, subject and visit."""
        return len(self.design.y)

    def estimates(self, L: Array, null: float = 0.0, side: Side = "two-sided") -> pd.DataFrame:
        """estimate, se, df, t, p, lower, upper of each row of L; not a number where a row is none.

        t and p are against `null` on that `side`; one-sided limits are infinite on the other.
        """
        estimate, se, df = self._rows(L)
        answers = Question(self.level, null, side).answers(estimate, se, df)
        return pd.DataFrame(dict(zip(STATISTICS, (estimate, se, df, *answers), strict=True)))

    def _rows(self, L: Array) -> tuple[Array, Array, Array]:
        estimable = np.isfinite(L).all(axis=1)
        estimate, se, df = np.full((3, len(L)), np.nan)
        estimate[estimable], se[estimable], df[estimable] = self.inference.rows(L[estimable])
        return estimate, se, df

    def coefficients(self) -> pd.DataFrame:
        """One row per coefficient: term, estimate, se, df, t, p, lower, upper."""
        table = self.estimates(np.eye(len(self.coef_names)))
        table.insert(0, "term", list(self.coef_names))
        return table

    def rows_of(self, L: Any) -> tuple[Array, list[Any]]:
        """L as an array in the order of the coefficients, and its row labels."""
        if isinstance(L, Mapping):
            L = pd.DataFrame([dict(L)])
        if isinstance(L, pd.DataFrame):
            unknown = [name for name in L.columns if name not in self.coef_names]
            if unknown:
                raise AnalysisError(f"No coefficient {listed(unknown)}; there are {listed(self.coef_names, 40)}.")
            full = L.reindex(columns=list(self.coef_names), fill_value=0.0)
            return full.to_numpy(float), list(L.index)
        rows = np.atleast_2d(np.asarray(L, float))
        if rows.ndim != 2 or rows.shape[1] != len(self.coef_names):
            raise AnalysisError(f"L has {rows.shape[-1]} columns, the model {len(self.coef_names)} coefficients.")
        return rows, list(range(len(rows)))

    def contrast(self, L: Any, null: float = 0.0, side: Side = "two-sided") -> pd.DataFrame:
        """Estimates of L beta, tested against `null` on that `side`.

        L is an array in the order of `coef_names`, a frame with their names as columns, or one row as a mapping.
        """
        rows, labels = self.rows_of(L)
        if not np.isfinite(rows).all():
            raise AnalysisError("L holds values that are not finite numbers.")
        return self.estimates(rows, null, side).set_axis(labels, axis=0)

    def test(self, L: Any) -> FTest:
        """Joint F test of L beta = 0; L also may be a term, as test("arm:visit") or test(["arm", "visit"]).

        A term is tested by type III: equally weighted marginal means (`results.terms`); the result says what of.
        """
        if isinstance(L, str) or (isinstance(L, list | tuple) and L and all(isinstance(name, str) for name in L)):
            hypothesis = type_three(self.design, L)
        else:
            hypothesis = Hypothesis(self.rows_of(L)[0], "the combinations of coefficients that were given are zero")
        rows = independent_rows(hypothesis.L) if len(hypothesis.L) else hypothesis.L
        if not len(rows):
            raise NotEstimable(f"Nothing of the term can be tested. {self.design.left_out}")
        F, num_df, den_df = self.inference.f_test(rows)
        return FTest(F, float(num_df), den_df, f_tail(F, num_df, den_df), hypothesis.words)

    def means(
        self,
        factors: str | Sequence[str],
        by: str | Sequence[str] | None,
        at: Mapping[str, Any] | None,
        weights: Weights,
    ) -> Means:
        """Rows of L for the marginal means of `factors` within `by`; raises AnalysisError for what the model lacks."""
        wanted = [*_names(by), *_names(factors)]
        return marginal_means(self.design, wanted, at, weights)

    def emmeans(
        self,
        factors: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        at: Mapping[str, Any] | None = None,
        weights: Weights = "equal",
    ) -> pd.DataFrame:
        """Marginal means of each level of `factors` within `by`; numeric covariates at their mean over rows."""
        means = self.means(factors, by, at, weights)
        shown = self.estimates(self.design.estimable.reduced(means.L))[["estimate", "se", "df", "lower", "upper"]]
        return pd.concat([level_columns(self.design, means.factors, means.levels), shown], axis=1)

    def contrasts(
        self,
        factor: str,
        by: str | Sequence[str] | None = None,
        kind: Kind | Named = "vs_reference",
        at: Mapping[str, Any] | None = None,
        weights: Weights = "equal",
        null: float = 0.0,
        side: Side = "two-sided",
        adjust: Adjust | None = None,
    ) -> pd.DataFrame:
        """Differences between levels of `factor` within `by`.

        "vs_reference": level minus reference (the first level); "pairwise": every later minus every earlier level, with
        p values and limits by Tukey unless `adjust` says otherwise, as emmeans; "trend": the linear one over levels; or
        {name: {level: weight}}. `adjust`: "tukey", "dunnett" or "joint" (the joint t of the family), "holm",
        "bonferroni", "none"; the column `adjustment` says which. `null` is a margin, `side` one-sided: null=-5,
        side="greater" asks whether it is more than -5 (non-inferiority).
        """
        adjusted = check_adjust(adjust, kind)
        require_order(self.design, factor)
        means = self.means(factor, by, at, weights)
        labels, rows, within = [], [], []
        for group in dict.fromkeys(level[:-1] for level in means.levels):
            own = {level[-1]: row for level, row in zip(means.levels, means.L, strict=True) if level[:-1] == group}
            for label, parts in planned_contrasts(list(own), kind):
                within.append(group)
                labels.append(label)
                rows.append(sum(weight * own[level] for level, weight in parts.items() if weight))
        if not rows:
            raise AnalysisError(f"{factor!r} has one level only; there is no difference to estimate.")
        table = level_columns(self.design, means.factors[:-1], within)
        table["contrast"] = labels
        families = [(group, sum(level[:-1] == group for level in means.levels)) for group in within]
        numbers = self._families(np.array(rows), families, Question(self.level, null, side), adjusted)
        table = pd.concat([table, numbers], axis=1)
        return table if adjusted == "none" else table.assign(adjustment=adjusted)

    def _families(
        self, L: Array, families: Sequence[tuple[Any, int]], question: Question, adjust: Adjust
    ) -> pd.DataFrame:
        """Estimates of the rows of L, adjusted within each family, which is named for each row with its levels."""
        reduced = self.design.estimable.reduced(L)
        estimate, se, df = self._rows(reduced)
        answers = np.empty((4, len(L)))
        for family in dict.fromkeys(families):
            place = np.flatnonzero([other == family for other in families])
            numbers = (estimate[place], se[place], df[place])
            if adjust in ("dunnett", "joint"):
                answers[:, place] = question.joint(*numbers, reduced[place] @ self.inference.vcov @ reduced[place].T)
            else:
                answers[:, place] = question.family(*numbers, adjust, family[1])
        return pd.DataFrame(dict(zip(STATISTICS, (estimate, se, df, *answers), strict=True)))

    def facts(self) -> dict[str, Any]:
        """What a summary shows above its tables."""
        return {"formula": self.design.formula, "rows": self.n_obs, "inference": METHOD_NAMES[self.inference.method]}

    def blocks(self) -> dict[str, str]:
        """Headed texts below the coefficients of a summary."""
        return {}

    def summary(self) -> str:
        """A readable account: what was fitted, coefficients, covariance, and what to be aware of."""
        blocks = {f"Coefficients ({self.level:.0%} limits)": table_text(self.coefficients()), **self.blocks()}
        return paragraphs(self.model, self.facts(), blocks, self.messages)

    def to_html(self) -> str:
        """The account as an HTML fragment; notebooks show it by themselves."""
        return html_of(self.model, self.facts(), self.coefficients(), self.messages)

    _repr_html_ = to_html

    def to_latex(self, table: pd.DataFrame | None = None) -> str:
        """The coefficients, or any table of this fit, as a LaTeX tabular (booktabs)."""
        return latex_of(self.coefficients() if table is None else table)

    def plot_emmeans(self, factor: str, by: str | None = None, at: Mapping[str, Any] | None = None) -> "Figure":
        """The marginal means with their limits as a matplotlib figure."""
        return means_figure(self.emmeans(factor, by, at), factor, by, self.level)

    def record(self) -> dict[str, Any]:
        """Every number and setting that `to_json` writes, as plain values and frames."""
        return {
            "model": self.model,
            "formula": self.design.formula,
            "df_method": self.inference.method,
            "level": self.level,
            "n_obs": self.n_obs,
            "dropped": [{"reason": lost.reason, "rows": lost.rows} for lost in self.design.dropped],
            "left_out": self.design.left_out,
            "factors": dict(self.design.factors),
            "covariate_means": dict(self.design.means),
            "coefficients": self.coefficients(),
            "vcov": self.vcov,
            "messages": self.messages,
            "data_sha256": data_sha256(self.design.frame),
            "versions": versions(),
        }

    def to_json(self) -> str:
        """The complete record, with the versions used and a hash of the analysis rows."""
        return to_json(self.record())


def _names(names: str | Sequence[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or [])


def independent_rows(L: Array) -> Array:
    """The rows of L without those that earlier ones determine."""
    kept: list[int] = []
    for i in range(len(L)):
        if np.linalg.matrix_rank(L[[*kept, i]]) == len(kept) + 1:
            kept.append(i)
    if not kept:
        raise AnalysisError("L is zero; there is nothing to test.")
    return L[kept]
