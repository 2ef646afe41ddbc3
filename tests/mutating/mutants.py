"""Small mistakes that somebody could make in a module, one at a time (pure).

Comparisons at their boundary and turned round, arithmetic and logic exchanged, conditions turned round, numbers off by
one, words altered, one result in place of another; and in queries: a condition left out, `is_` for `is_not`, `in_` for
`not_in`, `asc` for `desc`. Not altered is what decides nothing: docstrings, annotations, decorators, imports, names of
types, the name of a subquery, and the words of errors.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any", "is_": "is_not", "is_not": "is_", "in_": "not_in",
    "not_in": "in_", "asc": "desc", "desc": "asc", "and_": "or_", "or_": "and_", "exists": "not_exists",
}  # fmt: skip
CONDITIONS = ("where", "filter", "filter_by", "and_", "or_")
NAMING = ("subquery", "cte")
"""What is called so has its name in the statement alone."""
TYPES = ("bool", "dict", "float", "frozenset", "int", "list", "object", "set", "str", "tuple", "type")
ALTERED = "altered"
CONTEXT = 40


@dataclass(frozen=True)
class Mutant:
    """A mistake: in which function, on which line, how the statement reads with and without it."""

    where: str
    line: int
    before: str
    after: str
    place: "Place"

    def plant(self) -> None:
        """Put the mistake into the tree that the mutant was made of."""
        self.place.put()


@dataclass(frozen=True)
class Place:
    """A field of a node (of a list in it, the element `index`), and what comes there instead."""

    parent: ast.AST
    field: str
    index: int | None
    new: Any

    def put(self) -> Any:
        """Put the new there; returns what was there."""
        if self.index is None:
            old = getattr(self.parent, self.field)
            setattr(self.parent, self.field, self.new)
            return old
        content = getattr(self.parent, self.field)
        old = content[self.index]
        if self.new is None:
            del content[self.index]
        else:
            content[self.index] = self.new
        return old

    def restore(self, old: Any) -> None:
        """Put the old back."""
        if self.index is None:
            setattr(self.parent, self.field, old)
        elif self.new is None:
            getattr(self.parent, self.field).insert(self.index, old)
        else:
            getattr(self.parent, self.field)[self.index] = old


NOWHERE = Place(ast.Module([], []), "body", None, [])
"""Of a mutant that has been tried, and need not be carried from one process to another with its whole tree."""


def mutants(tree: ast.Module, only: tuple[str, ...] = ()) -> list[Mutant]:
    """Every mutant of a module, or of the functions and constants named."""
    return [mutant for statement, where in statements(tree) for mutant in _of(statement, where, only)]


def _of(statement: ast.stmt, where: str, only: tuple[str, ...]) -> Iterator[Mutant]:
    if only and not (set(where.split(".")) | set(_assigned(statement))) & set(only):
        return
    before = text(statement)
    for place in places(statement):
        old = place.put()
        after = text(statement)
        place.restore(old)
        line = getattr(old, "lineno", getattr(place.parent, "lineno", statement.lineno))
        yield Mutant(where or "the module", line, *excerpts(before, after), place)


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Two readings of a statement, cut to where they differ and some letters on either side."""
    same = alike(before, after)
    tail = alike(before[same:][::-1], after[same:][::-1])
    start, end = max(same - CONTEXT, 0), max(tail - CONTEXT, 0)
    return tuple(("…" * (start > 0)) + each[start : len(each) - end] + "…" * (end > 0) for each in (before, after))  # type: ignore[return-value]


def alike(shown: str, other: str) -> int:
    """With how many letters both begin."""
    return next(
        (count for count, (a, b) in enumerate(zip(shown, other, strict=False)) if a != b), min(len(shown), len(other))
    )


