"""A constant's name has one meaning: what another module imports is the only one of its name in `app`."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house.rules import Module, modules

ROOT = Path(__file__).parents[2]
ALIKE = "app/instruments/scoring/"
"""What each scorer has under the same name, as its package says."""


def named_twice(house: Iterable[Module]) -> list[str]:
    """Each name that several modules give to something, and that one of them hands to others."""
    owners: dict[str, list[str]] = defaultdict(list)
    handed_on: set[str] = set()
    for module in house:
        for name in _constants(module):
            owners[name].append(module.path)
        for source in module.all(ast.ImportFrom):
            handed_on |= {alias.name for alias in source.names if (source.module or "").startswith("app.")}
    several = ((name, paths) for name, paths in owners.items() if len(paths) > 1 and name in handed_on)
    return sorted(f"{name}: {', '.join(sorted(paths))}" for name, paths in several)


def _constants(module: Module) -> Iterator[str]:
    if module.path.startswith(ALIKE):
        return
    for node in module.tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        yield from sorted(name for name in names if name.isupper())


def test_a_constant_that_is_handed_on_has_its_name_alone() -> None:
    assert named_twice(modules(ROOT)) == []


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        ("COLUMNS = (1, 2)", "COLUMNS: str = 'SELECT 1'", ["COLUMNS: app/a.py, app/b.py"]),
        ("TOP, COLUMNS = 3, 4", "COLUMNS = 5", ["COLUMNS: app/a.py, app/b.py"]),
        ("COLUMNS = 1", "def f():\n  COLUMNS = 2", []),
        ("COLUMNS = 1", "ROWS = 2", []),
        ("ROWS = 1", "ROWS = 2", []),  # each for itself
    ],
)
def test_a_name_of_two_things_is_found(first: str, second: str, twice: list[str]) -> None:
    reader = Module("app/c.py", "from app.a import COLUMNS")
    assert named_twice([Module("app/a.py", first), Module("app/b.py", second), reader]) == twice


def test_what_all_scorers_have_alike_is_none_of_them() -> None:
    scorers = [Module(f"{ALIKE}{name}.py", "VERSION = '1'") for name in ("odi", "rmdq")]
    assert named_twice([*scorers, Module("app/c.py", "from app.version import VERSION")]) == []
