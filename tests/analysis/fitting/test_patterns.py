"""The reduced data give the sums that loops over subjects give, whatever is kept as a table or as rows."""

import numpy as np
import pytest

from app.analysis.design.layout import Bools, Layout
from app.analysis.distributions import Array
from app.analysis.fitting import patterns
from app.analysis.fitting.patterns import outer_products, reduce, without

ROWS = [
    # subject, slot, group of the subject
    *((0, slot, 0) for slot in (0, 1, 2)),
    *((1, slot, 0) for slot in (0, 2)),
    *((2, slot, 1) for slot in (0, 1, 2)),
    *((3, slot, 0) for slot in (2, 0)),
    *((4, slot, 0) for slot in (1,)),
    *((5, slot, 0) for slot in (2, 1, 0)),
]
PATTERNS = {0: 0, 1: 1, 2: 2, 3: 1, 4: 3, 5: 0}
"""Which of four patterns each subject has, in an order of our own."""
COLUMNS = 3


def layout() -> Layout:
    subject, slot, _ = (np.array(column, np.intp) for column in zip(*ROWS, strict=True))
    group = np.array([{s: g for s, _, g in ROWS}[s] for s in range(6)], np.intp)
    return Layout(subject, slot, group, tuple(range(6)), ("a", "b", "c"), ("one", "two"), np.zeros((2, 3)))


def values() -> Array:
    return np.random.default_rng(4).normal(size=(len(ROWS), COLUMNS))


def weights(masks: Bools) -> Array:
    """Symmetric weights per pattern, zero where the pattern has no slot."""
    W = np.random.default_rng(5).normal(size=(len(masks), 3, 3))
    W = W + W.transpose(0, 2, 1)
    return np.asarray(W * masks[:, :, None] * masks[:, None, :])


def by_subject(Z: Array, own: Layout) -> list[Array]:
    """Each subject's rows, (slots, columns), zero where there is none."""
    out = [np.zeros((3, COLUMNS)) for _ in own.subjects]
    for row, (subject, slot) in enumerate(zip(own.subject, own.slot, strict=True)):
        out[subject][slot] = Z[row]
    return out


@pytest.fixture(params=[4_000_000, 0], ids=["table", "rows where they are fewer"])
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(patterns, "TABLE_LIMIT", request.param)
    return int(request.param)


def test_subjects_of_one_group_with_the_same_slots_are_one_pattern() -> None:
    data = reduce(values(), layout())
    assert sorted(data.count.tolist()) == [1, 1, 2, 2]
    for a, own in PATTERNS.items():
        for b, other in PATTERNS.items():
            assert (data.pattern[a] == data.pattern[b]) == (own == other)
    assert data.mask[data.pattern].tolist() == [
        [True, True, True],
        [True, False, True],
        [True, True, True],
        [True, False, True],
        [False, True, False],
        [True, True, True],
    ]
    assert data.group[data.pattern].tolist() == [0, 0, 1, 0, 0, 0]


@pytest.mark.usefixtures("limit")
def test_weighing_is_the_sum_of_z_w_z_over_subjects() -> None:
    Z, own = values(), layout()
    data = reduce(Z, own)
    W = weights(data.mask)
    expected = sum(rows.T @ W[data.pattern[i]] @ rows for i, rows in enumerate(by_subject(Z, own)))
    np.testing.assert_allclose(data.weigh(W), expected)
    np.testing.assert_allclose(data.weigh(np.stack([W, 2 * W])), np.stack([expected, 2 * expected]))


@pytest.mark.usefixtures("limit")
def test_spreading_is_the_sum_of_z_b_z_over_each_pattern_s_subjects() -> None:
    Z, own = values(), layout()
    data = reduce(Z, own)
    B = np.random.default_rng(6).normal(size=(COLUMNS, COLUMNS))
    B = B + B.T
    expected = np.zeros((len(data.count), 3, 3))
    for i, rows in enumerate(by_subject(Z, own)):
        expected[data.pattern[i]] += rows @ B @ rows.T
    np.testing.assert_allclose(data.spread(B), expected)


@pytest.mark.usefixtures("limit")
def test_the_order_of_the_rows_does_not_matter() -> None:
    Z, own = values(), layout()
    order = np.random.default_rng(7).permutation(len(ROWS))
    shuffled = Layout(
        own.subject[order], own.slot[order], own.group, own.subjects, own.slots, own.groups, np.zeros((2, 3))
    )
    data, other = reduce(Z, own), reduce(Z[order], shuffled)
    W = weights(data.mask)
    np.testing.assert_allclose(other.weigh(W), data.weigh(W))


def test_a_pattern_s_rows_are_kept_where_its_table_is_more_than_twice_as_large(limit: int) -> None:
    """Three slots of one subject: 9 numbers as rows, 36 as a table. Of two subjects: 18 and 36, so still a table."""
    data = reduce(values(), layout())
    if limit:
        assert len(data.raw) == 0
        assert len(data.table) == 6 + 3 + 6 + 1
    else:
        assert data.raw_pattern.tolist() == [data.pattern[2]]
        np.testing.assert_array_equal(data.raw[0], by_subject(values(), layout())[2])
        assert len(data.table) == 6 + 3 + 1


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("times", [[1, 1, 1, 1, 1, 1], [2, 0, 1, 3, 1, 1], [0, 1, 0, 1, 0, 2]])
def test_a_subject_counts_as_often_as_its_weight_says(times: list[int]) -> None:
    Z, own = values(), layout()
    data = reduce(Z, own, np.array(times, float))
    W = weights(data.mask)
    expected = sum(
        count * rows.T @ W[data.pattern[i]] @ rows
        for i, (count, rows) in enumerate(zip(times, by_subject(Z, own), strict=True))
    )
    np.testing.assert_allclose(data.weigh(W), expected)
    assert data.count.sum() == sum(times)
    assert data.count.tolist() == np.bincount(data.pattern, times).tolist()


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("subject", range(6))
def test_without_a_subject_is_the_reduction_of_the_others(subject: int) -> None:
    Z, own = values(), layout()
    data = reduce(Z, own)
    less = without(data, Z, own, subject)
    others = reduce(Z, own, (np.arange(6) != subject).astype(float))
    W = weights(data.mask)
    np.testing.assert_allclose(less.weigh(W), others.weigh(W), atol=1e-12)
    assert less.count.tolist() == others.count.tolist()
    np.testing.assert_allclose(data.weigh(W), reduce(Z, own).weigh(W))  # what it was taken from is as it was


def test_outer_products_are_written_out() -> None:
    """Two slots, two columns, one subject with rows (1, 2) and (3, 5)."""
    table = outer_products(np.array([[[1.0, 2.0], [3.0, 5.0]]]))
    assert table.tolist() == [[1.0, 2.0, 4.0], [6.0, 11.0, 20.0], [9.0, 15.0, 25.0]]
