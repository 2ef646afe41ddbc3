"""Tests of pure rules load no application: what a rule's author runs after each keystroke.

Measured in processor time: half a second until the first test (a quarter of it pytest, the rest hypothesis, the
protocol's schema and phone numbers), then one and a half milliseconds a case. So most files take less than a second,
`schedule/test_calendar.py` 0.9 s, and the 530 cases of `messages/test_gate*.py` 1.3 s.
"""

import ast
import subprocess
import sys
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = (
    "accounts/test_roles.py",
    *(f"analysis/{room}/test_*.py" for room in ("covariance", "design", "fitting", "imputation", "models", "results")),
    "analysis/test_*.py",
    "analysis/trial/test_*.py",
    "core/test_crypto.py",
    "core/test_problems.py",
    "instruments/**/test_*.py",
    "messages/test_gate*.py",
    "messages/receiving/test_keywords.py",
    "mutating/test_mutants.py",
    "rehearsal/test_population_parameters.py",
    "schedule/test_calendar*.py",
    "schedule/test_dating.py",
    "studies/protocol/test_*.py",
    "studies/test_health_words.py",
    "studies/test_texts.py",
    "yaml_files/test_*.py",
)
HEAVY = ("app.core.database", "flask", "sqlalchemy")
COLLECTING = f"""
import sys, pytest
status = pytest.main([*sys.argv[1:], "--collect-only", "-q", "-q", "-p", "no:cacheprovider"])
print("status", int(status), "loaded", *(name for name in {HEAVY!r} if name in sys.modules))
"""


def collected(*paths: str) -> str:
    """What a pytest that collects these has loaded of the heavy libraries, in words."""
    command = [sys.executable, "-c", COLLECTING, *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()[-1]


def test_tests_of_pure_rules_load_neither_flask_nor_a_database() -> None:
    files = {pattern: [str(path) for path in (ROOT / "tests").glob(pattern)] for pattern in PURE}
    assert all(files.values()), files
    assert collected(*chain(*files.values())) == "status 0 loaded"


def test_tests_of_rows_are_seen_to_load_them() -> None:
    assert collected("tests/schedule/test_links.py") == "status 0 loaded app.core.database flask sqlalchemy"


def test_what_calls_itself_pure_loads_neither() -> None:
    pure = [file for file in sorted((ROOT / "app").rglob("*.py")) if "(pure)" in _docstring(file)]
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in pure if file.stem != "__init__"]
    assert len(modules) >= 10
    loading = f"import sys, {', '.join(modules)}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", loading], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert loaded.stdout == "\n"


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
