"""Rules that keep doors shut, read from the code of `app` and from its templates; `make lint` asks them.

What ruff's S and DTZ rules and bandit find is theirs. These know our own ways: how we write SQL, which bodies and locks
there are, what a log may be told.
"""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.house.locks import late_bodies
from tests.house.rules import Module

Rule = Callable[[Module], Iterator[str]]

MADE_SQL = {"text", "execute", "exec_driver_sql", "literal_column", "scalar", "scalars"}
OWN_NAMES = (
    "app/core/audit.py",
    "app/core/dropping.py",
    "app/core/embedded.py",
    "app/core/patience.py",
    "app/messages/models.py",
)
"""Statements that PostgreSQL takes no parameters for, made of names that are constants of ours or the catalogue's."""
NAIVE = {"utcnow", "utcfromtimestamp"}
LOUD = {"debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log"}
LOGGERS = {"log", "alert", "console", "logger", "logging"}
"""Who is called so is a logger, also where another module made it."""
SECRET = re.compile(
    r"(?<![a-z])(password|passphrase|secret|secret_key|token|cookie|authorization|keyring|field_keys|pin|phone|number|email"
    r"|body|form|name|birth_year|sender)(?![a-z])"
)
NO_SECRETS = re.compile(r"\b(gateway|job|folder|row|file|snapshot)\.name\b|\b__name__\b|len\([^)]*\)")
SAFE = re.compile(
    r"\{\{(?:(?!\}\}).)*\|\s*safe\b.*?\}\}"
    r"|\{%(?:(?!%\}).)*\|\s*safe\b.*?%\}"
    r"|\{[{%](?:(?![}%]\}).)*\|\s*map\(\s*[\"']safe.*?[}%]\}"
    r"|\{%[-+]?\s*filter\s+safe\b"
    r"|\{%[-+]?\s*autoescape\s+false",
    re.DOTALL,
)
OWN_FILES = re.compile(r"\{\{ (script|style)\((\"[a-z_]+\.(js|css)\")?\)\|safe \}\}")
"""Scripts and styles that are files of ours, read from the disk: no word of anybody's is in them."""


def sql_is_written_not_made(module: Module) -> Iterator[str]:
    """Values are bound: no statement is put together with f, %, + or format where it is run, or in a name before it."""
    if module.path in OWN_NAMES:
        return
    sentences = {}
    scopes: list[ast.Module | ast.FunctionDef] = [module.tree, *module.all(ast.FunctionDef)]
    for scope in scopes:
        made = _made_names(scope)
        for call in ast.walk(scope):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in MADE_SQL and call.args):
                continue
            statement = call.args[0]
            if _is_made(statement) or (isinstance(statement, ast.Name) and statement.id in made):
                sentences[call] = f"line {call.lineno}: {ast.unparse(statement)}"
    yield from sentences.values()


def _made_names(scope: ast.Module | ast.FunctionDef) -> set[str]:
    """The names that were given a text put together; of a module, what stands outside its functions."""
    steps = scope.body if isinstance(scope, ast.Module) else ast.walk(scope)
    names = set()
    for step in steps:
        targets: Sequence[ast.expr]
        if isinstance(step, ast.AugAssign):
            is_made = isinstance(step.op, ast.Add | ast.Mod) and not _is_constant(step.value)
            targets = [step.target] if is_made else []
        elif isinstance(step, ast.Assign | ast.AnnAssign | ast.NamedExpr) and step.value and _is_made(step.value):
            targets = step.targets if isinstance(step, ast.Assign) else [step.target]
        else:
            continue
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


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
    loggers = LOGGERS | _made_loggers(module)
    for call in module.all(ast.Call):
        if not (
            isinstance(call.func, ast.Attribute) and call.func.attr in LOUD and _is_logger(call.func.value, loggers)
        ):
            continue
        for value in (*call.args, *(word.value for word in call.keywords)):
            if not _is_text(value) and SECRET.search(NO_SECRETS.sub("", ast.unparse(value)).lower()):
                yield f"line {call.lineno}: {ast.unparse(value)}"


def _is_logger(value: ast.expr, loggers: set[str]) -> bool:
    name = ast.unparse(value)
    return name in loggers or name.endswith(".logger") or _makes_logger(value)


def _makes_logger(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in ("getLogger", "getChild")


def _made_loggers(module: Module) -> set[str]:
    """What is given a logger anywhere in the module, also several at once and on an object."""
    names = set()
    for step in ast.walk(module.tree):
        if not isinstance(step, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            continue
        for target in step.targets if isinstance(step, ast.Assign) else [step.target]:
            several = isinstance(target, ast.Tuple) and isinstance(step.value, ast.Tuple)
            pairs = zip(target.elts, step.value.elts, strict=False) if several else [(target, step.value)]  # type: ignore[attr-defined,union-attr]
            names |= {ast.unparse(name) for name, value in pairs if _makes_logger(value)}
    return names


def csv_holds_no_formula(module: Module) -> Iterator[str]:
    """What leaves as CSV may be opened by a spreadsheet: each row that is written went through `harmless_cells`."""
    for call in module.all(ast.Call):
        writes = isinstance(call.func, ast.Attribute) and call.func.attr in ("writerow", "writerows")
        if writes and not any("harmless_cells" in ast.unparse(rows) for rows in call.args):
            yield f"line {call.lineno}: {ast.unparse(call)}"


def temporary_files_say_where(module: Module) -> Iterator[str]:
    """The machine's temporary files are in a folder that everybody shares; the rehearsal's are of nobody."""
    if module.path.startswith("app/rehearsal/"):
        return
    for call in module.all(ast.Call):
        makes = ast.unparse(call.func).split(".")[-1] in MAKES_TEMPORARY
        if makes and "dir" not in {argument.arg for argument in call.keywords}:
            yield f"line {call.lineno}: {ast.unparse(call)}"


MAKES_TEMPORARY = frozenset(
    ["TemporaryDirectory", "TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkdtemp", "mkstemp"]
)


RULES: tuple[Rule, ...] = (
    sql_is_written_not_made,
    instants_know_their_zone,
    bodies_are_read_before_locks,
    logs_are_told_no_secret,
    csv_holds_no_formula,
    temporary_files_say_where,
)


def unescaped(template: str) -> list[str]:
    """What a template shows without escaping it, but for scripts and styles of our own."""
    return [shown for shown in SAFE.findall(template) if not OWN_FILES.fullmatch(shown)]


def templates(root: Path) -> dict[str, str]:
    """Every template, by its path."""
    files = sorted((root / "app").rglob("*.html"))
    return {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in files}
