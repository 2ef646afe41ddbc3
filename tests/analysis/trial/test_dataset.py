"""The analysis dataset: who is in it, and what is baseline."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.analysis.report.run import estimate
from app.analysis.trial.dataset import Dataset, build_dataset, check_days, for_analysis
from app.analysis.trial.plan import BlindingItem, Plan
from app.analysis.trial.populations import members
from app.analysis.trial.snapshot import Snapshot, SnapshotError
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import direct_trial
from tests.analysis.exported import Exported


@pytest.fixture(scope="module")
def dataset(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> Dataset:
    return build_dataset(snapshot, plan, arms)


def test_everyone_infused_is_in_it_and_nobody_else(dataset: Dataset, snapshot: Snapshot) -> None:
    infused = snapshot.participants.dropna(subset=["anchor_at"])
    assert dataset.people["participant"].tolist() == sorted(infused["participant"])


def test_levels_are_in_order_with_the_references_first(dataset: Dataset) -> None:
    assert dataset.long["arm"].cat.categories.tolist() == ["Placebo", "Infliximab"]
    assert dataset.long["visit"].cat.categories.tolist() == ["baseline", "d28", "d56", "d91", "d120", "d154", "d278"]
    assert dataset.long["visit"].cat.ordered
    assert dataset.long["site"].cat.categories.tolist() == ["01", "02", "03", "04", "05"]


def test_the_rows_are_those_of_the_direct_trial(dataset: Dataset, parameters: Parameters) -> None:
    """The same people and the same model, by two routes."""
    direct = direct_trial(parameters, parameters.seed)
    assert len(dataset.long) == len(direct)
    assert dataset.long["odi"].sum() == pytest.approx(direct["odi"].sum())


def test_an_answer_after_the_first_dose_is_never_baseline(
    dataset: Dataset, snapshot: Snapshot, plan: Plan, arms: pd.Series
) -> None:
    after = snapshot.scores[snapshot.scores["after_baseline_end"]]
    assert len(after) > 0
    with_baseline = set(dataset.long.loc[dataset.long["day"] == 0, "participant"])
    assert not with_baseline & set(after["participant"])
    scores = pd.concat([snapshot.scores, after.assign(day=0)])
    assert len(build_dataset(replace(snapshot, scores=scores), plan, arms).long) == len(dataset.long)


def test_change_has_the_baseline_beside_it(dataset: Dataset) -> None:
    change = dataset.change()
    assert (change["chg"] == change["odi"] - change["odi_base"]).all()
    assert "baseline" not in change["visit"].cat.categories
    assert change["participant"].nunique() < dataset.people["participant"].nunique()  # some have no baseline


def test_leaving_out_late_answers_leaves_out_those_only(dataset: Dataset, snapshot: Snapshot, plan: Plan) -> None:
    analysis = next(analysis for analysis in plan.analyses if analysis.leave_out == "late")
    kept = for_analysis(dataset, snapshot, plan, analysis)
    assert 0 < dataset.long["late"].sum() == len(dataset.long) - len(kept.long)


def test_answers_after_a_stop_are_left_out_for_the_hypothetical_estimand(
    dataset: Dataset, snapshot: Snapshot, plan: Plan
) -> None:
    analysis = next(analysis for analysis in plan.analyses if analysis.leave_out == "after_treatment_stopped")
    kept = for_analysis(dataset, snapshot, plan, analysis)
    stopped_on = snapshot.participants.set_index("participant")["treatment_stopped_on"].dropna()
    assert len(kept.long) < len(dataset.long)
    answered_on = kept.long["submitted_at"].dt.tz_localize(None)
    stop = kept.long["participant"].map(stopped_on)
    assert not (answered_on >= stop).any()
    assert kept.long["participant"].isin(stopped_on.index).any()  # what came before the stop stays


def test_per_protocol_needs_all_infusions_and_no_excluded_event(
    dataset: Dataset, snapshot: Snapshot, plan: Plan
) -> None:
    kept = members(snapshot, plan, plan.populations["per_protocol"])
    events = snapshot.events
    excluded = set(events.loc[events["kind"].isin(["treatment_stopped", "rescue_medication"]), "participant"])
    assert 90 < len(kept) < 126
    assert not kept & excluded


def test_two_scores_of_one_day_are_refused(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> None:
    repeated = snapshot.scores[(snapshot.scores["participant"] == "01-001") & (snapshot.scores["day"] == 154)]
    spoiled = replace(snapshot, scores=pd.concat([snapshot.scores, repeated]))
    with pytest.raises(SnapshotError, match="more than one odi score for 01-001 day 154"):
        build_dataset(spoiled, plan, arms)


def test_no_score_at_all_is_said(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> None:
    with pytest.raises(SnapshotError, match="has no odi score of anyone"):
        build_dataset(replace(snapshot, scores=snapshot.scores.iloc[:0]), plan, arms)


def test_someone_infused_but_not_allocated_is_named(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> None:
    with pytest.raises(SnapshotError, match="with the first infusion but without an arm: 01-001"):
        build_dataset(snapshot, plan, arms.drop("01-001"))


DAYS: list[tuple[dict[str, Any], str]] = [
    ({"days": (28, 57, 154)}, "days of the plan names day 57, on which the export has no visit; it has day 0, 28, 56"),
    ({"days": (28, 46, 92, 154)}, "days of the plan names day 46, 92, on"),
    ({"visit_names": {155: "5 months"}}, "visit_names of the plan names day 155, on"),
    ({"blinding": BlindingItem("perceived_treatment.guess", 155, 1, 2, 3)}, "blinding of the plan names day 155, on"),
]


@pytest.mark.parametrize(("change", "words"), DAYS)
def test_days_that_the_export_does_not_have_are_refused(
    exported: Exported, snapshot: Snapshot, plan: Plan, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(SnapshotError) as refusal:
        estimate(snapshot, replace(plan, **change), exported.allocation, tmp_path, None)
    assert words in str(refusal.value)
    check_days(snapshot, plan)
    check_days(snapshot, replace(plan, blinding=None))
