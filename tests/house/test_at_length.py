"""What `make test` leaves to `make slow` is there, and is told by quick tests too."""

import ast
from pathlib import Path

import pytest

from tests.at_length import AT_LENGTH

ROOT = Path(__file__).parents[2]


def _tests(file: str) -> set[str]:
    nodes = ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("at_length", AT_LENGTH)
def test_what_takes_long_is_there_and_has_quick_tests_beside_it(at_length: str) -> None:
    file, _, name = at_length.partition("::")
    beside = AT_LENGTH[at_length]
    whole = {each.partition("::")[2] for each in AT_LENGTH if each.partition("::")[0] == beside}
    assert "" not in whole
    assert _tests(beside) - whole != set()
    assert not name or name.partition("[")[0] in _tests(file)
