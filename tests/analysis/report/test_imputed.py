"""Analyses by imputation: the quick way equals the engine's own, and the map of shifts is exact."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA
from app.analysis.report.imputed import Imputer, tipping_map
from app.analysis.report.style import house_style, svg_bytes
from app.analysis.report.tipping_figure import tipping_figure, tips_at
from app.analysis.trial.allocation_file import read_allocation
from app.analysis.trial.dataset import Dataset, build_dataset
from app.analysis.trial.plan import Plan, PlannedAnalysis
from app.analysis.trial.snapshot import Snapshot
from tests.analysis.exported import Exported


@pytest.fixture(scope="module")
def dataset(exported: Exported, snapshot: Snapshot, plan: Plan) -> Dataset:
    return build_dataset(snapshot, plan, read_allocation(exported.allocation, snapshot, plan))


@pytest.fixture(scope="module")
def imputer(plan: Plan) -> Imputer:
    return Imputer(replace(plan, tipping_deltas=(-10.0, 0.0, 10.0)))


def _planned(plan: Plan, name: str) -> PlannedAnalysis:
    return next(analysis for analysis in plan.analyses if analysis.id == name)


def test_the_affected_visit_is_the_first_after_stopping_or_withdrawing(
    dataset: Dataset, snapshot: Snapshot, plan: Plan
) -> None:
    people = snapshot.participants.set_index("participant")
    ended = people[["treatment_stopped_on", "withdrawn_on"]].min(axis=1) - people["anchor_on"]
    affected = dataset.people.dropna(subset=["affected"])
    assert len(affected) > 5
    for participant, visit in zip(affected["participant"], affected["affected"], strict=True):
        day = plan.day_of_visit[visit]
        assert ended.dt.days[participant] <= day
        assert not any(ended.dt.days[participant] <= earlier < day for earlier in (28, 56, 91, 120, 154, 278))


@pytest.mark.parametrize("name", ["j2r", "mar"])
def test_the_quick_ancova_gives_the_engines_estimates(
    imputer: Imputer, dataset: Dataset, plan: Plan, name: str
) -> None:
    analysis = _planned(plan, name)
    changes, differences, people = imputer.estimates(dataset, analysis)
    imputation = imputer.imputation(dataset, analysis)
    full = imputation.completed()
    fit = ANCOVA(analysis.analysis, full[full["visit"] == "d154"]).fit()
    assert differences["estimate"].item() == pytest.approx(fit.contrasts("arm")["estimate"].item(), rel=1e-9)
    means = fit.emmeans("arm", weights="proportional").set_index("arm")["estimate"]
    for arm, estimate in zip(changes["arm"], changes["estimate"], strict=True):
        assert estimate == pytest.approx(means[arm], rel=1e-9)
    assert people == set(full["participant"])
    assert len(people) == changes["n"].sum()


def test_the_jackknife_leaves_out_each_participant_once(imputer: Imputer, dataset: Dataset, plan: Plan) -> None:
    """The pooled standard error, from the leave-one-out estimates of the engine's ANCOVA for a few and ours for all."""
    analysis = _planned(plan, "mar")
    imputation = imputer.imputation(dataset, analysis)
    some = replace(imputation, draws=imputation.draws[:4])
    slow = some.analyse(lambda frame: ANCOVA(analysis.analysis, frame))
    row = int(np.flatnonzero((slow.labels["visit"] == "d154") & (slow.labels["term"] == "Infliximab - Placebo"))[0])
    shorter = Imputer(plan, done={key: replace(whole, draws=whole.draws[:4]) for key, whole in imputer.done.items()})
    _, differences, _ = shorter.estimates(dataset, analysis)
    values = slow.draws[:, row, 0]
    assert differences["se"].item() == pytest.approx(np.sqrt(3 / 4 * ((values - values.mean()) ** 2).sum()), rel=1e-8)


def test_random_draws_are_pooled_by_rubins_rules(dataset: Dataset, plan: Plan) -> None:
    analysis = replace(_planned(plan, "mar"), id="random", method="approx-bayes", draws=5)
    changes, differences, _ = Imputer(plan).estimates(dataset, analysis)
    assert 0 < differences["df"].item() < 110  # finite: Barnard and Rubin's
    assert differences["estimate"].item() == pytest.approx(changes["estimate"].iloc[1] - changes["estimate"].iloc[0])


