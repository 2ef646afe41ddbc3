"""The rules of the analysis dataset at their edges, each on a person or two."""

from typing import Any

import pandas as pd
import pytest

from app.analysis.errors import listed
from app.analysis.trial.allocation_file import dummy_allocation
from app.analysis.trial.dataset import Dataset, build_dataset, for_analysis
from app.analysis.trial.plan import Membership, Population
from app.analysis.trial.populations import members
from app.analysis.trial.snapshot import Snapshot, SnapshotError
from tests.analysis.small import allocate, analysis, person, score, small_plan, small_snapshot


def dataset(snapshot: Snapshot, **plan: Any) -> Dataset:
    return build_dataset(snapshot, small_plan(**plan), allocate(snapshot))


def course(code: str, *values: float | None) -> list[dict[str, Any]]:
    """Scores at baseline, day 28 and day 154."""
    return [score(code, day, value) for day, value in zip((0, 28, 154), values, strict=False) if value is not None]


TWO = [person("01-001"), person("02-002")]
SCORES = [*course("01-001", 40, 30, 20), *course("02-002", 50, 45, 44)]


def test_a_row_for_each_person_and_visit_with_a_score() -> None:
    data = dataset(small_snapshot(TWO, SCORES))
    assert data.long["odi"].tolist() == [40, 30, 20, 50, 45, 44]
    assert data.long["visit"].astype(str).tolist() == ["baseline", "d28", "d154"] * 2
    assert data.long["day"].tolist() == [0, 28, 154] * 2
    assert data.long["arm"].tolist() == ["Reference"] * 3 + ["Active"] * 3
    assert data.people["site"].tolist() == ["01", "02"]


LEFT_OUT = [
    # what is added to the scores of 01-001, whether it is a row
    (score("01-001", 91, 33.0), False),  # a day that is no visit of the plan
    (score("01-001", 154, None), False),  # too few items for a score
    (score("01-001", 154, 12.0, score="rmdq"), False),
    (score("01-001", 154, 21.0), True),
    (score("01-001", 154, 21.0, answered=200), True),
]


@pytest.mark.parametrize(("added", "kept"), LEFT_OUT)
def test_which_scores_are_rows(added: dict[str, Any], kept: bool) -> None:
    snapshot = small_snapshot([person("01-001")], [*course("01-001", 40, 30), added])
    assert len(dataset(snapshot).long) == 2 + kept


@pytest.mark.parametrize(
    ("scores", "days"),
    [
        ([score("01-001", 0, 40), score("01-001", 28, 30)], [0, 28]),
        # day 0 answered after the infusion: neither baseline nor a visit after it
        ([score("01-001", 0, 40, baseline=False, after_baseline_end=True), score("01-001", 28, 30)], [28]),
        # the flagged answer is the baseline, whichever visit it is of
        ([score("01-001", -7, 41, baseline=True), score("01-001", 28, 30)], [0, 28]),
        # an answer of a later visit flagged as baseline is not also that visit
        ([score("01-001", 28, 41, baseline=True), score("01-001", 154, 30)], [0, 154]),
    ],
)
def test_the_export_s_flag_decides_what_baseline_is(scores: list[dict[str, Any]], days: list[int]) -> None:
    assert dataset(small_snapshot([person("01-001")], scores)).long["day"].tolist() == days


@pytest.mark.parametrize(
    ("who", "there"),
    [
        (person("01-003"), True),
        (person("01-003", infused=None), False),
        (person("01-003", infused=None, randomised=None), False),
        (person("01-003", withdrawn=1), True),
        (person("01-003", stopped=0), True),
    ],
)
def test_who_is_there_is_who_was_infused(who: dict[str, Any], there: bool) -> None:
    data = dataset(small_snapshot([*TWO, who], [*SCORES, *course("01-003", 44)]))
    assert ("01-003" in set(data.people["participant"])) == there
    assert ("01-003" in set(data.long["participant"])) == there


AFFECTED = [
    # study days of stop and of withdrawal, the first visit affected
    (None, None, None),
    (1, None, "d28"),
    (28, None, "d28"),  # the day of the visit itself is affected
    (29, None, "d154"),
    (154, None, "d154"),
    (155, None, None),
    (None, 28, "d28"),
    (100, 20, "d28"),  # the earlier of both
    (20, 100, "d28"),
    (0, None, "d28"),  # baseline is never affected
]


@pytest.mark.parametrize(("stopped", "withdrawn", "visit"), AFFECTED)
def test_the_first_visit_affected_by_the_end_of_treatment_or_follow_up(
    stopped: int | None, withdrawn: int | None, visit: str | None
) -> None:
    people = [person("01-001", stopped=stopped, withdrawn=withdrawn), person("02-002")]
    affected = dataset(small_snapshot(people, SCORES)).people.set_index("participant")["affected"]
    assert (None if pd.isna(affected["01-001"]) else affected["01-001"]) == visit
    assert pd.isna(affected["02-002"])


@pytest.mark.parametrize(
    ("stopped", "answered", "kept"), [(30, 29, True), (30, 30, False), (30, 31, False), (None, 31, True)]
)
def test_an_answer_on_the_day_of_the_stop_is_after_it(stopped: int | None, answered: int, kept: bool) -> None:
    people = [person("01-001", stopped=stopped)]
    snapshot = small_snapshot(people, [score("01-001", 0, 40), score("01-001", 28, 30, answered=answered)])
    plan = small_plan()
    rows = for_analysis(dataset(snapshot), snapshot, plan, analysis(leave_out="after_treatment_stopped")).long
    assert rows["day"].tolist() == ([0, 28] if kept else [0])


