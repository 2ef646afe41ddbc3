"""Importing the package says little and loads less."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import app.analysis
light = [m for m in ("numpy", "pandas", "scipy", "formulaic") if m in sys.modules]
from app.analysis import MMRM, LMM, CLDA, ANCOVA, impute
heavy = [m for m in ("flask", "sqlalchemy", "statsmodels", "scipy.stats", "matplotlib", "psycopg") if m in sys.modules]
print(light, heavy)
"""


def test_importing_loads_neither_web_nor_database_nor_statsmodels() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[] []"


def test_unknown_names_are_refused_as_in_any_module() -> None:
    import app.analysis

    with pytest.raises(AttributeError, match="no attribute 'GEE'"):
        _ = app.analysis.GEE
