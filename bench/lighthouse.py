"""Lighthouse on BackToBasic's day-154 visit, as a slow phone meets it: `make lighthouse`.

Serves the page from a database of its own and runs Lighthouse's mobile settings three times. The median counts:
Lighthouse slows the processor by a factor and so multiplies what else the machine does. An address may be given
instead (`python -m bench.lighthouse ADDRESS`), such as `flask sandbox link --day 154` prints. Needs Debian's chromium
and Lighthouse (`npm ci` in tests/browser). Exit code 1 where a promise is not kept.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from app.core.audit import acting
from app.core.database import transaction
from app.core.time import moved_clock
from app.schedule.links import token
from bench.patient import make_app
from tests.responses.visits import INFUSION, participant, visit

LIGHTHOUSE = Path(__file__).parent.parent / "tests" / "browser" / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = "performance,accessibility,best-practices"
LEAST = {"performance": 100, "accessibility": 100}
SLOWEST_PAINT, MOST_BYTES, MOST_REQUESTS = 1100, 14 * 1024, 2
RUNS, PORT = 3, 8154


def main() -> None:
    """Print the scores."""
    if not LIGHTHOUSE.exists():
        raise SystemExit("Lighthouse is not installed: npm ci in tests/browser")
    if sys.argv[1:]:
        reports = _reports(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as address:
            reports = _reports(address)
    kept = [_told(*line) for line in _lines(reports)]
    raise SystemExit(0 if all(kept) else 1)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address of a visit of day 154 that is open now, by this process's clock."""
    with moved_clock(lambda: INFUSION + timedelta(days=154)):
        app = make_app(folder)
        with app.app_context(), acting("bench"), transaction():
            path = f"/a/{token(visit(participant(), 'd154'))}"
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{path}"
        finally:
            server.shutdown()
            thread.join()


def _reports(address: str) -> list[dict[str, Any]]:
    return [_report(address) for _ in range(RUNS)]


def _report(address: str) -> dict[str, Any]:
    command = [str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--only-categories={CATEGORIES}"]
    command.append("--chrome-flags=--headless=new --no-sandbox")
    environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=180)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _lines(reports: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """What is promised, what was found (the median of the runs, and all of them), and whether it holds."""
    lines = []
    for name in CATEGORIES.split(","):
        scores = [100 * each["categories"][name]["score"] for each in reports]
        lines.append((name, _all(scores), statistics.median(scores) >= LEAST.get(name, 0)))
    paints = [each["audits"]["largest-contentful-paint"]["numericValue"] for each in reports]
    lines.append(("largest contentful paint, ms", _all(paints), statistics.median(paints) <= SLOWEST_PAINT))
    sent = reports[0]["audits"]["network-requests"]["details"]["items"]
    size = max(each["transferSize"] for each in sent)
    lines.append(("page as sent, bytes", str(size), size <= MOST_BYTES))
    lines.append(("requests", str(len(sent)), len(sent) <= MOST_REQUESTS))
    speeds = [each["environment"]["benchmarkIndex"] for each in reports]
    lines.append(("this machine's speed index", f"{_all(speeds)}; a free desktop has 1500 or more", True))
    return lines


def _all(found: list[float]) -> str:
    listed = ", ".join(f"{each:.0f}" for each in found)
    return f"{statistics.median(found):.0f} ({listed})"


def _told(name: str, found: str, kept: bool) -> bool:
    print(f"{name:30} {found:25} {'' if kept else 'NOT KEPT'}")
    return kept


if __name__ == "__main__":
    main()
