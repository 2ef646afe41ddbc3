"""What makes a test weak, and can be seen: outcomes to choose from, nothing that is asserted, and assertions in a loop
that may go round no time.

A loop is over something that is there when that stands in the test or its module, or when `some` (tests/some.py) says
so. Tests of properties choose their cases themselves: of one case nothing may be left to look at.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

ASSERTING = {"raises", "warns", "expect"}
"""Of pytest and Playwright; what is ours begins with `assert_`."""
STATUS = re.compile(r"\.(status_code|exit_code|returncode)\b")
AS_FULL_AS_ITS_PARTS = {
    "enumerate",
    "sorted",
    "list",
    "tuple",
    "set",
    "reversed",
    "product",
    "permutations",
    "pairwise",
}
VIEWS = {"items", "keys", "values"}
DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)


def accepts_several(test: ast.FunctionDef) -> Iterator[str]:
    """`status_code in (200, 303)`, `exit_code != 0`: a test says what comes, not what it could live with."""
    for compared in (node for node in ast.walk(test) if isinstance(node, ast.Compare)):
        text = ast.unparse(compared)
        if not STATUS.search(text):
            continue
        chosen = isinstance(compared.ops[0], ast.In) and isinstance(compared.comparators[0], DISPLAYS)
        ranged = isinstance(compared.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        anything_else = isinstance(compared.ops[0], ast.NotEq) and not text.endswith("!= 500")
        if chosen or ranged or anything_else:
            yield f"line {compared.lineno}: {text}"


def leaves_a_choice(test: ast.FunctionDef) -> Iterator[str]:
    """`assert said in ("a", "b")`, `assert "a" in page or "b" in page`: one of them comes, and the test knows which."""
    for claim in (node.test for node in ast.walk(test) if isinstance(node, ast.Assert)):
        match claim:
            case ast.Compare(
                ops=[ast.In()],
                comparators=[ast.Tuple(elts=[_, _, *_]) | ast.List(elts=[_, _, *_]) | ast.Set(elts=[_, _, *_])],
            ):
                yield f"line {claim.lineno}: {ast.unparse(claim)}"
            case ast.BoolOp(op=ast.Or(), values=[ast.Compare(), *_] as parts) if _of_one_place(parts):
                yield f"line {claim.lineno}: {ast.unparse(claim)}"


def _of_one_place(claims: list[ast.expr]) -> bool:
    """Whether each says that a text of its own stands in the same place."""
    written = [claim for claim in claims if isinstance(claim, ast.Compare) and isinstance(claim.ops[0], ast.In)]
    texts = [claim for claim in written if isinstance(claim.left, ast.Constant)]
    return len(texts) == len(claims) and len({ast.unparse(claim.comparators[0]) for claim in texts}) == 1


def asserts_nothing(test: ast.FunctionDef) -> Iterator[str]:
    """Neither an `assert` nor an error that is expected, nor a call of what says in its name that it asserts."""
    calls = {ast.unparse(call.func).rpartition(".")[2] for call in ast.walk(test) if isinstance(call, ast.Call)}
    says_so = calls & ASSERTING or any(name.lstrip("_").startswith("assert_") for name in calls)
    if not says_so and not any(isinstance(node, ast.Assert) for node in ast.walk(test)):
        yield f"line {test.lineno}: {test.name}"


def may_assert_nothing(test: ast.FunctionDef, module: ast.Module) -> Iterator[str]:
    """All that it asserts stands in loops over what may be empty."""
    if any("given(" in ast.unparse(decorator) for decorator in test.decorator_list):
        return
    walk = _Walk(test, _constants(module))
    if not walk.asserts(test.body) and walk.idle:
        yield f"line {walk.idle[0]}: {test.name}"


def _constants(module: ast.Module) -> set[str]:
    given = [node for node in module.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    names = [name for node in given for name in ast.walk(node) if isinstance(name, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


@dataclass
class _Walk:
    """Through the statements of a test; `idle` are the lines of assertions that may never run."""

    test: ast.FunctionDef
    constants: set[str]
    idle: list[int] = field(default_factory=list)

    def asserts(self, body: list[ast.stmt]) -> bool:
        """Whether something is asserted for certain."""
        return any(self._asserts(statement) for statement in body)

    def _asserts(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Assert(test=claim):
                return self._of_something(claim, statement.lineno)
            case ast.For(iter=looped) if self._may_be_empty(looped):
                self.idle += [node.lineno for node in ast.walk(statement) if isinstance(node, ast.Assert)]
                return False
            case ast.With() if any("raises(" in ast.unparse(item.context_expr) for item in statement.items):
                return True
            case ast.If():
                return self.asserts(statement.body) and self.asserts(statement.orelse)
            case ast.For() | ast.With() | ast.Try():
                return self.asserts(statement.body)
            case ast.FunctionDef() | ast.Return() | ast.Import() | ast.ImportFrom():
                return False
        return any("assert" in ast.unparse(call.func) for call in ast.walk(statement) if isinstance(call, ast.Call))

    def _of_something(self, claim: ast.expr, line: int) -> bool:
        match claim:
            case ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp() | ast.ListComp() as looped]):
                pass
            case ast.UnaryOp(
                operand=ast.Call(func=ast.Name(id="any"), args=[ast.GeneratorExp() | ast.ListComp() as looped])
            ):
                pass
            case _:
                return True
        empty = self._may_be_empty(looped)
        self.idle += [line] * empty
        return not empty

    def _may_be_empty(self, looped: ast.expr) -> bool:
        match looped:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
                return not parts
            case ast.Name(id=name):
                given = self._given_to(name)
                listed = given.generators[0].iter if isinstance(given, ast.ListComp) else given
                return not (name.isupper() or name in self.constants or isinstance(listed, DISPLAYS))
            case ast.GeneratorExp(generators=[first, *_]) | ast.ListComp(generators=[first, *_]):
                return bool(first.ifs) or self._may_be_empty(first.iter)
            case ast.Call(func=ast.Name(id="some" | "range")):
                return False
            case ast.Attribute(attr=name):
                return not name.isupper()
            case ast.Call(func=ast.Name(id="zip"), args=parts, keywords=[*_]):
                return all(map(self._may_be_empty, parts))
            case ast.Call(func=ast.Name(id=name), args=parts) if name in AS_FULL_AS_ITS_PARTS and parts:
                return any(map(self._may_be_empty, parts))
            case ast.Call(func=ast.Attribute(attr=name, value=owner)) if name in VIEWS:
                return self._may_be_empty(owner)
            case ast.BinOp(left=left, right=right):
                return self._may_be_empty(left) and self._may_be_empty(right)
        return not isinstance(looped, ast.Constant)

    def _given_to(self, name: str) -> ast.expr | None:
        """What the test itself gives a name, to begin with."""
        given = (node for node in ast.walk(self.test) if isinstance(node, ast.Assign))
        return next((node.value for node in given if name in map(ast.unparse, node.targets)), None)
