"""The truth of the synthetic trial: exact, and what direct draws tend to."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.analysis import LMM
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import cohort, direct_trial, true_difference
from app.rehearsal.population.disability import odi_sum
from app.rehearsal.population.latent import odi_course
from app.rehearsal.population.people import arm_of
from app.rehearsal.population.truth import ODI_DAYS


def test_the_truth_is_near_the_latent_difference(parameters: Parameters) -> None:
    assert true_difference(parameters) == pytest.approx(-0.6, abs=0.02)
    assert true_difference(parameters, day=28) == pytest.approx(-0.4, abs=0.02)
    assert true_difference(parameters, day=0) == 0


def test_the_truth_is_the_mean_of_rounded_scores(parameters: Parameters) -> None:
    """A large draw of both arms' scores, cut hard at zero so that rounding and cutting matter."""
    hard = replace(parameters, severity=replace(parameters.severity, baseline_mean=12.0))
    crowd = replace(hard, participants=6_000)
    changes: dict[int, list[float]] = {0: [], 1: []}
    for number in range(1, crowd.participants + 1):
        total, most = odi_sum(crowd, number, odi_course(crowd, number, (0, 154)))
        changes[arm_of(crowd, number)].append(100 * (total[1] - total[0]) / most)
    drawn = np.mean(changes[0]) - np.mean(changes[1])
    error = np.hypot(np.std(changes[0]), np.std(changes[1])) / np.sqrt(3_000)
    assert abs(true_difference(hard) - drawn) < 3 * error
    assert abs(true_difference(hard)) < 0.5  # cutting at zero has taken some of the 0.6


def test_a_direct_trial_looks_like_the_paper(parameters: Parameters) -> None:
    frames = [direct_trial(parameters, seed) for seed in range(8)]
    wide = pd.concat([frame.pivot(index="participant", columns="visit", values="odi") for frame in frames])
    change = wide["d154"] - wide["baseline"]
    assert change.std() == pytest.approx(10, abs=0.7)
    assert wide["baseline"].mean() == pytest.approx(33.4, abs=1.2)
    assert wide["baseline"].std() == pytest.approx(11, abs=0.7)


def test_a_direct_trial_is_the_cohort_that_the_service_would_see(parameters: Parameters) -> None:
    frame = direct_trial(parameters, parameters.seed)
    people = {person.number: person for person in cohort(parameters) if person.infusion_at}
    assert set(frame["participant"]) <= set(people)
    given = zip(frame["participant"].tolist(), frame["arm"].tolist(), strict=True)
    assert all(people[number].arm == arm for number, arm in given)
    assert list(frame["visit"].cat.categories) == ["baseline", *(f"d{day}" for day in ODI_DAYS[1:])]
    assert not frame.duplicated(["participant", "visit"]).any()


def test_the_interval_of_the_primary_model_covers_the_truth(parameters: Parameters) -> None:
    """200 direct trials; the primary model's 95 % interval for day 154 covers in 91 to 98 % of them."""
    truth = true_difference(parameters)
    covered, estimates = 0, []
    for seed in range(10_000, 10_200):
        fit = LMM("odi ~ site + arm*visit", direct_trial(parameters, seed), subject="participant", visit="visit").fit()
        table = fit.change_from("baseline")
        row = table[(table["quantity"] == "difference") & (table["visit"] == "d154")].iloc[0]
        covered += row["lower"] <= truth <= row["upper"]
        estimates.append(row["estimate"])
    assert 182 <= covered <= 196
    assert np.mean(estimates) == pytest.approx(truth, abs=3 * np.std(estimates) / np.sqrt(200))
