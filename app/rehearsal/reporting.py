"""The report of a rehearsal. It needs nothing of the service, so a process that never saw the service may make it."""

from pathlib import Path
from typing import Any

from app.rehearsal.run import ProgressBar


def report(snapshot: Path, plan: Path, allocation: Path, folder: Path, truth: float, _: ProgressBar) -> dict[str, Any]:
    """Make the report from the exported files and the allocation alone; returns the primary result."""
    from app.analysis.report import analyse

    return analyse(snapshot, plan, allocation, folder, truth=truth).summary()
