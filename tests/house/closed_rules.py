"""Rules that keep doors shut, read from the code of `app` and from its templates; `make lint` asks them.

What ruff's S and DTZ rules and bandit find is theirs. These know our own ways: how we write SQL, which bodies and locks
there are, what a log may be told.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.house.locks import late_bodies
from tests.house.rules import Module

Rule = Callable[[Module], Iterator[str]]

MADE_SQL = {"text", "execute", "exec_driver_sql", "literal_column", "scalar", "scalars"}
OWN_NAMES = ("app/core/audit.py", "app/core/embedded.py", "app/core/patience.py", "app/messages/models.py")
"""Statements that PostgreSQL takes no parameters for, made of names that are constants of ours."""
NAIVE = {"utcnow", "utcfromtimestamp"}
LOUD = {"debug", "info", "warning", "error", "critical", "exception"}
SECRET = re.compile(
    r"(?<![a-z])(password|passphrase|secret|secret_key|token|cookie|authorization|keyring|field_keys|pin|phone|number|email"
    r"|body|form|name|birth_year|sender)(?![a-z])"
)
NO_SECRETS = re.compile(r"\b(gateway|job|folder|row|file|snapshot)\.name\b|\b__name__\b|len\([^)]*\)")
SAFE = re.compile(r"\{\{[^}]*\|\s*safe\b[^}]*\}\}|\{%\s*autoescape\s+false")
OWN_FILES = re.compile(r"\{\{ (script|style)\((\"[a-z_]+\.(js|css)\")?\)\|safe \}\}")
"""Scripts and styles that are files of ours, read from the disk: no word of anybody's is in them."""


def sql_is_written_not_made(module: Module) -> Iterator[str]:
    """Values are bound: no statement is put together with f, %, + or format where it is run."""
    if module.path in OWN_NAMES:
        return
    for call in module.all(ast.Call):
        if ast.unparse(call.func).split(".")[-1] in MADE_SQL and call.args and _is_made(call.args[0]):
            yield f"line {call.lineno}: {ast.unparse(call.args[0])}"


def _is_made(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) and not _is_constant(part.value) for part in value.values)
    if isinstance(value, ast.BinOp):
        parts = (value.left, value.right)
        is_text = any(isinstance(part, ast.JoinedStr) or _is_text(part) for part in parts)
        return isinstance(value.op, ast.Add | ast.Mod) and is_text and not all(map(_is_constant, parts))
    is_format = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "format"
    return is_format and _is_text(value.func.value)  # type: ignore[attr-defined]


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_constant(value: ast.expr) -> bool:
    """Whether it is a text, or made of what is written in capitals at the top of a module."""
    joined = isinstance(value, ast.Call) and ast.unparse(value.func).endswith("'.join") and len(value.args) == 1
    name = value.args[0] if joined and isinstance(value, ast.Call) else value
    return _is_text(value) or (isinstance(name, ast.Name) and name.id.isupper())


def instants_know_their_zone(module: Module) -> Iterator[str]:
    """Nothing is made naive, and no column holds what is; but forms and labelled files show what stands on a clock."""
    if module.path in ("app/web/desk/forms.py", "app/exports/labelled/sheets.py"):
        return
    for call in module.all(ast.Call):
        name = ast.unparse(call.func).split(".")[-1]
        keywords = {word.arg: ast.unparse(word.value) for word in call.keywords}
        naive = name in NAIVE or keywords.get("tzinfo") == "None"
        naive |= ast.unparse(call.func) in ("datetime.now", "datetime.datetime.now") and not (call.args or keywords)
        naive |= name == "fromtimestamp" and len(call.args) + len(keywords) < 2
        naive |= ast.unparse(call.func) in ("DateTime", "sa.DateTime") and keywords.get("timezone") != "True"
        if naive:
            yield f"line {call.lineno}: {ast.unparse(call)}"


def bodies_are_read_before_locks(module: Module) -> Iterator[str]:
    """A socket that sends a byte a second must hold nothing: the edge has read all of it, and no view reads on."""
    if "request" in module.text:
        yield from late_bodies(module)


def logs_are_told_no_secret(module: Module) -> Iterator[str]:
    """A log line names rows by their numbers and errors by their kind: no name, number, word or key of anybody's."""
    for call in module.all(ast.Call):
        if not (
            isinstance(call.func, ast.Attribute) and call.func.attr in LOUD and ast.unparse(call.func.value) == "log"
        ):
            continue
        told = [*call.args[1:], *(part for part in call.args[:1] if not _is_text(part))]
        for value in told:
            if SECRET.search(NO_SECRETS.sub("", ast.unparse(value)).lower()):
                yield f"line {call.lineno}: {ast.unparse(value)}"


RULES: tuple[Rule, ...] = (
    sql_is_written_not_made,
    instants_know_their_zone,
    bodies_are_read_before_locks,
    logs_are_told_no_secret,
)


def unescaped(template: str) -> list[str]:
    """What a template shows without escaping it, but for scripts and styles of our own."""
    return [found for found in SAFE.findall(template) if not OWN_FILES.fullmatch(found)]


def templates(root: Path) -> dict[str, str]:
    """Every template, by its path."""
    files = sorted((root / "app").rglob("*.html"))
    return {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in files}
