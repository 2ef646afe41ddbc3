"""Which mistakes are planted in a line, and in which lines none."""

import ast

import pytest

from tests.mutating.mutants import mutants


def mistakes(source: str, only: tuple[str, ...] = ()) -> list[str]:
    """How the statements of a module read with a mistake in them."""
    return [mutant.after for mutant in mutants(ast.parse(source), only)]


@pytest.mark.parametrize(
    ("sound", "wrong"),
    [
        ("x = a < b", ["x = a <= b", "x = a >= b"]),
        ("x = a >= b", ["x = a > b", "x = a < b"]),
        ("x = a == b", ["x = a != b"]),
        ("x = a is None", ["x = a is not None"]),
        ("x = a not in b", ["x = a in b"]),
        ("x = a and b", ["x = a or b"]),
        ("x = a + b", ["x = a - b"]),
        ("x = a | ~b", ["x = a & ~b", "x = a | b"]),
        ("x += y", ["x -= y"]),
        ("x = not a", ["x = a"]),
        ("x = 30", ["x = 31", "x = 29"]),
        ("x = 0.5", ["x = 1.0"]),
        ("x = True", ["x = False"]),
        ("x = Decimal('1.75')", ["x = Decimal('2.75')"]),
        ("x = 'odi'", ["x = 'odialtered'"]),
        ("x = min(a, b)", ["x = max(a, b)"]),
        ("x = a if b else c", ["x = a", "x = c", "x = a if not b else c"]),
        ("x = [a for a in b if c]", ["x = [a for a in b if not c]"]),
        ("if a: pass", ["if not a"]),
        ("x = t.a.is_(None)", ["x = t.a.is_not(None)"]),
        ("x = t.a.in_(b)", ["x = t.a.not_in(b)"]),
        ("q.order_by(t.a.desc())", ["q.order_by(t.a.asc())"]),
        ("q.where(a, b)", ["q.where(b)", "q.where(a)"]),
        ("def f(a=True): pass", ["def f(a=False)"]),
        ("def f(a):\n    return a", ["return None"]),
    ],
)
def test_each_kind_of_decision_has_its_mistakes(sound: str, wrong: list[str]) -> None:
    assert mistakes(sound) == wrong


@pytest.mark.parametrize(
    "idle",
    [
        '"""A docstring."""',
        "import a",
        "from a import b",
        "Decision = Send | Wait",
        "Answers = Mapping[str, int | Decimal]",
        "x: Literal['a', 'b']",
        "@dataclass(frozen=True)\nclass A: pass",
        "def f(a: Literal['b']) -> Literal[1]: pass",
        "def f(a):\n    return None",
        "raise ValueError('an instant needs a time zone')",
        "ends = rows.subquery('ends')",
        "ends = rows.cte('ends')",
    ],
)
def test_what_decides_nothing_is_left_alone(idle: str) -> None:
    assert mistakes(idle) == []


def test_a_mistake_is_found_by_function_and_line() -> None:
    source = "class Gate:\n    def decide(self):\n        if ready:\n            return self.left > 0\n"
    planted = [(mutant.where, mutant.line, mutant.after) for mutant in mutants(ast.parse(source))]
    assert planted == [
        ("Gate.decide", 3, "if not ready"),
        ("Gate.decide", 4, "return None"),
        ("Gate.decide", 4, "return self.left >= 0"),
        ("Gate.decide", 4, "return self.left <= 0"),
        ("Gate.decide", 4, "return self.left > 1"),
        ("Gate.decide", 4, "return self.left > -1"),
    ]


def test_only_the_functions_and_constants_named_are_mutated() -> None:
    source = "A = 1\nB = 2\ndef f():\n    return B\ndef g():\n    return B\n"
    assert mistakes(source, only=("A", "g")) == ["A = 2", "A = 0", "return None"]


def test_a_long_statement_is_shown_where_it_differs() -> None:
    words = ", ".join(f"word_{number}" for number in range(40))
    mutant, *_ = mutants(ast.parse(f"x = f({words}, a < b, {words})"))
    assert len(mutant.before) < 100
    assert (mutant.before[0], mutant.before[-1]) == ("…", "…")
    assert " a < b, " in mutant.before
    assert " a <= b, " in mutant.after


def test_every_mutant_alone_changes_the_module_and_can_be_compiled() -> None:
    source = "def f(a, b):\n    return a < b and g(a, 1).where(a, b)\n"
    sound = ast.unparse(ast.parse(source))
    for number in range(len(mutants(ast.parse(source)))):
        tree = ast.parse(source)
        mutants(tree)[number].plant()
        compile(ast.fix_missing_locations(tree), "mutated", "exec")
        assert ast.unparse(tree) != sound
