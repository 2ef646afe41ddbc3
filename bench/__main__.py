"""Every promise that has a number, each beside its anchor in the same run: `python -m bench`.

Each part runs in a process of its own, also after one that fell short; one table at the end says what was promised,
what was measured and whether it is met. Ends with 1 if a promise falls short, or a part did not run to its end.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.promises import RESULTS, lines, read

PARTS = ("analysis", "report", "delivery", "desk", "exports", "lists", "patient", "protocols", "rows", "serving")


def main() -> None:
    with TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        results.touch()
        environment = os.environ | {RESULTS: str(results)}
        ended = {part: _run(part, environment) for part in PARTS}
        promises = read(results)
    print("\nAll parts:", *lines(promises), sep="\n")
    broken = [part for part, code in ended.items() if code not in (0, 1)]
    if broken:
        print(f"Did not run to its end: {', '.join(broken)}.")
    raise SystemExit(1 if broken or not all(promise.met for promise in promises) else 0)


def _run(part: str, environment: dict[str, str]) -> int:
    print(f"\n{part}", flush=True)
    return subprocess.run([sys.executable, "-m", f"bench.{part}"], env=environment, check=False).returncode


if __name__ == "__main__":
    main()
