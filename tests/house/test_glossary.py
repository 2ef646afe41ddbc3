"""The nouns of docs/glossary.md are the names of classes, and every table has its word there."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
ROWS = re.findall(r"^\| \*\*(\w+)\*\* \| `([\w/.]+)` \| (.+) \|$", PAGE, re.MULTILINE)
IN_CORE = ("audit", "incarnation", "key_marks", "sealing")
TABLE_FILES = [*sorted((ROOT / "app").glob("*/models.py")), *(ROOT / f"app/core/{name}.py" for name in IN_CORE)]


def _classes(file: Path) -> dict[str, list[str]]:
    """The classes of a file, each with the names of its bases."""
    nodes = ast.parse(file.read_text("utf-8")).body
    return {node.name: [ast.unparse(base) for base in node.bases] for node in nodes if isinstance(node, ast.ClassDef)}


TABLES = [name for file in TABLE_FILES for name, bases in _classes(file).items() if "Base" in bases]


@pytest.mark.parametrize(("word", "file"), [row[:2] for row in ROWS])
def test_a_word_is_the_name_of_a_class(word: str, file: str) -> None:
    assert word in _classes(ROOT / file)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_its_word(table: str) -> None:
    assert table in {word for word, _, _ in ROWS}


def _twice(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Names of classes that stand in more than one file: in the analysis, or in all that is not the analysis."""
    files: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for name, file in names:
        files[file.startswith("app/analysis/"), name].append(file)
    return {name: sorted(places) for (_, name), places in files.items() if len(places) > 1}


def test_a_name_of_a_class_stands_once() -> None:
    """The analysis is a library of its own, which knows nothing of the rest; a protocol is a row and what it says."""
    files = sorted((ROOT / "app").rglob("*.py"))
    names = [(name, file.relative_to(ROOT).as_posix()) for file in files for name in _classes(file)]
    assert set(_twice(names)) == {"Protocol"}


@pytest.mark.parametrize(
    ("files", "twice"),
    [
        (["app/messages/kinds.py", "app/exports/reasons.py"], True),
        (["app/analysis/report/flow.py", "app/analysis/trial/plan.py"], True),
        (["app/exports/models.py", "app/analysis/trial/snapshot.py"], False),
        (["app/exports/models.py"], False),
    ],
)
def test_a_name_that_stands_twice_is_found(files: list[str], twice: bool) -> None:
    assert ("Reason" in _twice([("Reason", file) for file in files])) is twice


def test_a_word_has_one_meaning() -> None:
    assert [word for word, count in Counter(word for word, _, _ in ROWS).items() if count > 1] == []
    assert len(ROWS) == PAGE.count("| **")
