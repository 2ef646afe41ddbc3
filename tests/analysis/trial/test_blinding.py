"""Bang's and James's indices, on published or hand-counted numbers."""

import numpy as np
import pandas as pd
import pytest

from app.analysis.errors import DataError
from app.analysis.trial.blinding import Blinding, bang_index, blinding_indices, james_value
from tests.analysis.tables import cells


def guesses(counts: dict[tuple[str, str], int]) -> pd.DataFrame:
    rows = [(arm, guess) for (arm, guess), count in counts.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["arm", "guess"])


def indices(frame: pd.DataFrame) -> Blinding:
    return blinding_indices(frame, arm="arm", guess="guess", unknown="dk")


CRISP = {("t", "t"): 82, ("t", "p"): 25, ("t", "dk"): 170, ("p", "t"): 27, ("p", "p"): 29, ("p", "dk"): 83}


def test_blinding_of_the_crisp_trial_as_published() -> None:
    """Bang et al. 2004: James 0.75; Bang 0.21 on treatment, 0.01 on placebo."""
    result = indices(guesses(CRISP))
    bang = result.bang.set_index("arm")["estimate"]
    assert bang["t"] == pytest.approx(0.21, abs=0.005)
    assert bang["p"] == pytest.approx(0.01, abs=0.005)
    assert result.james["estimate"][0] == pytest.approx(0.75, abs=0.005)
    assert result.counts.set_index("arm").loc["t", "dk"] == 170


def test_blinding_agrees_with_r_s_bi_package() -> None:
    """Its own example: James 0.896 (se 0.011), Bang 0.115 (0.018) and 0.022 (0.019)."""
    counts = {("t", "t"): 48, ("t", "p"): 4, ("t", "dk"): 330, ("p", "t"): 22, ("p", "p"): 30, ("p", "dk"): 319}
    result = indices(guesses(counts))
    assert cells(result.james, 0, ["estimate", "se"]) == pytest.approx([0.896, 0.011], abs=5e-4)
    bang = result.bang.set_index("arm")
    assert cells(bang, "t", ["estimate", "se"]) == pytest.approx([0.115, 0.018], abs=5e-4)
    assert cells(bang, "p", ["estimate", "se"]) == pytest.approx([0.022, 0.019], abs=5e-4)


@pytest.mark.parametrize(
    ("counts", "bang", "james"),
    [
        ({("t", "t"): 9, ("p", "p"): 9}, 1.0, 0.0),
        ({("t", "dk"): 9, ("p", "dk"): 9}, 0.0, 1.0),
        ({("t", "t"): 5, ("t", "p"): 5, ("p", "t"): 5, ("p", "p"): 5}, 0.0, 0.5),
        ({("t", "p"): 9, ("p", "t"): 9}, -1.0, 1.0),
    ],
)
def test_blinding_at_the_extremes(counts: dict[tuple[str, str], int], bang: float, james: float) -> None:
    result = indices(guesses(counts))
    assert result.bang["estimate"].tolist() == pytest.approx([bang, bang])
    assert result.james["estimate"][0] == pytest.approx(james)


def test_bang_s_error_is_that_of_a_multinomial() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.multinomial(277, [82 / 277, 25 / 277, 170 / 277], size=20_000)
    spread = ((drawn[:, 0] - drawn[:, 1]) / 277).std()
    assert indices(guesses(CRISP)).bang.set_index("arm").loc["t", "se"] == pytest.approx(spread, rel=0.03)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (guesses({("t", "t"): 3}), "compare two arms"),
        (guesses({("t", "x"): 3, ("p", "p"): 2}), "'guess' holds x"),
    ],
)
def test_blinding_refuses_what_it_cannot_count(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words):
        indices(frame)


def share(counts: list[int]) -> tuple[float, float]:
    return bang_index(np.array(counts, float), 0)


BANG = [
    # right, wrong, don't know: index, its variance times n
    ([10, 0, 0], 1.0, 0.0),
    ([0, 10, 0], -1.0, 0.0),
    ([5, 5, 0], 0.0, 1.0),
    ([0, 0, 10], 0.0, 0.0),
    ([6, 2, 2], 0.4, 0.6 + 0.2 - 0.4**2),
    ([2, 6, 2], -0.4, 0.6 + 0.2 - 0.4**2),
    ([1, 0, 9], 0.1, 0.1 - 0.01),
]


@pytest.mark.parametrize(("counts", "index", "variance"), BANG)
def test_bang_s_index_is_right_minus_wrong_of_all(counts: list[int], index: float, variance: float) -> None:
    """Bang et al. 2004: the variance of a difference of two shares of one multinomial."""
    estimate, se = share(counts)
    assert estimate == pytest.approx(index)
    assert se == pytest.approx((variance / sum(counts)) ** 0.5, abs=1e-12)


def test_the_own_arm_is_the_one_that_is_named() -> None:
    assert bang_index(np.array([2.0, 7.0, 1.0]), 1)[0] == pytest.approx(0.5)


JAMES = [
    # proportions of arm 0 and arm 1 guessing 0, 1, don't know; the index
    ([[0.5, 0, 0], [0, 0.5, 0]], 0.0),
    ([[0, 0.5, 0], [0.5, 0, 0]], 1.0),
    ([[0.25, 0.25, 0], [0.25, 0.25, 0]], 0.5),
    ([[0, 0, 0.5], [0, 0, 0.5]], 1.0),
    ([[0.25, 0, 0.25], [0, 0.25, 0.25]], 0.5),
    ([[0.125, 0.125, 0.25], [0.125, 0.125, 0.25]], 0.75),
    ([[0.5, 0, 0], [0.5, 0, 0]], 0.5),  # everybody guesses the same arm: as by chance
]


@pytest.mark.parametrize(("proportions", "index"), JAMES)
def test_james_s_index_from_proportions(proportions: list[list[float]], index: float) -> None:
    """James et al. 1996: (1 + unknown + (1 - unknown) kappa) / 2."""
    assert james_value(np.array(proportions, float)) == pytest.approx(index)


def test_the_limits_are_as_wide_as_the_level_asks() -> None:
    frame = guesses(CRISP)
    widths = {}
    for level in (0.8, 0.95):
        table = blinding_indices(frame, arm="arm", guess="guess", unknown="dk", level=level).james
        widths[level] = (table["upper"][0] - table["lower"][0]) / table["se"][0]
    assert widths == pytest.approx({0.8: 2 * 1.2815516, 0.95: 2 * 1.959964}, rel=1e-6)


def test_who_did_not_guess_is_not_counted() -> None:
    frame = pd.concat([guesses(CRISP), pd.DataFrame({"arm": ["t", "p", None], "guess": [None, None, "t"]})])
    pd.testing.assert_frame_equal(indices(frame).counts, indices(guesses(CRISP)).counts)


def test_an_arm_without_any_guess_is_refused() -> None:
    frame = pd.concat([guesses({("t", "t"): 3}), pd.DataFrame({"arm": ["p"], "guess": [None]})])
    with pytest.raises(DataError, match="An arm has no guesses"):
        indices(frame)
