"""CPU seconds and memory of the mixed models, one thread: `python -m bench.analysis [--quick]`.

Each job runs in a process of its own, so that its peak memory is its own. Target and figure stand side by side; it
ends with 1 if one is not met.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.promises import Bound, Promise, settle

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # starts are measured with compiled bytecode


@dataclass(frozen=True)
class Job:
    """What is run, how often from scratch, and the CPU seconds and GB that it may take."""

    name: str
    code: str
    seconds: float
    gigabytes: float | None = None
    starts: int = 1


SETUP = "from bench.trial import simulate, timed\n"
MODEL = 'MMRM("y ~ base*visit + site + arm*visit", d, subject="id", visit="visit")'
FIT = MODEL + '.fit(df="{df}").contrasts("arm", by="visit")'
MMRM = "from app.analysis import MMRM\n"


def fits(df: str, subjects: int, visits: int, warm: bool) -> str:
    """Fit and contrasts; `warm` after a first fit of a small trial, so that imports are not counted."""
    before = f"d = simulate(40, 3)\n{FIT.format(df=df)}\n" if warm else ""
    repeat = 7 if subjects < 1000 else 3
    return f"{SETUP}{MMRM}{before}d = simulate({subjects}, {visits})\ntimed(lambda: {FIT.format(df=df)}, {repeat})"


RANDOM = 'LMM("y ~ site + arm*visit", d, subject="id", visit="visit").fit().change_from("v0")'
IMPUTE = """
from app.analysis import MMRM, impute
d = simulate(125, 3)
m = MMRM("y ~ base*visit + site + arm*visit", d, subject="id", visit="visit")
m.fit()
timed(lambda: impute(m, reference="P"), 3)
"""
MANY = f"""
import numpy as np
from app.analysis import MMRM, fit_many
d = simulate(128, 4)
m = {MODEL}
m.fit()
Y = m.design.y + np.random.default_rng(1).normal(0, 2, (1000, len(m.design.y)))
timed(lambda: fit_many(m, Y, {{m.design.names[-1]: 1.0}}), 1)
"""
BOOTSTRAP = f"""
from app.analysis import MMRM, bootstrap_weights, fit_many
d = simulate(128, 4)
m = {MODEL}
m.fit()
W = bootstrap_weights(m, 1000, seed=1, within="arm")
timed(lambda: fit_many(m, contrast={{m.design.names[-1]: 1.0}}, weights=W), 1)
"""
COLD = """
from bench.trial import seconds
from app.analysis import MMRM
import pandas as pd
d = pd.DataFrame({"id": [i // 3 for i in range(90)], "visit": pd.Categorical(list("abc") * 30),
    "arm": pd.Categorical(list("PPPAAA") * 15, list("PA")), "y": [((i * 7919) % 101) / 9 for i in range(90)]})
MMRM("y ~ arm*visit", d, subject="id", visit="visit").fit()
print(seconds())
"""

JOBS = [
    Job("import and first fit, from a cold start", COLD, 2.0, starts=3),
    Job("128 x 4 us, Satterthwaite", fits("satterthwaite", 128, 4, True), 0.035),
    Job("128 x 4 us, Kenward-Roger (linear)", fits("kenward-roger-linear", 128, 4, True), 0.045),
    Job("128 x 4 us, Kenward-Roger (full)", fits("kenward-roger", 128, 4, True), 0.045),
    Job(
        "128 x 4 random intercept, Kenward-Roger",
        f"{SETUP}from app.analysis import LMM\nd = simulate(40, 3)\n{RANDOM}\n"
        f"d = simulate(128, 4)\ntimed(lambda: {RANDOM}, 7)",
        0.045,
    ),
    Job("10,000 x 6 us, Satterthwaite", fits("satterthwaite", 10_000, 6, True), 0.5, 0.35),
    Job("10,000 x 6 us, Kenward-Roger (linear)", fits("kenward-roger-linear", 10_000, 6, True), 0.5, 0.35),
    Job("125 refits of the jackknife", SETUP + IMPUTE, 1.5),
    Job("1,000 fits of 128 x 4 us at once (R's mmrm: 96)", SETUP + MANY, 96 / 50),
    Job("1,000 bootstrapped fits of 128 x 4 us at once (R's mmrm: 96)", SETUP + BOOTSTRAP, 96 / 40),
    Job("100,000 x 6 us, Satterthwaite", fits("satterthwaite", 100_000, 6, True), 2.0),
]


def measure(job: Job) -> tuple[float, float]:
    """CPU seconds (best of the repeats) and peak GB of the job's process."""
    code = f"{job.code}\nfrom bench.trial import gigabytes\nprint(gigabytes())"
    runs = []
    for _ in range(job.starts):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
        seconds, memory = run.stdout.split()[-2:]
        runs.append((float(seconds), float(memory)))
    return min(runs)


def promises(jobs: Iterable[Job]) -> Iterator[Promise]:
    """What each job takes, beside what it may take."""
    for job in jobs:
        seconds, memory = measure(job)
        yield Promise(job.name, seconds, Bound.MOST, job.seconds, "CPU s")
        if job.gigabytes is not None:
            yield Promise(f"{job.name}: memory", memory, Bound.MOST, job.gigabytes, "GB")


if __name__ == "__main__":
    chosen = JOBS[:5] if "--quick" in sys.argv else JOBS
    with tempfile.TemporaryDirectory() as bytecode:
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode
        settle(promises(chosen))
