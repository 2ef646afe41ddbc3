"""Finds what stands twice in `app`: functions that do the same under other names, and conditions written again.

Names that a function gets or makes itself are nobody's; a name of its module is that module's own, and an imported one
is that of where it comes from. So two functions are the same only if they would do the same.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.house.rules import Module

LEAST_PARTS = 16
"""What has fewer nodes of syntax may well come twice."""


def standing_twice(modules: Iterable[Module]) -> list[str]:
    """Each function and condition that stands in several places, which are named by path and name or line."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for text, place in (*_functions(module), *_conditions(module)):
            places[text].append(place)
    return sorted(" = ".join(sorted(several)) for several in places.values() if len(several) > 1)


def _functions(module: Module) -> Iterator[tuple[str, str]]:
    origins = _origins(module)
    for function in module.all(ast.FunctionDef):
        body = [step for step in function.body if not _is_docstring(step)]
        given = [argument.arg for argument in _arguments(function)]
        meant = _Meant(origins, _made(function))
        inner = [meant.visit(ast.parse(ast.unparse(step))) for step in body]
        if sum(_parts(step) for step in body) >= LEAST_PARTS:
            numbered = [meant.number(name) for name in given]
            yield f"{numbered}: {[ast.unparse(step) for step in inner]}", f"{module.path}: {function.name}"


def _conditions(module: Module) -> Iterator[tuple[str, str]]:
    """Comparisons and what joins them, the whole of each, with the names as they are written."""
    seen: set[str] = set()
    for node in _outermost(module.tree):
        text = ast.unparse(node)
        if _parts(node) >= LEAST_PARTS and text not in seen:
            seen.add(text)
            yield text, f"{module.path}: line {getattr(node, 'lineno', 0)}"


def _outermost(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if _joins(child) or isinstance(child, ast.BoolOp | ast.Compare):
            yield child
        else:
            yield from _outermost(child)


def _joins(node: ast.AST) -> bool:
    """Whether it joins conditions, and not types."""
    is_joint = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr)
    return is_joint and any(isinstance(part, ast.Call | ast.Compare) for part in ast.walk(node))


def _parts(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _is_docstring(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _made(function: ast.FunctionDef) -> set[str]:
    """The names that are the function's own."""
    names = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return names | {
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _origins(module: Module) -> dict[str, str]:
    """What each name of the module is, in the whole house."""
    origins: dict[str, str] = {}
    for source in module.all(ast.ImportFrom):
        origins |= {alias.asname or alias.name: f"{source.module}.{alias.name}" for alias in source.names}
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            origins[node.name] = f"{module.path}:{node.name}"
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        origins |= {name.id: f"{module.path}:{name.id}" for name in targets if isinstance(name, ast.Name)}
    return origins


class _Meant(ast.NodeTransformer):
    """Names as what they mean."""

    def __init__(self, origins: dict[str, str], own: set[str]) -> None:
        self.origins, self.own = origins, own
        self.numbers: dict[str, str] = {}

    def number(self, name: str) -> str:
        """A name of the function's own, by the order in which it comes."""
        return self.numbers.setdefault(name, f"v{len(self.numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name = self.number(node.id) if node.id in self.own else self.origins.get(node.id, node.id)
        return ast.Name(name, node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self.number(node.arg))
