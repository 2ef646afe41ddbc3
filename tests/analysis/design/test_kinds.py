"""Columns of kinds that nobody planned: what they hold is used as R would, or refused with what to write."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, MMRM, AnalysisError, Crossover, ProportionalOdds
from tests.analysis.trials import trial


def frame() -> pd.DataFrame:
    """The trial of these tests, one visit of everybody."""
    rows = trial(missing=0.0).query("visit == 'v2'").reset_index(drop=True)
    return rows.assign(mark=np.arange(len(rows)) % 3)


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "numbers as objects": (lambda d: d["base"].astype(object), r"'base' holds numbers .* type object.*pd.to_numeric"),
    "decimals": (lambda d: d["base"].map(lambda v: Decimal(str(v))), "'base' holds numbers in a column of type object"),
    "numbers and text": (lambda d: [v if i % 2 else str(v) for i, v in enumerate(d["base"])], "'base' holds numbers"),
    "a number behind gaps": (lambda d: pd.Series([None, *d["base"][1:]], dtype=object), "'base' holds numbers in"),
    "days": (
        lambda d: [date(2024, 1, 1 + i % 20) for i in d["mark"]],
        "'base' holds dates or durations; give a number",
    ),
    "instants": (lambda d: pd.to_datetime("2024-01-01") + pd.to_timedelta(d["mark"], unit="D"), "holds dates"),
    "spans": (lambda d: pd.to_timedelta(d["mark"], unit="D"), "'base' holds dates or durations"),
    "spans as objects": (lambda d: pd.Series([timedelta(int(i)) for i in d["mark"]], dtype=object), "holds dates"),
    "months": (
        lambda d: pd.PeriodIndex([f"2024-{1 + i:02d}" for i in d["mark"]], freq="M"),
        "holds dates or durations",
    ),
    "complex numbers": (lambda d: d["base"] + 0j, "'base' holds values of type complex; give numbers, text"),
    "lists": (lambda d: [[1, 2]] * len(d), "'base' holds values of type list"),
    "too large": (lambda d: d["base"] * 1e60, "'base' has values of the size of .e.61; give it in another unit"),
    "too small": (lambda d: d["base"] * 1e-60, "'base' has values of the size of .e-59; give it in another unit"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_covariate_that_is_neither_number_nor_factor_is_refused(case: str) -> None:
    made, words = REFUSED[case]
    rows = frame()
    with pytest.raises(AnalysisError, match=words):
        ANCOVA("y ~ base + arm", rows.assign(base=made(rows)))


@pytest.mark.parametrize(
    "made",
    [
        lambda d: d["base"].astype("Float64"),
        lambda d: pd.arrays.SparseArray(d["base"]),
        lambda d: d["base"].astype(object).convert_dtypes(),
    ],
    ids=["nullable", "sparse", "converted"],
)
def test_numbers_of_any_array_are_numbers(made: Callable[[pd.DataFrame], Any]) -> None:
    rows = frame()
    ours = ANCOVA("y ~ base + arm", rows.assign(base=made(rows))).fit().coefficients()
    pd.testing.assert_frame_equal(ours, ANCOVA("y ~ base + arm", rows).fit().coefficients())


@pytest.mark.parametrize(
    "made", [lambda m: m.astype(str).astype(object), lambda m: m > 0, lambda m: (m > 0).astype(object)]
)
def test_text_and_flags_are_factors(made: Callable[[Any], Any]) -> None:
    rows = frame().assign(mark=lambda d: made(d["mark"]))
    assert list(ANCOVA("y ~ mark + arm", rows).design.factors) == ["arm", "mark"]


@pytest.mark.parametrize("size", [1e160, 1e60, 1e-60, 1e-160])
@pytest.mark.parametrize("model", ["ancova", "mmrm"])
def test_an_outcome_whose_squares_are_no_numbers_is_refused(size: float, model: str) -> None:
    rows = trial().assign(y=lambda d: d["y"] * size)
    build = ANCOVA if model == "ancova" else partial(MMRM, subject="id", visit="visit")
    with pytest.raises(AnalysisError, match=r"'y' has values of the size of .*give it in another unit"):
        build("y ~ base + arm", rows)


@pytest.mark.parametrize("size", [1e45, 1e-45])
def test_up_to_there_sizes_do_not_matter(size: float) -> None:
    def p(rows: pd.DataFrame) -> Any:
        fit = MMRM("y ~ base + arm*visit", rows, subject="id", visit="visit").fit()
        return fit.contrasts("arm", by="visit")[["df", "t", "p"]]

    np.testing.assert_allclose(p(trial().assign(y=lambda d: d["y"] * size)), p(trial()), rtol=1e-6)


def test_weights_that_are_text_are_called_weights() -> None:
    with pytest.raises(AnalysisError, match="The column of weights 'mark' is not numeric"):
        ANCOVA("y ~ arm", frame().assign(mark="heavy"), weights="mark")


def test_a_column_whose_name_is_a_number_says_what_to_write() -> None:
    with pytest.raises(
        AnalysisError, match=r"Column 1 .* name that is no text; write data.columns = data.columns.astype"
    ):
        ANCOVA("y ~ `1` + arm", frame().rename(columns={"base": 1}))


def test_a_subject_of_two_arms_is_refused_where_the_arm_is_that_of_the_randomisation() -> None:
    rows = trial()
    rows.loc[1, "arm"] = "A" if rows["arm"][1] == "P" else "P"
    with pytest.raises(AnalysisError, match="Subject 0000 has more than one 'arm'; it is that of the randomisation"):
        CLDA("y", rows, subject="id", visit="visit", arm="arm", baseline="v1")


def test_ordered_categories_are_levels_in_their_order() -> None:
    rows = frame().assign(y=lambda d: pd.cut(d["y"], 3, labels=["low", "some", "high"]))
    rows.loc[3, "y"] = None
    numbers = rows.assign(y=rows["y"].cat.codes.where(rows["y"].notna()))
    fit = ProportionalOdds("y ~ base + arm", rows).fit()
    np.testing.assert_allclose(fit.beta, ProportionalOdds("y ~ base + arm", numbers).fit().beta)
    assert (fit.levels, fit.n_obs) == ((1.0, 2.0, 3.0), len(rows) - 1)
    unordered = rows.assign(y=rows["y"].cat.as_unordered())
    with pytest.raises(AnalysisError, match=r"The order of the levels of 'y' \(low, some, high\) is not stated"):
        ProportionalOdds("y ~ base + arm", unordered)


def crossed(**changed: Any) -> pd.DataFrame:
    """Eighteen people in six sequences of three treatments, each with an effect on the next period."""
    random, orders = np.random.default_rng(8), ["PAB", "ABP", "BPA", "PBA", "BAP", "APB"]
    rows = [
        (person, order, place, treatment)
        for person in range(18)
        for order in [orders[person % 6]]
        for place, treatment in enumerate(order, 1)
    ]
    table = pd.DataFrame(rows, columns=["id", "sequence", "period", "treatment"])
    before = table.groupby("id")["treatment"].shift(1)
    effect = table["treatment"].map({"P": 0.0, "A": 2.0, "B": 3.0}) + before.map(
        {"P": 0.0, "A": 1.0, "B": -1.0}
    ).fillna(0.0)
    table["treatment"] = pd.Categorical(table["treatment"], ["P", "A", "B"])
    return table.assign(y=effect + table["id"] % 5 + random.normal(size=len(table)), **changed)


def carried(table: pd.DataFrame) -> list[float]:
    names = {"subject": "id", "sequence": "sequence", "period": "period", "treatment": "treatment"}
    model = Crossover("y", table, **names, carry_over=True)
    fit = model.fit()
    return [*model.contrasts(fit)["estimate"], *model.test_carry_over(fit)]


@pytest.mark.parametrize("levels", [[1, 2, 3], [0.0, 0.5, 1.0], ["a", "T.y", "y"], ["1", 1, 2], [True, False, "x"]])
def test_what_carries_over_does_not_depend_on_what_treatments_are_called(levels: list[Any]) -> None:
    plain = crossed()
    renamed = plain.assign(treatment=plain["treatment"].cat.rename_categories(levels))
    np.testing.assert_allclose(carried(renamed), carried(plain), rtol=1e-6)


def test_treatments_by_number_are_no_doses() -> None:
    with pytest.raises(AnalysisError, match=r"The treatments in 'treatment' are numbers. State the order"):
        carried(crossed(treatment=crossed()["treatment"].cat.codes))


def test_periods_without_an_order_carry_nothing_over() -> None:
    words = crossed()["period"].map({1: "one", 2: "two", 3: "three"})
    with pytest.raises(AnalysisError, match="depends on the order of 'period', which is text; state it"):
        carried(crossed(period=words))
    ordered = pd.Categorical(words, ["one", "two", "three"])
    np.testing.assert_allclose(carried(crossed(period=ordered)), carried(crossed()), rtol=1e-6)
