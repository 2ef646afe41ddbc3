"""Whatever reads or writes text names the encoding, and whatever leaves it to the host is noticed."""

import ast
from pathlib import Path

import pytest

from tests.house.encoded_text import left_to_the_host

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "bench", "docs", "migrations", "tests")
FILES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))


def test_nothing_is_left_to_the_host() -> None:
    assert len(FILES) > 1000
    left = {f"{file.relative_to(ROOT)}": [*left_to_the_host(ast.parse(file.read_text("utf-8")))] for file in FILES}
    assert {file: lines for file, lines in left.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "path.read_text()",
        "path.read_text(errors='replace')",
        "path.write_text(words)",
        "path.write_text(words, newline='')",
        "path.open('w')",
        "path.open(mode='a')",
        "open(path)",
        "open(path, 'r')",
        "os.fdopen(number)",
        "os.fdopen(number, 'w')",
        "tempfile.NamedTemporaryFile('w')",
        "subprocess.run(command, text=True)",
        "subprocess.Popen(command, universal_newlines=True)",
    ],
)
def test_what_is_left_to_the_host_is_noticed(text: str) -> None:
    (line,) = left_to_the_host(ast.parse(text))
    assert line == f"line 1: {text.split('(')[0]}"


@pytest.mark.parametrize(
    "text",
    [
        "path.read_text('utf-8')",
        "path.write_text(words, 'utf-8')",
        "path.write_text(words, encoding='utf-8')",
        "page.open()",
        "path.open('rb')",
        "path.open(mode='wb')",
        "archive.open(entry, 'w')",
        "open(path, 'rb')",
        "open(path, 'w', encoding='utf-8')",
        "os.fdopen(number, 'wb')",
        "tempfile.NamedTemporaryFile()",
        "subprocess.run(command, encoding='utf-8')",
        "subprocess.run(command)",
        "response.get_data(as_text=True)",
        "path.open(**options)",
    ],
)
def test_what_names_its_encoding_or_reads_bytes_is_left_alone(text: str) -> None:
    assert list(left_to_the_host(ast.parse(text))) == []


def test_no_test_has_a_name_beyond_ascii() -> None:
    """The name of the test that runs stands in the environment, which a host of ASCII alone does not take."""
    tests = (node for file in FILES for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    names = [node.name for node in tests if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert len(names) > 1000
    assert [name for name in names if not name.isascii()] == []
