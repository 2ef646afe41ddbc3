"""What `make test` leaves to `make slow` is there, and is told by quick tests too."""

import ast
from pathlib import Path

import pytest

from tests.at_length import AT_LENGTH, IN_PART, told_at_length

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


@pytest.mark.parametrize("file", IN_PART)
def test_a_long_table_is_there_and_is_a_table(file: str) -> None:
    nodes = ast.walk(ast.parse((ROOT / "tests" / file).read_text("utf-8")))
    tables = {
        node.name.removeprefix("test_")
        for node in nodes
        if isinstance(node, ast.FunctionDef) and "parametrize" in "".join(map(ast.unparse, node.decorator_list))
    }
    assert set(IN_PART[file]) - tables == set()


def test_of_a_long_table_the_first_the_middle_and_the_last_are_quick() -> None:
    file, (name, *_) = next(iter(IN_PART.items()))
    cases = [f"tests/{file}::test_{name}[{number}]" for number in range(9)]
    others = ["tests/core/test_time.py::test_x[1]", f"tests/{file}::test_{name}_too[1]"]
    assert set(cases) - told_at_length([*others, *cases]) == {cases[0], cases[4], cases[8]}
    assert told_at_length([*cases[:2], *others]) == set()
    whole = next(key for key in AT_LENGTH if "::" not in key)
    assert told_at_length([f"{whole}::test_y"]) == {f"{whole}::test_y"}
