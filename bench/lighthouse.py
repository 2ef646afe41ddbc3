"""Lighthouse on a patient's page, as a slow phone meets it: `python -m bench.lighthouse ADDRESS`.

ADDRESS is an open visit's link, such as `flask sandbox link --day 154` prints. Needs Debian's chromium and Lighthouse
(`npm ci` in tests/browser). Exit code 1 where a promise is not kept. Measure on an idle machine: Lighthouse slows the
processor by a factor, so what else runs counts several times.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LIGHTHOUSE = Path(__file__).parent.parent / "tests" / "browser" / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = "performance,accessibility,best-practices"
LEAST = {"performance": 1.0, "accessibility": 1.0}
SLOWEST_PAINT, MOST_BYTES, MOST_REQUESTS = 1100, 14 * 1024, 2


def main() -> None:
    """Print the scores."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if not LIGHTHOUSE.exists():
        raise SystemExit("Lighthouse is not installed: npm ci in tests/browser")
    kept = [_told(*line) for line in _lines(_report(sys.argv[1]))]
    raise SystemExit(0 if all(kept) else 1)


def _report(address: str) -> dict[str, Any]:
    command = [str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--only-categories={CATEGORIES}"]
    command.append("--chrome-flags=--headless=new --no-sandbox")
    environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=180)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _lines(report: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """What is promised, what was found, and whether it holds."""
    scores = {name: report["categories"][name]["score"] for name in CATEGORIES.split(",")}
    lines = [(name, f"{100 * score:.0f}", score >= LEAST.get(name, 0)) for name, score in scores.items()]
    audits = report["audits"]
    paint = audits["largest-contentful-paint"]["numericValue"]
    sent = audits["network-requests"]["details"]["items"]
    size = max(one["transferSize"] for one in sent)
    lines.append(("largest contentful paint", f"{paint:.0f} ms", paint <= SLOWEST_PAINT))
    lines.append(("page as sent", f"{size} bytes", size <= MOST_BYTES))
    lines.append(("requests", str(len(sent)), len(sent) <= MOST_REQUESTS))
    return lines


def _told(name: str, found: str, kept: bool) -> bool:
    print(f"{name:25} {found:>12}  {'' if kept else 'NOT KEPT'}")
    return kept


if __name__ == "__main__":
    main()