def _assigned(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def statements(node: ast.AST, where: str = "") -> Iterator[tuple[ast.stmt, str]]:
    """Every statement below, with the dotted name of the function or class that holds it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            named = isinstance(child, ast.FunctionDef | ast.ClassDef)
            inside = f"{where}.{child.name}".lstrip(".") if named else where  # type: ignore[attr-defined]
            yield child, inside
            yield from statements(child, inside)
        elif isinstance(child, ast.match_case | ast.ExceptHandler):
            yield from statements(child, where)


def text(statement: ast.stmt) -> str:
    """The statement in one line; of one that holds others, its head."""
    if isinstance(statement, ast.FunctionDef):
        return f"def {statement.name}({ast.unparse(statement.args)})"
    return ast.unparse(statement).split(":\n")[0].replace("\n", " ")


def places(statement: ast.stmt) -> Iterator[Place]:
    """Every place for a mistake in the statement itself, not in those that it holds."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.ClassDef) or _is_words(statement):
        return
    if isinstance(statement, ast.FunctionDef):
        for defaults in ("defaults", "kw_defaults"):
            for number, default in enumerate(getattr(statement.args, defaults)):
                if default is not None:
                    yield from _in(statement.args, defaults, number, default)
        return
    if isinstance(statement, ast.Return) and statement.value is not None and not _is_none(statement.value):
        yield Place(statement, "value", None, ast.Constant(None))
    if isinstance(statement, ast.AugAssign) and type(statement.op) in OPERATORS:
        yield Place(statement, "op", None, OPERATORS[type(statement.op)]())
    for parent, name, index, node in _children(statement):
        for place in _in(parent, name, index, node):
            if not (isinstance(statement, ast.Raise) and isinstance(place.new, ast.Constant)):
                yield place


def _is_words(statement: ast.stmt) -> bool:
    """A docstring; or a name for a type, as `Decision = Send | Wait` or `Answers = Mapping[str, int]`."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Subscript | ast.BinOp):
        return False
    names = [node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)]
    return all(name in TYPES or (name[0].isupper() and not name.isupper()) for name in names)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _children(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """The expressions right below, each with its place; neither statements nor annotations."""
    for name, content in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        numbered = list(enumerate(content)) if isinstance(content, list) else [(None, content)]
        for index, child in numbered:
            if isinstance(child, ast.expr):
                yield node, name, index, child
            elif isinstance(child, ast.keyword | ast.comprehension | ast.withitem | ast.match_case | ast.arguments):
                yield from _children(child)


def _in(parent: ast.AST, name: str, index: int | None, node: ast.expr) -> Iterator[Place]:
    """The mistakes of this expression, and of those in it."""
    if isinstance(node, ast.Constant) and isinstance(parent, ast.Call) and _called(parent) in NAMING:
        return
    for new in _instead(node):
        yield Place(parent, name, index, new)
    if _is_test(parent, name) and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield Place(parent, name, index, ast.UnaryOp(ast.Not(), node))
    yield from _within(node)
    for below in _children(node):
        yield from _in(*below)


def _is_test(parent: ast.AST, name: str) -> bool:
    return name == "test" or (isinstance(parent, ast.comprehension) and name == "ifs")


def _instead(node: ast.expr) -> Iterator[ast.expr]:
    """What may stand in place of the whole expression."""
    if isinstance(node, ast.Constant):
        for value in _values(node.value):
            yield ast.Constant(value)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)


def _values(value: object) -> Sequence[bool | int | float | str]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 2]
    if isinstance(value, str):
        try:
            return [str(float(value) + 1)]
        except ValueError:
            return [value + ALTERED]
    return []


def _within(node: ast.expr) -> Iterator[Place]:
    """Mistakes in a part of the expression that is no expression: an operator, an attribute, an argument left out."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for new in COMPARISONS[type(operator)]:
                yield Place(node, "ops", index, new())
    elif isinstance(node, ast.BoolOp):
        yield Place(node, "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield Place(node, "op", None, OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield Place(node, "attr", None, NAMES[node.attr])
    elif isinstance(node, ast.Call) and _called(node) in CONDITIONS:
        for index in range(len(node.args)):
            yield Place(node, "args", index, None)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))
