"""Which functions of the house take a lock on rows and which read what was sent, by whatever they call."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.rules import Module, modules

BODY = {"form", "files", "data", "json", "values", "stream", "get_data", "get_json"}
LOCKS = {"with_for_update", "lock"}
ROOT = Path(__file__).parents[2]

Function = ast.FunctionDef
Name = tuple[str, str]
"""A function: the path of its module, and what it is called."""


def late_bodies(module: Module) -> Iterator[str]:
    """What is read of the body after a lock, in each function that had not read it before (a form is parsed once)."""
    for function in _functions(module).values():
        read = [node for node in _within(function) if isinstance(node, ast.expr) and _reads(node, module)]
        first = min(read, key=lambda node: node.lineno, default=None)
        if first is None:
            continue
        held = min((call.lineno for call in _calls(function) if _holds(call, module)), default=first.lineno)
        if first.lineno > held:
            yield f"line {first.lineno}: {ast.unparse(first)}, after the lock of line {held}"


def _holds(call: ast.Call, module: Module) -> bool:
    """Whether this call takes a lock, itself or by what it calls."""
    if is_lock(call):
        return True
    called = _called(call, module)
    return called is not None and _takes_lock(called, module)


def _reads(node: ast.expr, module: Module) -> bool:
    if is_body(node):
        return True
    called = _called(node, module) if isinstance(node, ast.Call) else None
    return called is not None and _reads_body(called, module)


def is_lock(call: ast.Call) -> bool:
    """Whether rows are held from here on."""
    holds = any(word.arg == "hold" and ast.unparse(word.value) == "True" for word in call.keywords)
    return holds or ast.unparse(call.func).split(".")[-1] in LOCKS


def is_body(node: ast.expr) -> bool:
    """Whether what was sent is read here."""
    return isinstance(node, ast.Attribute) and node.attr in BODY and ast.unparse(node.value) == "request"


@cache
def _takes_lock(name: Name, module: Module) -> bool:
    return any(is_lock(call) for function in _reached(name, module) for call in _calls(function))


@cache
def _reads_body(name: Name, module: Module) -> bool:
    reached = _reached(name, module, "request")
    return any(is_body(node) for function in reached for node in _within(function) if isinstance(node, ast.expr))


def _reached(name: Name, module: Module, needs: str = "") -> list[Function]:
    """This function and all that it leads to, by way of modules that speak of what is looked for."""
    seen: dict[Name, Function] = {}
    waiting = [name]
    while waiting:
        path, called = waiting.pop()
        source = module if path == module.path else house().get(path)
        function = _functions(source).get(called) if source else None
        if source is None or function is None or (path, called) in seen or needs not in source.text:
            continue
        seen[path, called] = function
        waiting.extend(reached for call in _calls(function) if (reached := _called(call, source)) is not None)
    return list(seen.values())


def _called(call: ast.Call, module: Module) -> Name | None:
    """The function of the house that is called, if it is called by its own name or by that of its module."""
    names = _imported(module)
    if isinstance(call.func, ast.Name):
        name = call.func.id
        return (module.path, name) if name in _functions(module) else names.get(name)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        package = names.get(call.func.value.id)
        return (f"{package[0][:-3]}/{package[1]}.py", call.func.attr) if package else None
    return None


@cache
def _imported(module: Module) -> dict[str, Name]:
    """What is imported from the house, by what it is called here."""
    froms = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: (node.module.replace(".", "/") + ".py", alias.name)
        for node in froms
        if node.module and node.module.split(".")[0] == "app"
        for alias in node.names
    }


@cache
def _functions(module: Module) -> dict[str, Function]:
    return {node.name: node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)}


def _calls(function: Function) -> list[ast.Call]:
    return [node for node in _within(function) if isinstance(node, ast.Call)]


@cache
def _within(function: Function) -> list[ast.AST]:
    """What it does when it is called: what stands above it has been done."""
    return [node for statement in function.body for node in ast.walk(statement)]


@cache
def house() -> dict[str, Module]:
    """Every module of `app`, by its path."""
    return {module.path: module for module in modules(ROOT)}
