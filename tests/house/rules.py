"""The house rules that a machine can hold: each reads one module of `app`, some of them one of `tests` too, and tells
what breaks it, line by line.

CONTRIBUTING.md gives the reasons. What ruff, mypy or import-linter can hold is theirs (pyproject.toml).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

CHANNELS = ("app/web/", "app/api/", "app/cli/", "app/clock.py", "app/rehearsal/", "app/starting.py")
"""Where requests, commands and the passing of time come in: they alone read the clock and commit."""
AROUND_THE_NETWORK = (
    "app/alerting/digesting.py",
    "app/alerting/sending.py",
    "app/alerting/telling.py",
    "app/exports/handing_on.py",
    "app/hooks/delivering.py",
    "app/messages/monitoring/holding.py",
    "app/messages/sending/delivery.py",
    "app/messages/sending/unknown_numbers.py",
    "app/messages/receiving/reconciling.py",
    "app/messages/receiving/replies.py",
    "app/messages/receiving/mailbox.py",
    "app/messages/receiving/provider_log.py",
    "app/messages/receiving/restoring.py",
    "app/messages/receiving/sweeping.py",
)
"""Verbs that speak with the provider between two transactions, because the network must never be inside one; and the
one that notes on a clock's disk what was committed, never what may yet be taken back."""
VAGUE_MODULES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "service", "services", "misc"}
CLOCKS = {"now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.now"}
HEAVY = {
    "pandas",
    "matplotlib",
    "pyarrow",
    "pyreadstat",
    "scipy",
    "great_tables",
    "openpyxl",
    "formulaic",
    "fhir",
    "statsmodels",
}
BARE_CONSTANTS = {"APART", "ASKED", "AWAY", "CHANGED", "HELD", "KEPT", "LARGEST", "LONGEST", "MARK", "MOST", "OURS"}
BARE_CONSTANTS |= {"PATIENCE", "PAUSE", "TAKEN", "TRIES"}
BARE_LOCALS = {"one", "found", "known", "asked", "told", "here", "me", "let_go", "steering", "passed_over"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40


@dataclass(frozen=True)
class Module:
    """A Python file, named by its path from the root of the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """What it says."""
        return ast.parse(self.text)

    @property
    def is_channel(self) -> bool:
        """Whether it stands between the world and the verbs."""
        return self.path.startswith(CHANNELS)

    def all(self, kind: type[Node]) -> Iterator[Node]:
        """Every node of a kind, wherever in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))


Rule = Callable[[Module], Iterator[str]]


def modules_are_short(module: Module) -> Iterator[str]:
    """At most 300 lines: above that it has two jobs."""
    lines = module.text.count("\n")
    if lines > LONGEST_MODULE:
        yield f"{lines} lines"


def functions_are_short(module: Module) -> Iterator[str]:
    """At most 40 lines, so that each is read at a glance."""
    for function in module.all(ast.FunctionDef):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield f"{function.name}: {lines} lines"


def modules_are_named_for_a_job(module: Module) -> Iterator[str]:
    """`planning`, `delivery`: never a drawer into which anything fits."""
    for part in PurePosixPath(module.path).with_suffix("").parts:
        if part in VAGUE_MODULES:
            yield part


def modules_say_what_they_are(module: Module) -> Iterator[str]:
    """One line that promises or explains."""
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield "no docstring"


def public_functions_promise(module: Module) -> Iterator[str]:
    """A function that others call says what it gives; `score` of a scorer is described once, in its package."""
    described = {"score"} if module.path.startswith("app/instruments/scoring/") else set()
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or node.name in described:
            continue
        words = (ast.get_docstring(node) or "").split()
        if len(words) <= 3:
            yield f"{node.name}: {'says too little' if words else 'no docstring'}"


def only_channels_read_the_clock(module: Module) -> Iterator[str]:
    """`now` is an argument, so that a test, a rehearsal and a forecast can say when it is."""
    if module.is_channel or module.path == "app/core/time.py":
        return
    for call in module.all(ast.Call):
        if ast.unparse(call.func) in CLOCKS:
            yield f"line {call.lineno}: {ast.unparse(call)}"


def verbs_do_not_commit(module: Module) -> Iterator[str]:
    """One commit, at the edge, so that a verb can be part of a larger whole."""
    if module.is_channel or module.path in ("app/core/database.py", *AROUND_THE_NETWORK):
        return
    for call in module.all(ast.Call):
        if ast.unparse(call.func).split(".")[-1] in ("commit", "rollback", "transaction"):
            yield f"line {call.lineno}: {ast.unparse(call)}"


def tables_are_in_models(module: Module) -> Iterator[str]:
    """Whoever looks for a table knows where it is; `core` keeps its two beside what writes them."""
    if PurePosixPath(module.path).name == "models.py" or module.path.startswith("app/core/"):
        return
    for made in module.all(ast.ClassDef):
        if "Base" in map(ast.unparse, made.bases):
            yield made.name


