"""A copy of the synthetic export that a test may spoil, and its arms."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import pandas as pd

    from app.analysis.trial.plan import Plan
    from app.analysis.trial.snapshot import Snapshot
    from tests.analysis.exported import Exported


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Exported:
    from tests.analysis.exported import Exported

    shutil.copytree(exported.snapshot, tmp_path / "export")
    shutil.copy(exported.allocation, tmp_path / "allocation.csv")
    return Exported(tmp_path / "export", tmp_path / "allocation.csv")


@pytest.fixture(scope="session")
def arms(exported: Exported, snapshot: Snapshot, plan: Plan) -> pd.Series:
    from app.analysis.trial.allocation_file import read_allocation

    return read_allocation(exported.allocation, snapshot, plan)
