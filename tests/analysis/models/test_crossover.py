"""Cross-over trials: a published one, R's Kenward-Roger, and what cannot be told apart."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import AnalysisError, Crossover

FOLDER = Path(__file__).parents[1] / "reference" / "crossover"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
COLUMNS: dict[str, Any] = {"subject": "id", "sequence": "sequence", "period": "period", "treatment": "treatment"}


def enuresis() -> pd.DataFrame:
    """Dry nights of fourteen under a drug and under placebo (Hills and Armitage 1979, Br J Clin Pharmacol 8:7)."""
    drug_first = [8, 14, 8, 9, 11, 3, 6, 0, 13, 10, 7, 13, 8, 7, 9, 10, 2]
    then_placebo = [5, 10, 0, 7, 6, 5, 0, 0, 12, 2, 5, 13, 10, 7, 0, 6, 2]
    placebo_first, then_drug = [12, 6, 13, 8, 8, 4, 8, 2, 8, 9, 7, 7], [11, 8, 9, 8, 9, 8, 14, 4, 13, 7, 10, 6]
    rows = [
        (f"{sequence}{person}", sequence, period, treatment, float(nights))
        for sequence, treatments, both in (
            ("AP", ("Drug", "Placebo"), (drug_first, then_placebo)),
            ("PA", ("Placebo", "Drug"), (placebo_first, then_drug)),
        )
        for period, treatment, values in zip((1, 2), treatments, both, strict=True)
        for person, nights in enumerate(values)
    ]
    data = pd.DataFrame(rows, columns=["id", "sequence", "period", "treatment", "y"])
    return data.assign(treatment=pd.Categorical(data["treatment"], ["Placebo", "Drug"]))


def williams() -> pd.DataFrame:
    """Four treatments in a Williams square, 24 people, some periods missing; simulated for these tests."""
    data = pd.read_csv(FOLDER / "williams.csv", dtype={"id": str})
    return data.assign(treatment=pd.Categorical(data["treatment"], list("ABCD")))


def assert_agrees(result: Any, expected: dict[str, list[float]]) -> None:
    table = result.coefficients()
    assert len(table) == len(expected["term"])
    for name in ("estimate", "se", "df", "p"):
        assert table[name].tolist() == pytest.approx(expected[name], rel=2e-5)


def test_the_enuresis_trial_has_its_published_effect_and_the_t_test_of_its_differences() -> None:
    """2.037 nights more with the drug, standard error 0.619 on 27 df: half the difference of the period differences."""
    data = enuresis()
    trial = Crossover("y", data, **COLUMNS)
    result = trial.fit()
    assert_agrees(result, EXPECTED["enuresis"])
    row = trial.contrasts(result).iloc[0]
    assert (row["contrast"], round(row["estimate"], 3), round(row["df"], 6)) == ("Drug - Placebo", 2.037, 27)
    wide = data.pivot(index=["id", "sequence"], columns="period", values="y").reset_index()
    change = wide[1] - wide[2]
    a, b = change[wide["sequence"] == "AP"], change[wide["sequence"] == "PA"]
    pooled = (a.var() * (len(a) - 1) + b.var() * (len(b) - 1)) / (len(a) + len(b) - 2)
    assert row["estimate"] == pytest.approx((a.mean() - b.mean()) / 2)
    assert row["se"] == pytest.approx(np.sqrt(pooled * (1 / len(a) + 1 / len(b))) / 2)


def test_a_williams_square_with_gaps_is_that_of_lmer_and_pbkrtest() -> None:
    trial = Crossover("y", williams(), **COLUMNS)
    result = trial.fit()
    assert_agrees(result, EXPECTED["williams"])
    assert trial.contrasts(result)["contrast"].tolist() == ["B - A", "C - A", "D - A"]
    assert len(trial.contrasts(result, kind="pairwise", adjust="tukey")) == 6


def test_carry_over_is_estimated_and_tested_jointly() -> None:
    trial = Crossover("y", williams(), **COLUMNS, carry_over=True)
    result = trial.fit()
    assert_agrees(result, EXPECTED["carry_over"])
    test, expected = trial.test_carry_over(result), EXPECTED["carry_over_test"]
    assert [test.F, test.num_df, test.den_df, test.p] == pytest.approx(
        [expected[name] for name in ("F", "num", "den", "p")], rel=1e-5
    )


def test_means_of_treatments_average_sequences_and_periods_with_nothing_carried_over() -> None:
    """The first treatment's is the average of every sequence's and period's own prediction, by its coefficients."""
    trial = Crossover("y", williams(), **COLUMNS, carry_over=True)
    result = trial.fit()
    beta = dict(zip(result.coef_names, result.beta, strict=True))
    effects = {
        factor: [value for name, value in beta.items() if name.startswith(f"C({factor})")]
        for factor in ("sequence", "period")
    }
    first = beta["Intercept"] + sum(sum(own) / (len(own) + 1) for own in effects.values())
    means = trial.means(result)
    assert means["treatment"].tolist() == list("ABCD")
    others = [first + beta[f"treatment[T.{level}]"] for level in "BCD"]
    assert means["estimate"].tolist() == pytest.approx([first, *others])
    apart = trial.contrasts(result)["estimate"].tolist()
    assert (means["estimate"][1:] - means["estimate"][0]).tolist() == pytest.approx(apart)


