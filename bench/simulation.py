"""Do the methods keep their promises? `python -m bench.simulation [trials] [--write]`.

Trials like BackToBasic (128 patients, baseline and three visits, dropout that depends on the last observed value) are
simulated with and without an effect; each is analysed as planned. Reported for the difference at the primary visit:
bias, coverage of the 95 % interval and the share of p < 0.05 (type I error without, power with an effect), each with
its Monte Carlo error. `--write` puts the table into docs/statistics.md.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
import pandas as pd

from app.analysis import ANCOVA, CLDA, LMM, MMRM

VISITS = ["baseline", "m03", "m05", "m09"]
START, STOP = "<!-- simulation -->", "<!-- /simulation -->"
PATIENTS, EFFECT = 128, -4.0


def simulate(rng: np.random.Generator, effect: float, unequal: bool) -> pd.DataFrame:
    """One trial, missing at random. `unequal`: an unstructured covariance; otherwise a random intercept."""
    S = np.full((4, 4), 70.0) + 40 * np.eye(4)
    if unequal:
        sd = np.array([9.0, 11.0, 11.5, 13.0])
        correlation = np.array([[1, 0.65, 0.6, 0.4], [0.65, 1, 0.8, 0.65], [0.6, 0.8, 1, 0.75], [0.4, 0.65, 0.75, 1]])
        S = correlation * np.outer(sd, sd)
    arm = np.repeat([0, 1], PATIENTS // 2)
    site = rng.integers(0, 5, PATIENTS)
    y = 33 + rng.multivariate_normal(np.zeros(4), S, size=PATIENTS) + 2 * (site - 2)[:, None]
    y = y - np.array([0, 3, 5, 6]) + effect * arm[:, None] * np.array([0.0, 0.7, 1.0, 1.0])
    complete = y.copy()
    for t in (1, 2, 3):
        drop = rng.random(PATIENTS) < 1 / (1 + np.exp(3.2 - 0.03 * (complete[:, t - 1] - 33)))
        y[drop | np.isnan(y[:, t - 1]), t] = np.nan
    y[rng.random(PATIENTS) < 0.02, 1] = np.nan
    return as_frame(y, arm, site)


def as_frame(y: np.ndarray[tuple[int, ...], np.dtype[np.float64]], arm: object, site: object) -> pd.DataFrame:
    patients = len(y)
    frame = pd.DataFrame({"id": np.repeat(np.arange(patients), 4), "odi": y.reshape(-1)})
    frame["arm"] = pd.Categorical(np.repeat(np.array(["P", "A"])[np.asarray(arm)], 4), ["P", "A"])
    frame["site"] = pd.Categorical(np.repeat(np.asarray(site), 4))
    frame["visit"] = pd.Categorical(VISITS * patients, VISITS)
    frame["odi_base"] = np.repeat(y[:, 0], 4)
    frame["chg"] = frame["odi"] - frame["odi_base"]
    return frame


def lmm(frame: pd.DataFrame) -> pd.Series:
    fit = LMM("odi ~ site + arm*visit", frame, subject="id", visit="visit").fit()
    table = fit.change_from("baseline")
    return table[(table["visit"] == "m05") & (table["quantity"] == "difference")].iloc[0]


def mmrm(frame: pd.DataFrame) -> pd.Series:
    later = frame[frame["visit"] != "baseline"]
    model = MMRM("chg ~ odi_base*visit + site + arm*visit", later, subject="id", visit="visit")
    table = model.fit().contrasts("arm", by="visit")
    return table[table["visit"] == "m05"].iloc[0]


def clda(frame: pd.DataFrame) -> pd.Series:
    model = CLDA("odi", frame, subject="id", visit="visit", arm="arm", baseline="baseline", covariates=("site",))
    table = model.fit().contrasts("arm", by="visit")
    return table[table["visit"] == "m05"].iloc[0]


def ancova(frame: pd.DataFrame) -> pd.Series:
    return ANCOVA("chg ~ odi_base + site + arm", frame[frame["visit"] == "m05"]).fit().contrasts("arm").iloc[0]


METHODS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "random intercept, Kenward-Roger": lmm,
    "MMRM us, Kenward-Roger (linear)": mmrm,
    "cLDA us, Kenward-Roger (linear)": clda,
    "ANCOVA of completers, HC3": ancova,
}


def study(trials: int, unequal: bool, effect: float, seed: int) -> pd.DataFrame:
    """Bias, coverage and rejections of each method, with their Monte Carlo errors."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[tuple[float, float, bool, bool]]] = {name: [] for name in METHODS}
    for _ in range(trials):
        frame = simulate(rng, effect, unequal)
        for name, method in METHODS.items():
            row = method(frame)
            covered = row["lower"] <= effect <= row["upper"]
            rows[name].append((row["estimate"] - effect, row["se"], covered, row["p"] < 0.05))
    out = []
    for name, results in rows.items():
        error, se, covered, rejected = np.array(results, float).T
        out.append(
            {
                "covariance": "unstructured" if unequal else "random intercept",
                "effect": effect,
                "method": name,
                "bias": f"{error.mean():+.3f} ({error.std() / trials**0.5:.3f})",
                "SD of estimates": f"{error.std():.3f}",
                "mean SE": f"{se.mean():.3f}",
                "coverage": _share(covered),
                "p < 0.05": _share(rejected),
            }
        )
    return pd.DataFrame(out)


def _share(yes: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    p = yes.mean()
    return f"{100 * p:.1f} % ({100 * (p * (1 - p) / len(yes)) ** 0.5:.1f})"


def markdown(table: pd.DataFrame) -> str:
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in table.itertuples(index=False))])


def write(text: str) -> None:
    page = Path(__file__).parents[1] / "docs" / "statistics.md"
    before, rest = page.read_text("utf-8").split(START)
    after = rest.split(STOP)[1]
    page.write_text(f"{before}{START}\n{text}\n{STOP}{after}", "utf-8")


def main() -> None:
    numbers = [argument for argument in sys.argv[1:] if argument.isdigit()]
    trials = int(numbers[0]) if numbers else 2000
    start = time.process_time()
    cases = [(False, 0.0), (False, EFFECT), (True, 0.0), (True, EFFECT)]
    per_block = trials // len(cases)
    table = pd.concat([study(per_block, unequal, effect, 20261122 + i) for i, (unequal, effect) in enumerate(cases)])
    text = f"{trials:,} trials, {per_block} per block; Monte Carlo standard errors in brackets.\n\n{markdown(table)}"
    print(text, f"\n{time.process_time() - start:.0f} CPU s")
    if "--write" in sys.argv:
        write(text)


if __name__ == "__main__":
    main()
