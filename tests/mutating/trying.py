"""Try a mutant: a fork of a process that has every library loaded imports the application with the mistake in it, and
runs the tests that should notice.

No file is touched: the mutated module is compiled from its tree. Libraries, the database server and its migrated
template are made once, before; a fork takes as long as importing the application and running the tests does.
"""

import ast
import contextlib
import importlib
import importlib.util
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TextIO

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("app", "tests", "migrations", "conftest", "__main__")
LOADED_BEFORE = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
WITHOUT = ("cacheprovider", "xdist", "unraisableexception")
"""Plugins of pytest that runs here go without."""
TOO_LONG = 256
"""The status of a fork that did not come to an end in time: one with which no process ends."""
INTERRUPTED, UNREACHABLE, CRASHED = 68, 69, 70
"""Of a fork whose pytest was stopped, whose database did not answer, that raised something itself."""
OPERATIONAL = ("psycopg", "OperationalError")
NO_ANSWER = ("08", "53", "57P")
"""Classes of SQLSTATE that are the server's trouble: connections, resources, a shutdown."""


class Planted(SourceFileLoader):
    """Loads one module from a tree instead of its file; as a finder, finds that module alone."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        super().__init__(module, str(path_of(module)))
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        """The tree, compiled."""
        code: CodeType = compile(ast.fix_missing_locations(self.tree), self.path, "exec", dont_inherit=True)
        return code

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """This module from here, others from elsewhere."""
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None
        )


class Watching:
    """A plugin of pytest that notes what its status leaves open: why it was interrupted, and who failed."""

    def __init__(self) -> None:
        self.uncollected = self.unreachable = False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported is the mistake's doing; being stopped by hand is not."""
        self.uncollected = self.uncollected or report.failed

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        """A test that cannot reach its database says nothing of the mistake."""
        self.unreachable = self.unreachable or (call.excinfo is not None and is_no_answer(call.excinfo.value))

    def told_apart(self, status: int) -> int:
        """The status of pytest, or what it hides."""
        if self.unreachable:
            return UNREACHABLE
        return INTERRUPTED if status == pytest.ExitCode.INTERRUPTED and not self.uncollected else status


def is_no_answer(error: BaseException | None) -> bool:
    """Whether a database that did not answer is behind an error: no class of psycopg is imported for it."""
    while error is not None:
        if any((each.__module__, each.__name__) == OPERATIONAL for each in type(error).__mro__):
            state: str | None = getattr(error, "sqlstate", None)
            return state is None or state.startswith(NO_ANSWER)
        error = error.__cause__ or error.__context__
    return False


def plugin_of(worker: str) -> ModuleType:
    """A plugin of pytest: the tests of this fork have the databases of this worker."""

    @pytest.fixture(scope="session")
    def worker_id() -> str:
        return worker

    plugin = ModuleType("tests_of_a_mutant")
    vars(plugin)["worker_id"] = worker_id
    return plugin


def path_of(module: str) -> Path:
    """The file of a module of ours."""
    return ROOT / f"{module.replace('.', '/')}.py"


def forked(work: Callable[[], int], seconds: float) -> int:
    """The status with which `work` ends in a fork of this process; TOO_LONG if it is not done in time."""
    pid = os.fork()
    if not pid:
        status = CRASHED
        try:
            os.setsid()
            status = work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    end = time.monotonic() + seconds
    while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > end:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return TOO_LONG
        time.sleep(0.005)
    return os.waitstatus_to_exitcode(ended[1])


def run_tests(tests: Sequence[str], worker: str, output: TextIO) -> int:
    """The status of pytest, up to the first failure: file by file, as what is not reached need not be collected.

    What the collector of garbage meets is no word of a test, and may come when pytest is leaving.
    """
    without = [each for name in WITHOUT for each in ("-p", f"no:{name}")]
    options = ["-x", "-q", "--no-header", *without, *LOADED_BEFORE]
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        for file in tests:
            watching = Watching()
            ended = int(pytest.main([*options, file], plugins=[plugin_of(worker), watching]))
            if status := watching.told_apart(ended):
                return status
    return 0


def try_modules(planted: Sequence[Planted], tests: Sequence[str], worker: str, seconds: float) -> int:
    """The status of the tests when the application is imported with these modules in place of the files'."""

    def work() -> int:
        sys.meta_path[:0] = planted
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            status = run_tests(tests, worker, nowhere)
        if status == pytest.ExitCode.USAGE_ERROR and not all(importable(each.name) for each in planted):
            return int(pytest.ExitCode.INTERRUPTED)
        return status

    return forked(work, seconds)


def importable(module: str) -> bool:
    """Whether it can be imported: a conftest.py that cannot import it looks to pytest like wrong usage."""
    try:
        importlib.import_module(module)
    except Exception:
        return False
    return True


def load_libraries(tests: Sequence[str], worker: str) -> int:
    """Run the tests in a fork, and import here what they imported there, but for what is ours; their status."""
    reading, writing = os.pipe()

    def work() -> int:
        status = run_tests(tests, worker, sys.stdout)
        with os.fdopen(writing, "w", encoding="utf-8") as names:
            names.write("\n".join(sys.modules))
        return status

    status = forked(work, 600)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as names:
        for name in names.read().split("\n"):
            if name.split(".")[0] not in OURS:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
    return status
