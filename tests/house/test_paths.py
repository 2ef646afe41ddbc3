"""Every path and module that a page or a docstring names is there, and every link leads somewhere."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = r"(?:app|tests|docs|examples|bench|migrations|\.ci)"
PATH = re.compile(rf"(?<![\w./-]){TOP}/(?!browser/node_modules)[\w./-]*\w")
MODULE = re.compile(r"(?<![\w./@-])(?:app|tests|migrations|bench|svar\.analysis)(?:\.[a-z_]\w*)+")
BARE = re.compile(r"(?<![\w./-])(?:\w+/)*(?:\w+\.md|\w*[a-z]\w*\.(?:py|sh|yaml))\b")
"""A file by the end of its path; `STUDY.yaml` and `CODE.py` stand for any."""
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)")


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [path for path in (ROOT / name for name in listed.stdout.split()) if path.exists()]


PAGES = _tracked("*.md", "Makefile", "Procfile", "*.in", ".ci/run", "*.toml", ".pre-commit-config.yaml")
SOURCES = _tracked("*.py")
ALL = [path.relative_to(ROOT).as_posix() for path in _tracked()]


def missing_paths(text: str) -> Iterator[str]:
    """Files that the text names, by a path from the root or by the end of one, and that are not there."""
    yield from (path for path in PATH.findall(text) if not (ROOT / path).exists())
    for name in BARE.findall(text):
        if not re.match(rf"{TOP}/", name) and not any(f"/{path}".endswith(f"/{name}") for path in ALL):
            yield name


def missing_modules(text: str) -> Iterator[str]:
    """Dotted names of ours that are neither a module nor what a module defines."""
    return (name for name in MODULE.findall(text) if not _is_there(name.replace("svar.analysis", "app.analysis")))


def _is_there(name: str) -> bool:
    """Whether the longest part that can be a module is one, and says the rest of the name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.exists():
            return end == len(parts) or parts[end] in _names(ast.parse(file.read_text("utf-8")))
    return False


def _names(tree: ast.Module) -> set[str]:
    """What a module defines or imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def missing_links(page: Path) -> Iterator[str]:
    """Relative links of a page that lead nowhere."""
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
            yield target


def docstrings(source: Path) -> str:
    """What a module's docstrings and strings beneath a name say, and its comments."""
    text = source.read_text("utf-8")
    nodes = ast.walk(ast.parse(text))
    values = [node.value.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    comments = re.findall(r"(?:^|\s)#\s(.*)$", text, re.MULTILINE)
    return "\n".join((*(each for each in values if isinstance(each, str)), *comments))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [*missing_paths(text), *missing_modules(text), *missing_links(page)] == []


def test_what_docstrings_and_comments_name_is_there() -> None:
    docstrings_of = {_name(source): docstrings(source) for source in SOURCES}
    missing = {name: [*missing_paths(text), *missing_modules(text)] for name, text in docstrings_of.items()}
    assert {name: paths for name, paths in missing.items() if paths} == {}


def test_the_readme_names_each_package_of_the_application() -> None:
    table = re.findall(r"^\| (`app.*?|\[`app.*?) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"`(?:app/)?(\w+)(?:\.py)?/?`", " ".join(table)))
    packages = {path.name for path in (ROOT / "app").iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert packages <= named
    assert {name for name in named if not _package_or_module(name)} == set()


def _package_or_module(name: str) -> bool:
    return (ROOT / "app" / name).is_dir() or (ROOT / "app" / f"{name}.py").exists()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("see app/config.py, and docs/nowhere.md.", ["docs/nowhere.md"]),
        ("`app/messages/delivery.py`", ["app/messages/delivery.py"]),
        ("https://example.org/app/nothing and /app/nothing", []),
        ("app/web/ and app/web", []),
        ("`calendar.py`, `schedule/calendar.py`, `calender.py`", ["calender.py"]),
    ],
)
def test_a_path_that_is_not_there_is_noticed(text: str, missing: list[str]) -> None:
    assert list(missing_paths(text)) == missing


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("from app.analysis import MMRM", []),
        ("app.config.settings, app.config.nothing_there", ["app.config.nothing_there"]),
        ("app.messages.delivery", ["app.messages.delivery"]),
        ("python -m svar.analysis --help", []),
    ],
)
def test_a_module_that_is_not_there_is_noticed(text: str, missing: list[str]) -> None:
    assert list(missing_modules(text)) == missing
