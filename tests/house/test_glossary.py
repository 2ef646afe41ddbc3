"""The nouns of docs/glossary.md are the names of classes, and every table has its word there."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
ROWS = re.findall(r"^\| \*\*(\w+)\*\* \| `([\w/.]+)` \| (.+) \|$", PAGE, re.MULTILINE)
IN_CORE = ("audit", "key_marks", "sealing")
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


def test_a_word_has_one_meaning() -> None:
    assert [word for word, count in Counter(word for word, _, _ in ROWS).items() if count > 1] == []
    assert len(ROWS) == PAGE.count("| **")
