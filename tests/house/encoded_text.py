"""Text is read and written in an encoding that somebody named: a host that knows ASCII alone must not change what a
file says, nor refuse it. Tells where a program leaves it to the host.

`read_text` and `write_text` are told by their names, a method `open` by its mode alone, for much else is opened. Of a
program that is run, `encoding` says in what it speaks, never `text=True`.
"""

import ast
from collections.abc import Iterator

READING, WRITING, OPENING = (
    "read_text",
    "write_text",
    {"open", "fdopen", "popen", "NamedTemporaryFile", "TemporaryFile"},
)
MODES = frozenset("rwxabt+")


def left_to_the_host(tree: ast.AST) -> Iterator[str]:
    """The calls that read or write text in whatever encoding the host prefers, by line."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and not _names_an_encoding(call) and _is_text(call):
            yield f"line {call.lineno}: {ast.unparse(call.func)}"


def _names_an_encoding(call: ast.Call) -> bool:
    """Whether it does, or hands on keywords that may."""
    return any(keyword.arg in ("encoding", None) for keyword in call.keywords)


def _is_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == READING:
        return not call.args
    if name == WRITING:
        return len(call.args) < 2
    if any(keyword.arg in ("text", "universal_newlines") and _is_true(keyword.value) for keyword in call.keywords):
        return True
    return name in OPENING and _opens_text(call, name)


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _opens_text(call: ast.Call, name: str) -> bool:
    """By its mode; without one, the builtin and a path's method open text, and a temporary file bytes."""
    is_method = isinstance(call.func, ast.Attribute) and name == "open"
    modes = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    modes += call.args[:1] if is_method or name.endswith("File") else call.args[1:2]
    mode = next((said for said in map(_mode, modes) if said), None)
    if mode is not None:
        return "b" not in mode
    return name in ("fdopen", "popen") or (name == "open" and not is_method)


def _mode(argument: ast.expr) -> str | None:
    """What an argument says if it can be nothing but a mode."""
    value = argument.value if isinstance(argument, ast.Constant) else None
    return value if isinstance(value, str) and value and set(value) <= MODES else None
