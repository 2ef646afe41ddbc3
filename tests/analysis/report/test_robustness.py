"""Every assumption on missing values in one figure, and what would have to be true for another conclusion."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA
from app.analysis.distributions import Array
from app.analysis.imputation.conditional import missing_variances
from app.analysis.imputation.strategies import covariance_law
from app.analysis.report import Results, analyse
from app.analysis.report.completed import linear_estimates
from app.analysis.report.fitted import Effect, Fitted
from app.analysis.report.imputed import tipping_map
from app.analysis.report.robustness import (
    STRATEGY_TITLES,
    Departure,
    departures,
    shifted_fit,
    strategies,
    would_have_to_be,
)
from app.analysis.trial.dataset import for_analysis
from tests.analysis.plans import analysis, content, export, read

MEANS = "walk ~ walk_base*visit + arm*visit"
MI = analysis("mi", "imputation", MEANS, analysis="walk ~ walk_base + arm")
ANALYSES = [analysis("main", "lmm", "walk ~ arm*visit", role="primary"), MI]
MAP = {"tipping_of": "mi", "tipping_deltas": [-10, 0, 10], "stopping_events": ["gave_up"]}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("robustness")
    exported = export(folder, ("Sham", "High"))
    source = exported.snapshot / "scores.csv"
    rows = pd.read_csv(source, dtype=str)
    lost = rows["participant"].str[-1].isin(["4", "9"]) & (rows["day"] == "90")
    rows[~lost].to_csv(source, index=False, lineterminator="\n")
    from tests.analysis.exported import seal

    seal(exported.snapshot, "2024-12-01T00:00:00Z")
    plan = read(folder, arms=("Sham", "High"), analyses=ANALYSES, **MAP)
    return analyse(exported.snapshot, plan, exported.allocation, folder / "out")


@pytest.fixture(scope="module")
def base(results: Results) -> Fitted:
    fit = shifted_fit(results)
    assert fit is not None
    return fit


def test_a_missing_value_varies_as_what_was_observed_leaves_it(results: Results, base: Fitted) -> None:
    """By the inverse: the variance given the rest is one over the diagonal of the precision, one value missing."""
    data = for_analysis(results.dataset, results.snapshot, results.plan, base.analysis)
    imputation = results.imputer.imputation(data, base.analysis)
    patients, parameters = imputation.patients, imputation.full.parameters
    variances = missing_variances(patients, parameters)
    single = np.flatnonzero(patients.missing.sum(axis=1) == 1)
    assert len(single) >= 10
    for who in single[:3]:
        slot = int(np.flatnonzero(patients.missing[who])[0])
        S = covariance_law("MAR", parameters.Sigma[0], parameters.Sigma[0], len(variances[who]))
        assert variances[who, slot] == pytest.approx(1 / np.linalg.inv(S)[slot, slot])
        assert variances[who, 1 - slot] == 0


def test_an_odds_that_depends_on_the_value_tilts_its_normal_density() -> None:
    """exp(psi y) times a normal density is one whose mean lies psi times the variance higher."""
    y = np.linspace(-60, 60, 200_001)
    density = np.exp(-((y - 3) ** 2) / (2 * 25)) * np.exp(0.12 * y)
    assert (y * density).sum() / density.sum() == pytest.approx(3 + 0.12 * 25)


def test_selection_shifts_each_missing_value_by_its_own_variance(results: Results, base: Fitted) -> None:
    data = for_analysis(results.dataset, results.snapshot, results.plan, base.analysis)
    imputation = results.imputer.imputation(data, base.analysis)
    estimates = linear_estimates(
        imputation, "d90", base.analysis.analysis, results.plan.contrast_weights, by_variance=True
    )
    psi = 0.05
    shifts = np.array([[0.0], [psi]])  # Sham, High
    variance = missing_variances(imputation.patients, imputation.full.parameters)
    at_end = imputation.completed().groupby("visit", observed=True).get_group("d90").reset_index(drop=True)
    moved = at_end["walk"] + psi * variance[:, 1] * (at_end["arm"] == "High")
    by_hand = ANCOVA(base.analysis.analysis, at_end.assign(walk=moved)).fit().contrasts("arm")["estimate"][0]
    assert estimates.pooled(0.95, 0, shifts)["estimate"][0] == pytest.approx(by_hand)


def test_every_strategy_stands_beside_the_primary_analysis(results: Results, base: Fitted) -> None:
    rows = dict(strategies(results, base))
    assert list(rows) == ["Main", *STRATEGY_TITLES.values()]
    assert set(STRATEGY_TITLES) == {"MAR", "J2R", "CR", "CIR"}
    assert rows["Main"] == results.effect
    assert rows["Missing at random"] == base.effect(90)
    jumped, copied = rows["Jump to reference"], rows["Copy reference"]
    assert isinstance(jumped, Effect)
    assert isinstance(copied, Effect)
    assert abs(jumped.estimate) < abs(base.effect(90).estimate)  # who stopped is taken as untreated


def test_delta_is_a_row_of_the_tipping_map_and_pattern_mixture_its_diagonal(results: Results, base: Fitted) -> None:
    data = for_analysis(results.dataset, results.snapshot, results.plan, base.analysis)
    table = tipping_map(results.imputer, data, base.analysis).set_index(["active", "reference"])
    delta, mixture, first, both = departures(results, base)
    for departure, reference in ((delta, 0.0), (mixture, 10.0)):
        place = int(np.argmin(np.abs(departure.size - 10)))
        assert departure.size[place] == pytest.approx(10)
        expected = [float(table[name][10.0, reference]) for name in ("estimate", "lower", "upper")]
        assert [departure.estimate[place], departure.lower[place], departure.upper[place]] == pytest.approx(expected)
    for departure in (delta, mixture, first, both):
        assert departure.estimate[200] == pytest.approx(base.effect(90).estimate)
    assert (np.diff(first.estimate) > 0).all()  # worse values more often missing: the drug's arm looks worse
    assert (first.arms, both.arms) == (("High",), ("Sham", "High"))


def departure(kind: str, of: str, lower: list[float], upper: list[float], *arms: str) -> Departure:
    size: Array = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    middle = (np.array(lower) + np.array(upper)) / 2
    return Departure(kind, of, arms or ("High",), size, middle, np.array(lower), np.array(upper))


BELOW = [-5.0, -4.0, -3.0, -2.0, -1.0]
TIPS = [
    (departure("Delta", "points", BELOW, [-3.0, -2.0, -1.0, 1.0, 2.0]), 1.0),
    (departure("Delta", "points", BELOW, [-3.0, -2.0, -1.0, -0.5, 2.0]), 2.0),
    (departure("Delta", "points", BELOW, [1.0, -2.0, -1.0, -0.5, -0.2]), -2.0),
    (departure("Delta", "points", BELOW, [-0.5, 2.0, 1.0, 2.0, 3.0]), -2.0),
    (departure("Delta", "points", BELOW, [3.0, 2.0, 1.0, 2.0, 3.0]), np.nan),
]


@pytest.mark.parametrize(("made", "at"), TIPS, ids=range(len(TIPS)))
def test_the_conclusion_changes_at_the_smallest_departure_that_does(made: Departure, at: float) -> None:
    assert made.changes_at() == pytest.approx(at, nan_ok=True)


def test_what_would_have_to_be_true_is_said_in_whole_sentences(results: Results) -> None:
    plan, turned = results.plan, replace(results.plan, outcome=replace(results.plan.outcome, better="higher"))
    never = departure("Selection", "odds", BELOW, [3.0, 2.0, 1.0, 2.0, 3.0], "Sham", "High")
    assert would_have_to_be(TIPS[0][0], plan) == (
        "Delta, high: the missing values would have to be 1.0 metres worse on average than expected from what was "
        "observed."
    )
    assert " 1.0 metres better on average " in would_have_to_be(TIPS[0][0], turned)
    assert " 2.0 metres better on average " in would_have_to_be(TIPS[2][0], plan)
    assert would_have_to_be(never, plan) == (
        "Selection, sham and high: nothing up to an odds ratio of 100 changes the conclusion."
    )
    odds = replace(TIPS[0][0], kind="Selection", of="odds")
    said = would_have_to_be(odds, plan)
    assert "a value one standard deviation worse would have to be missing with 2.7 times the odds" in said
    assert would_have_to_be(TIPS[4][0], plan) == "Delta, high: nothing up to 2 metres changes the conclusion."


def test_the_report_has_the_figure_its_numbers_and_the_sentences(results: Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert "What would have to be true for the conclusion to be another:" in page
    assert page.count("Pattern mixture, sham and high:") == 2  # in words, and as the picture's description
    table = pd.read_csv(results.out / "robustness.csv")
    assert table["kind"].value_counts()["Selection"] == 2 * 401
    assert table.loc[table["kind"] == "Selection", "size"].min() == pytest.approx(0.01)
    assert "<text" in (results.out / "robustness.svg").read_text(encoding="utf-8")


def test_a_plan_without_shifted_imputation_has_no_such_section(tmp_path: Path) -> None:
    exported = export(tmp_path)
    analyse(exported.snapshot, read(tmp_path), exported.allocation, tmp_path / "out")
    assert "tipping_of" not in content()
    assert not (tmp_path / "out" / "robustness.svg").exists()
