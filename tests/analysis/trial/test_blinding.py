"""Bang's and James's indices, on published or hand-counted numbers."""

import numpy as np
import pandas as pd
import pytest

from app.analysis.errors import DataError
from app.analysis.trial.blinding import Blinding, blinding_indices
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
