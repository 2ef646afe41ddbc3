"""A yes or no made of a score, and events counted over the time that somebody was followed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.trial.derived import YEAR, counted, outcome_data, responses
from app.analysis.trial.plan import PlannedAnalysis, PlannedOutcome, Response, SecondaryOutcome
from app.analysis.trial.snapshot import Snapshot, SnapshotError
from tests.analysis.small import allocate, on, person, score, small_plan, small_snapshot

ODI = PlannedOutcome("odi", "ODI", "Oswestry", "points", 0, 100, "lower")
UP = replace(ODI, better="higher")

RULES: list[tuple[PlannedOutcome, Response, float, float, float]] = [
    (ODI, Response(points=10), 40, 30, 1),
    (ODI, Response(points=10), 40, 30.1, 0),
    (ODI, Response(points=10), 40, 50, 0),
    (UP, Response(points=10), 40, 50, 1),
    (UP, Response(points=10), 40, 30, 0),
    (ODI, Response(points=0.3), 0.7, 0.4, 1),  # 0.7 - 0.4 is a little less than 0.3 for the machine
    (ODI, Response(percent=30), 40, 28, 1),
    (ODI, Response(percent=30), 40, 28.1, 0),
    (ODI, Response(percent=30), 0, 0, 1),
    (UP, Response(percent=50), -0.2, -0.1, 1),  # an index below zero: half of its size
    (ODI, Response(at_most=22), 10, 22, 1),
    (ODI, Response(at_most=22), 10, 22.1, 0),
    (ODI, Response(at_most=0), 10, 0, 1),
    (ODI, Response(at_least=4), np.nan, 4, 1),
    (ODI, Response(at_least=4), 1, 3.9, 0),
    (ODI, Response(points=10), np.nan, 30, np.nan),
    (ODI, Response(points=10), 40, np.nan, np.nan),
    (ODI, Response(at_most=22), 10, np.nan, np.nan),
]


@pytest.mark.parametrize(("outcome", "response", "start", "value", "expected"), RULES)
def test_what_is_a_yes(
    outcome: PlannedOutcome, response: Response, start: float, value: float, expected: float
) -> None:
    rows = pd.DataFrame({"odi_base": [start], "odi": [value]})
    assert responses(rows, outcome, response).tolist() == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(
    ("outcome", "response", "better"),
    [
        (ODI, Response(points=10), "higher"),
        (UP, Response(percent=10), "higher"),
        (ODI, Response(at_most=22), "higher"),
        (ODI, Response(at_least=22), "lower"),
        (UP, Response(at_least=22), "higher"),
        (UP, Response(at_most=22), "lower"),
    ],
)
def test_more_with_a_yes_is_better_where_the_yes_is(outcome: PlannedOutcome, response: Response, better: str) -> None:
    assert response.better(outcome) == better


def logistic(**others: Any) -> SecondaryOutcome:
    analysis = PlannedAnalysis("r", "R", "supporting", "policy", "infused", "logistic", "response ~ arm")
    return SecondaryOutcome(ODI, (28, 154), 154, analysis, **others)


def people() -> Snapshot:
    rows = [person("01-001"), person("01-002"), person("01-003", withdrawn=100), person("01-004")]
    values = [score("01-001", 0, 40), score("01-001", 154, 20), score("01-002", 0, 40), score("01-002", 28, 38)]
    values += [score("01-003", 28, 10), score("01-004", 0, 30), score("01-004", 154, 29)]
    events = [("01-001", "rescue", "happened", day) for day in (-3, 0, 5, 154, 155)]
    events += [("01-003", "rescue", "happened", 100), ("01-003", "rescue", "happened", 101)]
    snapshot = small_snapshot(rows, values, [*events, ("01-004", "rescue", "cancelled", 9)])
    visits = [("01-001", "01", f"d{day}", day, "completed", "") for day in (0, 28, 154)]
    return replace(snapshot, assessments=pd.DataFrame(visits, columns=snapshot.assessments.columns))


def test_a_response_is_of_those_observed_and_the_report_then_speaks_of_shares() -> None:
    snapshot = people()
    plan, dataset = outcome_data(snapshot, small_plan(), logistic(response=Response(points=10)), allocate(snapshot))
    rows = dataset.long.set_index(["participant", "day"])["response"]
    assert rows.to_dict() == {("01-001", 154): 1.0, ("01-002", 28): 0.0, ("01-004", 154): 0.0}
    assert dataset.score == "response"
    assert "odi_base" in dataset.long
    assert (plan.has_baseline, plan.outcome.unit, plan.outcome.better) == (False, "%", "higher")
    assert plan.visits == {28: "d28", 154: "d154"}


def test_who_has_no_value_has_not_responded_where_the_plan_says_so() -> None:
    snapshot, response = people(), Response(points=10, missing="non-responder")
    _, dataset = outcome_data(snapshot, small_plan(), logistic(response=response), allocate(snapshot))
    rows = dataset.long.set_index(["participant", "day"])
    assert len(rows) == 4 * 2
    assert rows["response"].sum() == 1
    assert rows.loc[("01-001", 28), "odi_base"] == 40  # known from another visit
    assert rows["odi_base"].isna().groupby(level=0).sum().to_dict() == {
        "01-001": 0,
        "01-002": 0,
        "01-003": 2,
        "01-004": 0,
    }
    assert list(dataset.long["visit"].cat.categories) == ["d28", "d154"]


def test_events_count_from_day_0_to_the_end_of_follow_up() -> None:
    snapshot = people()
    outcome = replace(ODI, score="events", events=("rescue",))
    long = counted(snapshot, small_plan(outcome=outcome), allocate(snapshot)).long.set_index("participant")
    assert long["events"].to_dict() == {"01-001": 3, "01-002": 0, "01-003": 1, "01-004": 0}
    assert (long["years"] * YEAR).round(6).to_dict() == {"01-001": 155, "01-002": 155, "01-003": 101, "01-004": 155}


def test_nobody_is_followed_beyond_the_export() -> None:
    snapshot = people()
    day = on(9)
    assert day is not None
    early = replace(snapshot, manifest={"as_of": f"{day:%Y-%m-%d}T06:00:00Z"})
    outcome = replace(ODI, score="events", events=("rescue",))
    long = counted(early, small_plan(outcome=outcome), allocate(snapshot)).long.set_index("participant")
    assert long.loc["01-001", "events"] == 2
    assert (long["years"] * YEAR).round(6).tolist() == [10.0] * 4


def answered(code: str, day: int, value: object) -> dict[str, Any]:
    of = {"participant": code, "visit": f"d{day}", "day": day, "instrument": "eq", "item": "mobility"}
    of |= {
        "submitted_at": pd.Timestamp("2026-01-01", tz="UTC"),
        "baseline": "no",
    }  # columns that an export may have too
    return of | {"value": None if value is None else str(value)}


def test_an_item_is_an_outcome_with_the_baseline_of_its_visit() -> None:
    snapshot = people()
    given = [
        answered("01-001", 0, 3),
        answered("01-001", 154, 1),
        answered("01-004", 0, 2),
        answered("01-002", 154, None),
        answered("01-003", 0, 4),  # no score was made of these visits
        answered("01-003", 154, 2),
    ]
    snapshot = replace(snapshot, answers=pd.DataFrame(given).astype({"day": "Int64", "value": "string"}))
    mobility = replace(ODI, score="mobility", item="eq.mobility", maximum=5)
    analysis = PlannedAnalysis("m", "M", "supporting", "policy", "infused", "ordinal", "mobility ~ mobility_base + arm")
    secondary = SecondaryOutcome(mobility, (154,), 154, analysis)
    plan, dataset = outcome_data(snapshot, small_plan(), secondary, allocate(snapshot))
    assert dataset.long[["participant", "mobility", "mobility_base"]].to_numpy().tolist() == [
        ["01-001", 1.0, 3.0],
        ["01-003", 2.0, 4.0],
    ]
    assert plan.outcome.unit == "points"
    words = replace(snapshot, answers=pd.DataFrame([answered("01-001", 0, "badly")]).astype({"day": "Int64"}))
    with pytest.raises(SnapshotError, match=r"the answers of eq\.mobility hold badly, which is no number"):
        outcome_data(words, small_plan(), secondary, allocate(snapshot))
    none = replace(snapshot, answers=snapshot.answers.iloc[:0])
    with pytest.raises(SnapshotError, match=r"answers\.csv has no mobility answer of anyone with the first infusion"):
        outcome_data(none, small_plan(), secondary, allocate(snapshot))