@pytest.mark.parametrize("period", [[1, 2], ["first", "second"]], ids=["numbers", "words"])
def test_periods_may_be_numbers_or_words(period: list[Any]) -> None:
    data = enuresis().assign(period=lambda d: d["period"].map(dict(zip((1, 2), period, strict=True))))
    assert_agrees(Crossover("y", data, **COLUMNS).fit(), EXPECTED["enuresis"])


def test_carry_over_comes_from_the_sequence_also_where_the_period_before_is_missing() -> None:
    data = williams()
    trial = Crossover("y", data, **COLUMNS, carry_over=True)
    made = trial.model.data
    gone = data[(data["id"] == "05") & (data["period"] == 3)].index
    assert len(data[(data["id"] == "05") & (data["period"] == 2)]) == 0
    before = data.loc[gone, "carry"].item()
    assert made.loc[gone, [f"carried_over_{level}" for level in "BCD"]].to_numpy().tolist() == [
        [float(level == before) for level in "BCD"]
    ]
    assert (made.loc[made["period"] == 1, list(trial.carried)] == 0).all(axis=None)


def test_the_order_and_the_names_of_rows_change_nothing() -> None:
    plain = Crossover("y", williams(), **COLUMNS).fit()
    data = williams().sample(frac=1, random_state=2).rename(columns={"y": "dry nights", "sequence": "the order"})
    data["treatment"] = data["treatment"].cat.rename_categories({"B": "B: 20 mg"})
    other = Crossover("dry nights", data, **COLUMNS | {"sequence": "the order"}).fit()
    assert other.beta == pytest.approx(plain.beta, rel=1e-7)
    carried = Crossover("dry nights", data, **COLUMNS | {"sequence": "the order"}, carry_over=True)
    test = carried.test_carry_over(carried.fit())
    assert pytest.approx(EXPECTED["carry_over_test"]["F"], rel=1e-5) == test.F


def test_covariates_may_be_named() -> None:
    data = enuresis().assign(age=lambda d: d["id"].str.len() + d["id"].str[-1].astype(float))
    names = Crossover("y", data, **COLUMNS, covariates=["age"]).fit().coef_names
    assert "age" in names


def test_two_by_two_tells_carry_over_by_its_sequences_alone() -> None:
    with pytest.raises(AnalysisError, match="carry-over is the difference between the sequences: look at"):
        Crossover("y", enuresis(), **COLUMNS, carry_over=True)
    trial = Crossover("y", enuresis(), **COLUMNS)
    result = trial.fit()
    assert trial.test_sequences(result).p == pytest.approx(EXPECTED["enuresis"]["p"][1], rel=1e-5)
    with pytest.raises(AnalysisError, match="no carry-over; ask for it by carry_over=True"):
        trial.test_carry_over(result)


def changed(where: Any, **values: Any) -> pd.DataFrame:
    data = enuresis()
    for name, value in values.items():
        data.loc[where(data), name] = value
    return data


WRONG = [
    (changed(lambda d: (d["id"] == "AP0") & (d["period"] == 2), sequence="PA"), "AP0 has more than one 'sequence'"),
    (
        changed(lambda d: (d["id"] == "AP0") & (d["period"] == 2), treatment="Drug"),
        "Sequence AP in period 2 has more than one 'treatment'; correct the rows, or the sequence",
    ),
    (enuresis()[lambda d: d["sequence"] == "AP"], "There is one 'sequence' only"),
    (pd.concat([enuresis(), enuresis().iloc[:1]]), "must name one row, but AP0 at 1"),
    (
        enuresis()[lambda d: (d["sequence"] == "AP") | (d["period"] == 1)],
        "No row shows the 'treatment' of sequence PA in period 2; a sequence needs every period",
    ),
    (enuresis().drop(columns="period"), "Column period of 'y' is not in the data"),
]


@pytest.mark.parametrize(("data", "words"), WRONG, ids=range(len(WRONG)))
def test_a_trial_that_does_not_cross_over_is_refused(data: pd.DataFrame, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        Crossover("y", data, **COLUMNS)
