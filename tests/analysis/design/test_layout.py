"""Where rows stand: by visit, by the visits' times, or by each subject's own times."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis.design.layout import sequence_layout, timed_layout, visit_layout

NAN = float("nan")


def frame(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["id", "visit", "month"])
    table["visit"] = pd.Categorical(table["visit"], ["v1", "v2", "v3"])
    return table


SAME_TIMES = frame([("b", "v2", 3.0), ("a", "v1", 0.0), ("b", "v1", 0.0), ("a", "v3", 9.0)])
OWN_TIMES = frame([("a", "v2", 3.5), ("a", "v1", 0.0), ("b", "v1", 0.0), ("b", "v2", 3.0), ("c", "v1", 0.0)])


def test_visits_are_slots_in_the_order_of_the_categories() -> None:
    layout = visit_layout(SAME_TIMES, "id", "visit")
    assert layout.subjects == ("b", "a")
    assert layout.subject.tolist() == [0, 1, 0, 1]
    assert layout.slots == ("v1", "v2", "v3")
    assert layout.slot.tolist() == [1, 0, 0, 2]
    assert layout.groups == ("all",)
    assert layout.group.tolist() == [0, 0]
    assert layout.owner is None


def test_numbers_are_slots_in_ascending_order() -> None:
    layout = visit_layout(SAME_TIMES.assign(visit=[154, 0, 28, 0]), "id", "visit")
    assert layout.slots == (0, 28, 154)
    assert layout.slot.tolist() == [2, 0, 1, 0]


def test_each_subject_has_the_group_of_its_rows() -> None:
    layout = visit_layout(SAME_TIMES, "id", "visit", np.array([1, 0, 1, 0]), ["P", "A"])
    assert layout.groups == ("P", "A")
    assert layout.group.tolist() == [1, 0]
    assert layout.times.shape == (2, 3)


def test_where_each_visit_has_one_time_the_slots_have_times() -> None:
    layout = timed_layout(SAME_TIMES, "id", "visit", "month")
    assert layout is not None
    assert layout.times.tolist() == [[0.0, 3.0, 9.0]]
    assert layout.owner is None
    by_group = timed_layout(SAME_TIMES, "id", "visit", "month", np.array([1, 0, 1, 0]), ["P", "A"])
    assert by_group is not None
    assert by_group.times.tolist() == [[0.0, 3.0, 9.0]] * 2
    assert by_group.owner is not None
    assert by_group.owner.tolist() == [0, 1]


def test_where_a_visit_has_several_times_there_is_no_layout_by_visit() -> None:
    assert timed_layout(OWN_TIMES, "id", "visit", "month") is None


def test_positions_within_the_subject_follow_time() -> None:
    layout = sequence_layout(OWN_TIMES, "id", "month")
    assert layout.subjects == ("a", "b", "c")
    assert layout.slot.tolist() == [1, 0, 0, 1, 0]
    assert layout.slots == (0, 1)
    sets = {subject: layout.times[layout.group[i]].tolist() for i, subject in enumerate(layout.subjects)}
    assert sets["a"] == [0.0, 3.5]
    assert sets["b"] == [0.0, 3.0]
    assert sets["c"] == [0.0, pytest.approx(NAN, nan_ok=True)]


def test_subjects_with_the_same_times_share_a_group_unless_their_owners_differ() -> None:
    twins = pd.concat([OWN_TIMES.assign(id=OWN_TIMES["id"] + k) for k in "12"], ignore_index=True)
    shared = sequence_layout(twins, "id", "month")
    assert len(shared.times) == 3
    assert shared.owner is None
    owners = np.array([0] * 5 + [1] * 5)
    apart = sequence_layout(twins, "id", "month", owners)
    assert len(apart.times) == 6
    assert apart.owner is not None
    assert sorted(apart.owner.tolist()) == [0, 0, 0, 1, 1, 1]
    for i, subject in enumerate(apart.subjects):
        assert apart.owner[apart.group[i]] == int(subject.endswith("2"))


def test_without_time_positions_follow_the_rows() -> None:
    layout = sequence_layout(OWN_TIMES, "id", None)
    assert layout.slot.tolist() == [0, 1, 0, 1, 0]
    assert layout.group.tolist() == [0, 0, 0]
    assert layout.times.tolist() == [[0.0, 0.0]]
    assert layout.owner is None


@pytest.mark.parametrize(
    "make", [lambda f: visit_layout(f, "id", "visit"), lambda f: sequence_layout(f, "id", "month")]
)
def test_every_row_stands_somewhere_and_no_two_in_one_place(make: Any) -> None:
    layout = make(OWN_TIMES)
    places = set(zip(layout.subject.tolist(), layout.slot.tolist(), strict=True))
    assert len(places) == len(OWN_TIMES)
