"""Importing the package says little and loads less."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
import app.analysis
light = [m for m in ("numpy", "pandas", "scipy", "formulaic") if m in sys.modules]
from app.analysis import MMRM, LMM, CLDA, ANCOVA, GEE, GLM, ProportionalOdds, impute
heavy = [m for m in ("flask", "sqlalchemy", "statsmodels", "scipy.stats", "matplotlib", "psycopg") if m in sys.modules]
print(light, heavy)
"""


def test_importing_loads_neither_web_nor_database_nor_statsmodels() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    assert done.stdout.strip() == "[] []"


def test_unknown_names_are_refused_as_in_any_module() -> None:
    import app.analysis

    with pytest.raises(AttributeError, match="no attribute 'GAM'"):
        _ = app.analysis.GAM


def public_docstrings() -> dict[str, str]:
    """What each public function, method and class of the package says, by module and name."""
    said = {}
    for source in sorted((ROOT / "app" / "analysis").rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                said[f"{source.relative_to(ROOT)}: {node.name}"] = ast.get_docstring(node) or ""
    return said


def test_no_docstring_is_so_short_that_it_says_nothing() -> None:
    nested = {"encode", "of", "ancova", "with_number"}  # functions inside functions, for one use
    short = {name for name, text in public_docstrings().items() if len(text.split()) <= 3}
    assert {name for name in short if name.rsplit(" ", 1)[1] not in nested} == set()


@pytest.mark.parametrize("name", ["MMRM", "LMM", "CLDA", "ANCOVA", "GLM", "GEE", "ProportionalOdds", "Crossover"])
def test_each_model_says_its_source_its_unit_and_what_it_raises(name: str) -> None:
    import app.analysis

    text = str(getattr(app.analysis, name).__doc__)
    assert re.search(r"\((\w+ and )?[A-Z]\w+( et al\.| and [A-Z]\w+)? (19|20)\d\d, [A-Z]|\((19|20)\d\d, [A-Z]", text)
    assert "unit" in text
    assert "Error" in text