def test_strategies_share_their_refits(imputer: Imputer, dataset: Dataset, plan: Plan) -> None:
    first = imputer.imputation(dataset, _planned(plan, "j2r"))
    second = imputer.imputation(dataset, _planned(plan, "cir"))
    assert first.draws is second.draws
    assert set(second.patients.strategy) == {"CIR"}
    assert len(imputer.done) == 2


def test_shifts_of_the_map_are_those_of_the_engine(imputer: Imputer, dataset: Dataset, plan: Plan) -> None:
    analysis = _planned(plan, "mar")
    table = tipping_map(imputer, dataset, analysis).set_index(["active", "reference"])
    assert len(table) == 9
    shifted = imputer.imputation(dataset, analysis).with_delta({"Infliximab": 10.0, "Placebo": -10.0}).completed()
    fit = ANCOVA(analysis.analysis, shifted[shifted["visit"] == "d154"]).fit()
    assert table.loc[(10.0, -10.0), "estimate"] == pytest.approx(fit.contrasts("arm")["estimate"].item(), rel=1e-9)
    _, unshifted, _ = imputer.estimates(dataset, analysis)
    assert table.loc[(0.0, 0.0), "se"] == pytest.approx(unshifted["se"].item(), rel=1e-9)


def test_worse_imputed_values_of_an_arm_favour_the_other(imputer: Imputer, dataset: Dataset, plan: Plan) -> None:
    table = tipping_map(imputer, dataset, _planned(plan, "mar")).set_index(["active", "reference"])["estimate"]
    assert table[10.0, 0.0] > table[0.0, 0.0] > table[0.0, 10.0]


def _map(estimate: float) -> pd.DataFrame:
    """A map whose interval is the estimate ± 3."""
    grid = [(a, r) for a in (-10.0, 0.0, 10.0) for r in (-10.0, 0.0, 10.0)]
    rows = [{"active": a, "reference": r, "estimate": estimate + 0.2 * (a - r)} for a, r in grid]
    table = pd.DataFrame(rows)
    return table.assign(lower=table["estimate"] - 3, upper=table["estimate"] + 3)


def test_the_map_says_when_the_conclusion_changes(plan: Plan) -> None:
    smallest = "The conclusion changes first when one adds −10 points to the imputed values of infliximab."
    assert tips_at(_map(-1.5), plan) == smallest
    assert tips_at(_map(0.5).query("active >= 0 >= reference"), plan) == (
        "The conclusion changes first when one adds +10 points to the imputed values of infliximab and −10 points to "
        "the imputed values of placebo."
    )
    assert tips_at(_map(-20.0), plan) == "No shift of the map changes the conclusion."


def test_the_map_shows_every_difference_and_its_key(plan: Plan) -> None:
    with house_style():
        svg = svg_bytes(tipping_figure(_map(-1.5), plan, plan.arms.names, plan.direction)).decode()
    assert svg.count("−3.5</text>") == 2
    assert "favours infliximab" in svg
    assert plan.direction in svg


def test_where_asked_for_only_values_after_the_event_are_shifted(
    imputer: Imputer, dataset: Dataset, plan: Plan
) -> None:
    analysis = _planned(plan, "mar")
    after = Imputer(replace(imputer.plan, tipping_after_event=True), done=imputer.done)
    both = [own.linear(dataset, analysis).full[:, 1:] for own in (imputer, after)]
    imputation = imputer.imputation(dataset, analysis)
    slot = [at.visit for at in imputation.by_visit].index("d154")
    patients = imputation.patients
    gaps = patients.missing[:, slot] & (patients.event > slot)
    assert gaps.any()
    assert np.abs(both[1][1:]).sum() < np.abs(both[0][1:]).sum()
    shift = np.where(patients.missing & (patients.event <= slot)[:, None] & (patients.arm == 1)[:, None], 1.0, 0.0)
    y = imputation.values(imputation.full)[:, slot]
    frame = imputation.by_visit[slot].frame
    ours, moved = (
        ANCOVA(analysis.analysis, frame.assign(chg=values)).fit().contrasts("arm")["estimate"].item()
        for values in (y, y + shift[:, slot])
    )
    assert both[1][0, 1] == pytest.approx(moved - ours, abs=1e-9)
