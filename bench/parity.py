"""Refit the test data in R and compare, live: `python -m bench.parity`.

Needs R with lme4, lmerTest, pbkrtest, emmeans and nlme (Debian: r-cran-lme4 r-cran-lmertest r-cran-pbkrtest
r-cran-emmeans r-cran-nlme). Without them it says so and exits with 2, so that absence is never taken for agreement.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from app.analysis import ANCOVA, LMM, MMRM
from app.analysis.results.mixed_result import MixedResult

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "analysis" / "reference"
PACKAGES = ("lme4", "lmerTest", "pbkrtest", "emmeans", "nlme")
INSTALL = "apt-get install r-base-core " + " ".join(f"r-cran-{name.lower()}" for name in PACKAGES)
TOLERANCE = {"loglik": 1e-5, "estimate": 1e-5, "se": 1e-4, "df": 1e-4, "p": 1e-3, "F": 1e-4}
"""Looser than in the tests: R's own optimisers stop early."""
Numbers = dict[str, list[float]]


def missing() -> list[str]:
    """What R lacks; Rscript itself if there is no R."""
    if shutil.which("Rscript") is None:
        return ["Rscript"]
    ask = "; ".join(f'if (!requireNamespace("{name}", quietly = TRUE)) cat("{name}\\n")' for name in PACKAGES)
    return subprocess.run(["Rscript", "-e", ask], capture_output=True, encoding="utf-8", check=True).stdout.split()  # noqa: S607


def theirs() -> dict[str, Numbers]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.json"
        script = str(ROOT / "bench" / "parity.R")
        subprocess.run(["Rscript", script, str(DATA), str(path)], check=True)  # noqa: S607
        values: dict[str, Numbers] = json.loads(path.read_text("utf-8"))
    return values


def read() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "sim_a.csv")
    levels = json.loads((DATA / "sim_a.expected.json").read_text("utf-8"))["meta"]["levels"]
    for column, order in levels.items():
        frame[column] = pd.Categorical(frame[column], categories=order)
    return frame


def ours() -> dict[str, pd.DataFrame]:
    """The same tables from this module, with the log likelihood in a column."""
    frame = read()
    later = frame[frame["visit"] != "baseline"]
    primary = frame[frame["visit"] == "m05"]
    random = LMM("odi ~ site + arm*visit", frame, subject="id", visit="visit")
    out = {}
    for name, df in (("lmm_Satterthwaite", "satterthwaite"), ("lmm_Kenward-Roger", "kenward-roger")):
        fit = random.fit(df=df)  # type: ignore[arg-type]
        out[name] = with_loglik(fit)
    out["lmm_emmeans"] = fit.emmeans("arm", by="visit")
    later = later.assign(months=later["visit"].astype(str).map({"m03": 3, "m05": 5, "m09": 9}))
    for name in ("us", "ar1", "ar1h", "cs", "csh", "sp_exp"):
        formula = "chg ~ odi_base*visit + site + arm*visit"
        model = MMRM(formula, later, subject="id", visit="visit", covariance=name, time="months")
        out[f"mmrm_{name}"] = with_loglik(model.fit(df="satterthwaite"))
    sleep = pd.read_csv(DATA / "sleepstudy.csv").rename(columns=str.lower)
    slope = LMM("reaction ~ days", sleep, subject="subject", slope="days")
    out["slope_Satterthwaite"] = with_loglik(slope.fit(df="satterthwaite"))
    out["slope_Kenward-Roger"] = with_loglik(slope.fit(df="kenward-roger"))
    least = ANCOVA("chg ~ odi_base + site + arm", primary, robust=None).fit()
    out |= random_family(frame) | repeated_family(frame, later) | single_family(frame)
    return out | {"ancova": least.coefficients(), "ancova_emmeans": least.emmeans("arm")}


RANDOM = ("odi ~ arm*visit", "odi ~ site + visit", "odi ~ arm + visit", "odi ~ site*arm + visit")
STRUCTURES = ("us", "cs", "csh", "ar1")
SINGLE = (
    *("chg ~ arm", "chg ~ odi_base*arm + site", "odi ~ odi_base + arm"),
    "odi - odi_base ~ np.log(odi_base + 1) + arm",
)


def random_family(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Random intercepts by REML and ML, each with its type III tests."""
    out = {}
    for i, formula in enumerate(RANDOM, 1):
        model = LMM(formula, frame, subject="id", visit="visit")
        for name, df in (("Satterthwaite", "satterthwaite"), ("Kenward-Roger", "kenward-roger")):
            fit = model.fit(df=df)  # type: ignore[arg-type]
            out[f"random{i}_{name}"] = with_loglik(fit)
            tests = [fit.test(list(term)) for term in fit.design.terms if term != ("1",)]
            rows = [(test.F, test.den_df, test.p) for test in tests]
            out[f"type3_{i}_{name}"] = pd.DataFrame(rows, columns=["F", "df", "p"])
        out[f"random{i}_ML"] = with_loglik(LMM(formula, frame, subject="id", visit="visit", reml=False).fit())
    return out


def repeated_family(frame: pd.DataFrame, later: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Four structures of the score at all visits and of the change after the baseline, by REML and ML."""
    out = {}
    for name in STRUCTURES:
        for method in ("REML", "ML"):
            for i, (formula, data) in enumerate((("odi ~ arm*visit", frame), ("chg ~ arm*visit + site", later)), 1):
                model = MMRM(formula, data, subject="id", visit="visit", covariance=name, reml=method == "REML")
                out[f"repeated{i}_{name}_{method}"] = with_loglik(model.fit(df="satterthwaite"))
    return out


def single_family(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Least squares of one visit."""
    return {
        f"single{i}_{visit}": ANCOVA(formula, frame[frame["visit"] == visit], robust=None).fit().coefficients()
        for visit in ("m03", "m09")
        for i, formula in enumerate(SINGLE, 1)
    }


def with_loglik(fit: MixedResult) -> pd.DataFrame:
    return fit.coefficients().assign(loglik=fit.loglik)


def difference(quantity: str, own: pd.DataFrame, reference: list[float]) -> float:
    """Largest difference: absolute for log likelihoods, in standard errors of its own for estimates, else relative.

    R orders interactions otherwise, so coefficients are compared as sorted values.
    """
    a, b = np.sort(own[quantity].to_numpy(float)), np.sort(np.asarray(reference, float))
    if quantity == "loglik":
        return float(abs(a[0] - b[0]))
    if quantity == "estimate":
        return float((np.abs(a - b) / own.sort_values("estimate")["se"].to_numpy(float)).max())
    return float((np.abs(a - b) / np.abs(b)).max())


def main() -> int:
    lacking = missing()
    if lacking:
        print(f"R comparison not run: {', '.join(lacking)} not installed. On Debian: {INSTALL}")
        return 2
    reference, own, good = theirs(), ours(), True
    for name, numbers in reference.items():
        for quantity, values in numbers.items():
            error = difference(quantity, own[name], values)
            good &= error < TOLERANCE[quantity]
            verdict = "" if error < TOLERANCE[quantity] else "  DIFFERS"
            print(f"{name:<20}{quantity:<10}{error:.1e}  (allowed {TOLERANCE[quantity]:.0e}){verdict}")
    print(f"{len(reference)} tables of fits compared")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