def closed_sets_are_str_enums(module: Module) -> Iterator[str]:
    """A value that is one of a few has a type, and is written anywhere as its own text (or is a rank)."""
    for made in module.all(ast.ClassDef):
        bases = {ast.unparse(base).split(".")[-1] for base in made.bases}
        if bases & {"Enum", "Flag", "IntFlag"}:
            yield made.name


def values_are_frozen(module: Module) -> Iterator[str]:
    """Only tables change. (A rehearsal's people and clock, and a private class that walks, are no values: they act.)"""
    if module.path.startswith("app/rehearsal/"):
        return
    for made in (made for made in module.all(ast.ClassDef) if not made.name.startswith("_")):
        for decorator in map(ast.unparse, made.decorator_list):
            if decorator.split("(")[0].split(".")[-1] == "dataclass" and "frozen=True" not in decorator:
                yield made.name


def heavy_libraries_wait(module: Module) -> Iterator[str]:
    """Imported where they are used, so that the service starts in a moment; the analysis is loaded as a whole."""
    if module.path.startswith(("app/analysis/", "app/rehearsal/")):
        return
    for node in module.tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] in HEAVY or name.startswith("app.analysis"):
                yield f"line {node.lineno}: {name}"


def rows_are_held_without_their_key(module: Module) -> Iterator[str]:
    """FOR NO KEY UPDATE: FOR UPDATE would also stop whoever only refers to the row, as a text to its visit."""
    for call in module.all(ast.Call):
        options = {word.arg: ast.unparse(word.value) for word in call.keywords}
        locks = isinstance(call.func, ast.Attribute) and call.func.attr == "with_for_update"
        refreshes = "with_for_update" in options
        if (locks and options.get("key_share") != "True") or (
            refreshes and "key_share" not in options["with_for_update"]
        ):
            yield f"line {call.lineno}: {ast.unparse(call)}"


def a_limit_has_an_order(module: Module) -> Iterator[str]:
    """Which rows a LIMIT takes is else up to PostgreSQL's plan; only what says whether there is any may leave it so."""
    if module.path.startswith("app/analysis/"):
        return
    for function in module.all(ast.FunctionDef):
        calls = [call for call in ast.walk(function) if isinstance(call, ast.Call)]
        lines = {call.func.attr: call.lineno for call in calls if isinstance(call.func, ast.Attribute)}
        if "limit" in lines and "order_by" not in lines and "bool" not in ast.unparse(function.returns or ast.Pass()):
            yield f"line {lines['limit']}: {function.name}"


def constants_say_of_what(module: Module) -> Iterator[str]:
    """`LONGEST_FIELD`, `JOB_TRIES`: where every module has a bare word of its own, none says what it is."""
    for node in module.tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for name in map(ast.unparse, targets):
            if name in BARE_CONSTANTS:
                yield f"line {node.lineno}: {name}"


def locals_say_what_they_are(module: Module) -> Iterator[str]:
    """`assessment`, not `one`; `noted_keys`, not `known`. A value of a class may bear the name of its class. Tests keep
    this rule too: whoever reads one asks first what it holds against what."""
    for name in module.all(ast.Name):
        if isinstance(name.ctx, ast.Store) and name.id in BARE_LOCALS:
            yield f"line {name.lineno}: {name.id}"
    outer = module.all(ast.FunctionDef)
    inner = {
        node for each in outer for node in ast.walk(each) if isinstance(node, ast.FunctionDef) and node is not each
    }
    for function in sorted(inner, key=lambda function: function.lineno):
        if function.name in BARE_LOCALS:
            yield f"line {function.lineno}: {function.name}"
    for argument in module.all(ast.arg):
        if argument.arg in BARE_LOCALS and ast.unparse(argument.annotation or ast.Pass()) != argument.arg.capitalize():
            yield f"line {argument.lineno}: {argument.arg}"


RULES: tuple[Rule, ...] = (
    modules_are_short,
    functions_are_short,
    modules_are_named_for_a_job,
    modules_say_what_they_are,
    public_functions_promise,
    only_channels_read_the_clock,
    verbs_do_not_commit,
    tables_are_in_models,
    closed_sets_are_str_enums,
    values_are_frozen,
    heavy_libraries_wait,
    rows_are_held_without_their_key,
    a_limit_has_an_order,
    constants_say_of_what,
    locals_say_what_they_are,
)


def modules(root: Path, folder: str = "app") -> list[Module]:
    """Every module of the application, or of the tests; what npm brings beside the latter is not ours."""
    files = sorted(file for file in (root / folder).rglob("*.py") if "node_modules" not in file.parts)
    return [Module(file.relative_to(root).as_posix(), file.read_text("utf-8")) for file in files]
