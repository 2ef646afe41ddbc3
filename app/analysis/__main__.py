"""Analyse an exported folder: python -m app.analysis SNAPSHOT --plan PLAN --allocation ALLOCATION --out DIR."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; 0 if done, 1 if its primary analysis could not be, 2 if the input does not allow any."""
    options = _parser().parse_args(arguments)
    from app.analysis.errors import AnalysisError
    from app.analysis.report import analyse
    from app.analysis.trial.snapshot import SnapshotError
    from app.yaml_files import FileError

    try:
        results = analyse(options.snapshot, options.plan, options.allocation, options.out, truth=options.truth)
    except (SnapshotError, FileError, AnalysisError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    summary = results.summary()
    print(json.dumps(summary, indent=2))
    print(f"The report is {options.out / 'report.html'}", file=sys.stderr)
    return 1 if "not_done" in summary else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app.analysis", description="Analyse an exported folder.")
    parser.add_argument(
        "snapshot", type=Path, help="the exported folder (with manifest.json), or the one that holds the days' exports"
    )
    parser.add_argument("--plan", type=Path, required=True, help="the plan of analysis (YAML)")
    parser.add_argument("--allocation", type=Path, help="participant,arm as CSV; without it the run is blind")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the report")
    parser.add_argument("--truth", type=float, help="the true difference, if the data are synthetic")
    return parser


if __name__ == "__main__":
    sys.exit(main())
