"""The counts of the flow diagram, on people written by hand."""

from typing import Any

import pytest

from app.analysis.report.flow import ArmFlow, count_flow
from app.analysis.trial.dataset import build_dataset
from tests.analysis.small import allocate, person, score, small_plan, small_snapshot

REASONS = {"moved": "moved away", "ill": "too ill"}
PEOPLE = [
    person("01-001"),
    person("01-003", stopped=30),
    person("01-005", withdrawn=40, reason=REASONS["moved"]),
    person("01-007", infused=None, withdrawn=-1, reason=REASONS["ill"]),
    person("01-009", infused=None, withdrawn=-1),
    person("01-002"),
    person("01-004", stopped=20, withdrawn=20, reason=REASONS["ill"]),
    person("01-006", withdrawn=100, reason=REASONS["ill"]),
    person("01-008", withdrawn=90, reason=REASONS["moved"]),
    person("09-001", randomised=None, infused=None),
    person("09-002", randomised=None, infused=None, withdrawn=-3),
]
ANSWERED = [("01-001", 0), ("01-001", 154), ("01-003", 28), ("01-002", 154), ("01-006", 0), ("01-006", 28)]


def flow(**others: Any) -> Any:
    analysed = frozenset(others.pop("analysed", ("01-001", "01-006")))
    snapshot = small_snapshot(others.pop("people", PEOPLE), [score(code, day, 30.0) for code, day in ANSWERED])
    arms = allocate(snapshot).drop([code for code in ("09-001", "09-002") if code in allocate(snapshot).index])
    plan = small_plan(**others)
    return count_flow(snapshot, plan, arms, build_dataset(snapshot, plan, arms), analysed)


def test_enrolled_are_randomised_or_not() -> None:
    counted = flow()
    assert (counted.enrolled, counted.not_randomised, counted.randomised) == (11, 2, 9)
    assert counted.primary_visit == "5 months (day 154)"


def test_each_arm_s_way_with_reasons_the_most_frequent_first() -> None:
    active, reference = flow().arms
    assert active == ArmFlow(
        arm="Active",
        allocated=4,
        began=4,
        not_begun={},
        stopped=1,
        withdrawn={"too ill": 2, "moved away": 1},
        answered_primary=1,
        analysed=1,
        not_analysed={"no answer after baseline": 2, "no baseline": 1},
    )
    assert reference == ArmFlow(
        arm="Reference",
        allocated=5,
        began=3,
        not_begun={"reason not given": 1, "too ill": 1},
        stopped=1,
        withdrawn={"moved away": 1},
        answered_primary=1,
        analysed=1,
        not_analysed={"no answer after baseline": 1, "no baseline": 1},
    )


def test_the_figure_s_data_are_the_counts_line_by_line() -> None:
    table = flow().table()
    assert table.head(3).to_numpy().tolist() == [["enrolled", "", 11], ["not randomised", "", 2], ["randomised", "", 9]]
    reference = table[table["arm"] == "Reference"].set_index("stage")["participants"].to_dict()
    assert reference == {
        "allocated": 5,
        "with the first infusion": 3,
        "without the first infusion: reason not given": 1,
        "without the first infusion: too ill": 1,
        "treatment stopped": 1,
        "withdrawn: moved away": 1,
        "answered at 5 months (day 154)": 1,
        "analysed": 1,
        "not analysed: no answer after baseline": 1,
        "not analysed: no baseline": 1,
    }


@pytest.mark.parametrize("arm", [0, 1])
def test_nobody_is_counted_twice(arm: int) -> None:
    own = flow().arms[arm]
    assert own.allocated == own.began + sum(own.not_begun.values())
    assert own.began == own.analysed + sum(own.not_analysed.values())
    assert own.answered_primary <= own.began


def test_who_answered_and_is_not_analysed_is_left_out_by_a_rule_of_the_analysis() -> None:
    reasons = [arm.not_analysed for arm in flow(analysed=()).arms]
    rule = "not in the model's population, or a covariate is missing"
    assert [own[rule] for own in reasons] == [1, 1]


def test_without_a_baseline_nobody_lacks_one() -> None:
    arms = flow(analysed=("01-001", "01-002", "01-003", "01-006"), has_baseline=False).arms
    assert [arm.not_analysed for arm in arms] == [{"no answer": 2}, {"no answer": 1}]
