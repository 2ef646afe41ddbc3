"""CPU seconds of the whole report of BackToBasic, and how much of them is drawing: `python -m bench.report`.

All outcomes of the shipped plan, fitted to an export of the synthetic trial; the scores that the quick export does not
hold are made of the ODI, so that every model has its rows.
"""

import csv
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

from bench.promises import Bound, Promise, settle

EXAMPLE = Path(__file__).parents[1] / "examples" / "backtobasic"
DIMENSIONS = ("mobility", "self_care", "usual_activities", "pain_discomfort", "anxiety_depression")
SCORES = (("pain", "nrs_lbp", "", 10), ("pain", "nrs_leg", "", 10), ("rmdq", "rmdq", "", 24))
SCORES = (*SCORES, ("eq5d5l", "index", "Norway", -1), ("eq5d5l", "vas", "", -100))
WEEKS = range(7, 99, 7)


def complete(snapshot: Path) -> None:
    """Give every answered visit the other scores of the plan and EQ-5D, and each participant weekly pain."""
    from tests.analysis.exported import seal

    scores = list(csv.DictReader((snapshot / "scores.csv").open(encoding="utf-8")))
    rows, answers, visits = [], [], []
    for number, row in enumerate(scores):
        share = float(row["value"]) / 100
        for instrument, score, value_set, most in SCORES:
            value = most * share + (number * 7919 % 13) / 13 if most > 0 else -most * (1 - share)
            rows.append(
                row | {"instrument": instrument, "score": score, "value_set": value_set, "value": f"{value:.4f}"}
            )
        for place, item in enumerate(DIMENSIONS):
            level = 1 + min(4, int(5 * share + (number * 31 + place * 17) % 7 / 5))
            where = {name: row[name] for name in ("study", "participant", "site", "visit", "day")}
            answers.append(where | {"instrument": "eq5d5l", "item": item, "value": str(level)})
        if row["day"] == "28":
            for day in WEEKS:
                value = f"{10 * share + (number * day) % 3:.2f}"
                weekly = {"visit": f"w{day}", "day": str(day), "instrument": "pain", "score": "nrs_lbp_week"}
                rows.append(row | weekly | {"value": value})
                visits.append((row["participant"], row["site"], day))
    append(snapshot / "scores.csv", rows)
    append(snapshot / "answers.csv", answers)
    about = {"study": scores[0]["study"], "state": "completed", "reason": ""}
    weekly_visits = [
        about | {"participant": who, "site": site, "visit": f"w{day}", "day": str(day)} for who, site, day in visits
    ]
    append(snapshot / "assessments.csv", weekly_visits)
    seal(snapshot)


def append(target: Path, rows: list[dict[str, str]]) -> None:
    """Rows at the end of a CSV file, under its own columns."""
    with target.open(encoding="utf-8") as text:
        names = next(csv.reader(text))
    with target.open("a", encoding="utf-8", newline="") as text:
        csv.DictWriter(text, names, restval="", extrasaction="ignore", lineterminator="\n").writerows(rows)


def timed_figures() -> list[float]:
    """CPU seconds of every figure from its first stroke until it is written, as they are made."""
    from matplotlib.figure import Figure

    from app.analysis.report import figures

    taken: list[float] = []
    begun: dict[int, float] = {}
    plain, born = figures.svg_bytes, Figure.__init__

    def begin(figure: Figure, *given: Any, **named: Any) -> None:
        begun[id(figure)] = time.process_time()
        born(figure, *given, **named)

    def written(figure: Figure) -> bytes:
        made = plain(figure)
        taken.append(time.process_time() - begun[id(figure)])
        return made

    Figure.__init__ = begin  # type: ignore[method-assign]
    figures.svg_bytes = written
    return taken


def main() -> None:
    """Make the export, then the report, timing both its whole and its drawing."""
    from app.analysis.report.fitted import NotFitted
    from app.analysis.report.run import analyse
    from app.rehearsal.simulation_file import read_parameters
    from tests.analysis.exported import write_export

    drawing = timed_figures()
    with tempfile.TemporaryDirectory() as folder:
        exported = write_export(Path(folder) / "trial", read_parameters(EXAMPLE / "simulation.yaml"))
        complete(exported.snapshot)
        (Path(folder) / "out").mkdir()
        start = time.process_time()
        results = analyse(exported.snapshot, EXAMPLE / "analysis.yaml", exported.allocation, Path(folder) / "out")
        whole = time.process_time() - start
    every = (*results.done, *(other.fit for other in results.others))
    if missing := [fit.reason for fit in every if isinstance(fit, NotFitted)]:
        sys.exit(f"Not everything was fitted, so the time says nothing: {missing[0]}")
    name = f"report of BackToBasic, {len(every)} analyses"
    share = Promise("of which drawing", sum(drawing) / whole, Bound.MOST, 1 / 3, "%")
    settle([Promise(name, whole, Bound.MOST, 20, "CPU s"), share])


if __name__ == "__main__":
    main()
