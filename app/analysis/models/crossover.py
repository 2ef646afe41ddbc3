"""Cross-over trials: treatments compared within participants, with periods, sequences and, if asked for, carry-over."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from app.analysis.design.checks import check_columns, check_subjects, check_unique
from app.analysis.design.naming import quoted
from app.analysis.errors import AnalysisError, DataError, NotEstimable, listed
from app.analysis.fitting.inference import Method
from app.analysis.models.lmm import LMM
from app.analysis.results.levels import level_columns
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.result import FTest

CARRIED = "carried_over_"


class Crossover:
    """sequence + period + treatment, with a random participant (Grizzle 1965, Biometrics 21:467).

    `data` has a row per participant and period; estimates are in the outcome's unit. Periods and sequences are factors,
    whatever they are written as; the first category of the treatment is the reference. Without `carry_over` none is
    assumed, which only the washout can justify; with it, each treatment has a first-order effect on the next period.
    Raises DataError, NotEstimable or AnalysisError with the column, the rows and the remedy.
    """

    def __init__(
        self,
        outcome: str,
        data: pd.DataFrame,
        *,
        subject: str,
        sequence: str,
        period: str,
        treatment: str,
        covariates: Sequence[str] = (),
        carry_over: bool = False,
    ) -> None:
        check_subjects(data, subject)
        check_columns(data, [outcome, sequence, period, treatment], outcome)
        check_treatment(data, treatment)
        rows = data.dropna(subset=[sequence, period, treatment])
        check_unique(rows, subject, period)
        check_sequences(rows, subject, sequence)
        self.order = order_of(rows, sequence, period, treatment)
        self.treatment, self.sequence, self.period = treatment, sequence, period
        self.carried: tuple[str, ...] = ()
        ordered = is_numeric_dtype(rows[period]) or isinstance(rows[period].dtype, pd.CategoricalDtype)
        if carry_over:
            self.check_carry_over(ordered)
            rows = self.with_carried(rows, sequence, period, treatment)
        names = [f"C({quoted(name)})" for name in (sequence, period)] + [quoted(treatment)]
        terms = [*map(quoted, covariates), *names, *map(quoted, self.carried)]
        visit = period if ordered else None
        self.model = LMM(f"{quoted(outcome)} ~ {' + '.join(terms)}", rows, subject=subject, visit=visit)

    def check_carry_over(self, ordered: bool) -> None:
        """Two sequences of two periods cannot tell it from a difference of the sequences; and periods need an order."""
        if not ordered:
            raise DataError(
                f"What carries over depends on the order of {self.period!r}, which is text; state it: "
                f"pd.Categorical(data[{self.period!r}], categories=[first, second, ...])."
            )
        if self.order.shape == (2, 2):
            raise NotEstimable(
                "In two sequences of two periods carry-over is the difference between the sequences: look at "
                "test_sequences(), and do not choose the analysis by it (Freeman 1989, Stat Med 8:1421)."
            )

    def with_carried(self, rows: pd.DataFrame, sequence: str, period: str, treatment: str) -> pd.DataFrame:
        """A column for each treatment but the reference: 1 in the period after it."""
        before = self.order.shift(1, axis=1)
        levels = list(pd.Categorical(rows[treatment]).categories)
        previous = [before.loc[s, p] for s, p in zip(rows[sequence], rows[period], strict=True)]
        names = {f"{CARRIED}{level}": np.array([own == level for own in previous], float) for level in levels[1:]}
        self.carried = tuple(names)
        return rows.assign(**names)

    def fit(self, df: Method = "kenward-roger", level: float = 0.95) -> MixedResult:
        """The mixed model by REML, with Kenward and Roger's errors unless told otherwise."""
        return self.model.fit(df=df, level=level)

    def means(self, result: MixedResult) -> pd.DataFrame:
        """The marginal mean of each treatment over the periods, with nothing carried over; t and p against zero."""
        means = result.means(self.treatment, None, {name: [0.0] for name in self.carried}, "equal")
        names = level_columns(result.design, means.factors, means.levels)
        return pd.concat([names, result.estimates(result.design.estimable.reduced(means.L))], axis=1)

    def contrasts(self, result: MixedResult, **others: object) -> pd.DataFrame:
        """Differences of the treatments; the same words as `fit.contrasts`."""
        return result.contrasts(self.treatment, **others)  # type: ignore[arg-type]

    def test_carry_over(self, result: MixedResult) -> FTest:
        """The joint F test that no treatment carries over; AnalysisError where the model has no such effect."""
        if not self.carried:
            raise AnalysisError("The model has no carry-over; ask for it by carry_over=True.")
        places = [place for place, name in enumerate(result.coef_names) if name.strip("`") in self.carried]
        return result.test(np.eye(len(result.coef_names))[places])

    def test_sequences(self, result: MixedResult) -> FTest:
        """The F test that the sequences have the same mean: in two periods also that of carry-over."""
        return result.test(f"C({quoted(self.sequence)})")


def check_treatment(data: pd.DataFrame, treatment: str) -> None:
    """Refuse treatments by number, which would be a dose with a slope; raises DataError."""
    if is_numeric_dtype(data[treatment].dtype) and not is_bool_dtype(data[treatment].dtype):
        raise DataError(
            f"The treatments in {treatment!r} are numbers. State the order, reference first: data[{treatment!r}] = "
            f"pd.Categorical(data[{treatment!r}], categories=[reference, ...])."
        )


def check_sequences(rows: pd.DataFrame, subject: str, sequence: str) -> None:
    """Refuse a participant of several sequences, and a trial of one; raises DataError."""
    several = rows.groupby(subject, observed=True)[sequence].nunique()
    if wrong := several.index[several > 1].tolist():
        raise DataError(f"{listed(wrong)} has more than one {sequence!r}; a participant follows one sequence.")
    if rows[sequence].nunique() < 2:
        raise DataError(f"There is one {sequence!r} only, so periods cannot be told from treatments.")


def order_of(rows: pd.DataFrame, sequence: str, period: str, treatment: str) -> pd.DataFrame:
    """The treatment of each sequence (rows) and period (columns); DataError where they have several, or one unseen."""
    cells = rows.groupby([sequence, period], observed=True)[treatment].agg(["nunique", "first"])
    if wrong := [f"{s} in {period} {p}" for s, p in cells.index[cells["nunique"] > 1]]:
        raise DataError(f"Sequence {listed(wrong)} has more than one {treatment!r}; correct the rows, or the sequence.")
    order = cells["first"].astype(object).unstack().sort_index(axis=1)
    gone = np.argwhere(order.isna().to_numpy())
    if absent := [f"{order.index[s]} in {period} {order.columns[p]}" for s, p in gone]:
        raise DataError(f"No row shows the {treatment!r} of sequence {listed(absent)}; a sequence needs every period.")
    return order