def test_late_is_what_the_assessment_says_of_that_visit() -> None:
    snapshot = small_snapshot(TWO, SCORES, late=[("01-001", 28), ("02-002", 91)])
    data = dataset(snapshot)
    assert data.long.loc[data.long["late"], ["participant", "day"]].to_numpy().tolist() == [["01-001", 28]]
    kept = for_analysis(data, snapshot, small_plan(), analysis(leave_out="late")).long
    assert kept["day"].tolist() == [0, 154, 0, 28, 154]


PER_PROTOCOL = [
    # events of 01-001: kind, state, study day; whether the person kept to the protocol
    ([("infusion", "happened", 14)], True),
    ([], False),
    ([("infusion", "called_off", 14)], False),
    ([("visit", "happened", 14)], False),
    ([*[("infusion", "happened", day) for day in (14, 42)]], True),
    ([("infusion", "happened", 14), ("rescue", "happened", 154)], False),
    ([("infusion", "happened", 14), ("rescue", "happened", 155)], True),
    ([("infusion", "happened", 14), ("rescue", "planned", 20)], True),
    ([("infusion", "happened", 14), ("surgery", "happened", 20)], True),
]


@pytest.mark.parametrize(("events", "member"), PER_PROTOCOL)
def test_who_kept_to_the_protocol_until_the_primary_day(events: list[tuple[str, str, int]], member: bool) -> None:
    rule = Population(
        "pp",
        "Per protocol",
        (
            Membership(("first_infusion", "infusion"), at_least=2),
            Membership(("rescue",), at_least=0, at_most=0, until=154),
        ),
    )
    snapshot = small_snapshot(TWO, SCORES, [("01-001", *event) for event in events])
    plan = small_plan(populations={"infused": small_plan().populations["infused"], "pp": rule})
    assert members(snapshot, plan, rule) == (frozenset({"01-001"}) if member else frozenset())
    assert members(snapshot, plan, plan.populations["infused"]) == {"01-001", "02-002"}


def test_change_is_from_the_persons_own_baseline() -> None:
    data = dataset(small_snapshot(TWO, SCORES)).change()
    assert data["chg"].tolist() == [-10, -20, -5, -6]
    assert data["odi_base"].tolist() == [40, 40, 50, 50]
    assert data["visit"].cat.categories.tolist() == ["d28", "d154"]


def test_without_a_baseline_there_is_no_change_but_a_row() -> None:
    data = dataset(small_snapshot(TWO, [*course("01-001", None, 30, 20), *course("02-002", 50, 45)]))
    assert data.change()["participant"].tolist() == ["02-002"]
    assert data.long["participant"].tolist() == ["01-001", "01-001", "02-002", "02-002"]


def test_visits_that_nobody_answered_are_no_levels() -> None:
    data = dataset(small_snapshot(TWO, [*course("01-001", 40, 30), *course("02-002", 50, 45)]))
    assert data.long["visit"].cat.categories.tolist() == ["baseline", "d28"]


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([*SCORES, score("01-001", 28, 31)], "scores.csv has more than one odi score for 01-001 day 28"),
        ([*SCORES, score("01-001", -7, 39, baseline=True)], "scores.csv has more than one odi score for 01-001 day 0"),
        ([score("01-001", 28, 1.0, score="rmdq")], "scores.csv has no odi score of anyone with the first infusion"),
    ],
)
def test_scores_that_cannot_be_one_row_each_are_refused(scores: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(SnapshotError, match=words):
        dataset(small_snapshot(TWO, scores))


@pytest.mark.parametrize(("people", "sizes"), [(4, {2}), (5, {2, 3}), (1, {1, 0})])
def test_the_dummy_arms_are_as_even_as_can_be_and_only_of_those_randomised(people: int, sizes: set[int]) -> None:
    there = [person(f"01-00{i}") for i in range(people)]
    snapshot = small_snapshot([*there, person("01-009", randomised=None, infused=None)], SCORES)
    drawn = dummy_allocation(snapshot, small_plan())
    assert set(drawn.value_counts()) == sizes
    assert "01-009" not in drawn.index
    assert drawn.index.tolist() == sorted(drawn.index)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_dummy_arms_follow_the_seed_and_not_the_order_of_the_rows(seed: int) -> None:
    people = [person(f"01-0{i:02}") for i in range(20)]
    forth, back = (
        dummy_allocation(small_snapshot(order, SCORES), small_plan(seed=seed)) for order in (people, people[::-1])
    )
    pd.testing.assert_series_equal(forth, back)
    other = dummy_allocation(small_snapshot(people, SCORES), small_plan(seed=seed + 10))
    assert not forth.equals(other)


@pytest.mark.parametrize(
    ("items", "most", "text"),
    [
        ([], 5, ""),
        (["a"], 5, "a"),
        (list("abcde"), 5, "a, b, c, d, e"),
        (list("abcdef"), 5, "a, b, c, d, e and 1 more"),
        ({"b", "a", "c"}, 2, "a, b and 1 more"),
        ([1, None, 2.5], 5, "1, None, 2.5"),
        ((item for item in "xyz"), 1, "x and 2 more"),
    ],
)
def test_a_list_in_a_sentence_is_not_longer_than_helps(items: Any, most: int, text: str) -> None:
    assert listed(items, most) == text
