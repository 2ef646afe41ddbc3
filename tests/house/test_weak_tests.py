"""No test chooses among outcomes, asserts nothing or may assert nothing; and each would be noticed."""

import ast
from pathlib import Path

import pytest

from tests.house.weak_tests import accepts_several, asserts_nothing, leaves_a_choice, may_assert_nothing

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.rglob("test_*.py"))


def _weak(text: str) -> list[str]:
    module = ast.parse(text)
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    tests = [function for function in functions if function.name.startswith("test_")]
    several = [line for function in functions for line in accepts_several(function)]
    several += [line for test in tests for line in leaves_a_choice(test)]
    nothing = [line for test in tests for line in (*asserts_nothing(test), *may_assert_nothing(test, module))]
    return [*dict.fromkeys(several), *nothing]


def test_no_test_is_weak() -> None:
    weak = {file.relative_to(ROOT).as_posix(): _weak(file.read_text("utf-8")) for file in FILES}
    assert len(weak) > 100
    assert {file: lines for file, lines in weak.items() if lines} == {}


def test_no_test_calls_a_thing_one() -> None:
    """It is a text, a person, a visit; and what stands for no thing in particular is `each`."""
    names = {
        (file.name, name.lineno)
        for file in sorted(ROOT.rglob("*.py"))
        for name in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store) and name.id == "one"
    }
    assert names == set()


WEAK = [
    ("assert answer.status_code in (200, 303)", "answer.status_code in (200, 303)"),
    ("assert done.exit_code != 0", "done.exit_code != 0"),
    ("assert answer.status_code < 400", "answer.status_code < 400"),
    ("assert state in ('open', 'late')", "state in ('open', 'late')"),
    ("assert conversation(words) in ([1], [2])", "conversation(words) in ([1], [2])"),
    ("assert 'open' in page or 'late' in page", "'open' in page or 'late' in page"),
    ("submit(answers)", "test_it"),
    ("with taken() as turn:\n  agrees(turn)", "test_it"),
    ("for row in rows():\n  assert row", "test_it"),
    ("rows = read()\n for row in rows:\n  assert row", "test_it"),
    ("assert all(row for row in rows())", "test_it"),
    ("assert all(row for row in ROWS if row.late)", "test_it"),
    ("assert not any(row for row in found.rows)", "test_it"),
    ("for row in [row for row in ROWS if row.late]:\n  assert row", "test_it"),
    ("if late:\n  for row in rows():\n   assert row\n else:\n  assert True", "test_it"),
    ("for left, right in zip(a(), b(), strict=False):\n  assert left", "test_it"),
]
SOUND = [
    "assert answer.status_code == 200",
    "assert answer.status_code != 500",
    "with pytest.raises(Closed):\n  submit(answers)",
    "expect(page.locator('h1')).to_be_visible()",
    "_assert_kept(answers)",
    "with taken():\n  assert_kept(answers)",
    "assert state in STATES",
    "assert 'open' in page or when is None",
    "assert 'open' in page or 'open' in other",
    "for row in some(rows()):\n  assert row",
    "for row in ROWS:\n  assert row",
    "for number in range(3):\n  assert number",
    "for row in rows():\n  assert row\n assert len(rows()) == 3",
    "rows = [1, 2]\n for row in rows:\n  assert row",
    "with pytest.raises(ValueError):\n  for row in rows():\n   assert row",
    "for row in rows():\n  assert row\n np.testing.assert_allclose(a, b)",
    "for name, row in sorted({'a': 1}.items()):\n  assert row",
    "for row in [*rows(), 1]:\n  assert row",
    "for rows in permutations([1, 2]):\n  assert rows",
    "assert all(row for row in module.ROWS)",
    "for row in IMPORTED:\n  assert row",
    "rows = [row + 1 for row in (1, 2)]\n for row in rows:\n  assert row",
]


@pytest.mark.parametrize(("body", "says"), WEAK)
def test_a_weak_test_is_noticed(body: str, says: str) -> None:
    (line,) = _weak(f"ROWS = [1]\ndef test_it():\n {body}")
    assert says in line


@pytest.mark.parametrize("body", SOUND)
def test_a_sound_test_is_left_alone(body: str) -> None:
    assert _weak(f"ROWS = [1]\ndef test_it():\n {body}") == []


def test_a_test_of_a_property_may_have_a_case_with_nothing_to_look_at() -> None:
    assert _weak("@given(st.text())\ndef test_it(text):\n for row in read(text):\n  assert row") == []
