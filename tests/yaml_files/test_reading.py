"""Files that are hardly YAML at all, and what is remembered of those that are."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.yaml_files import Document, Mistake, Position, Unreadable, read_yaml, reading
from app.yaml_files.reading import MAX_BYTES, MAX_DEPTH
from tests.timing import lasting_less_than

EXAMPLE = "examples/backtobasic/protocol.yaml"
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted([*ROOT.glob("app/instruments/**/*.yaml"), *ROOT.glob("examples/**/*.yaml")])


def read(content: str | bytes) -> Document:
    return read_yaml(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content, EXAMPLE)


def laughs() -> str:
    """Each list is nine times the one before: less than 294 bytes, which stand for nine to the eighth words."""
    lines = ["a: &a [" + ",".join("x" * 9) + "]"]
    for before, name in zip("abcdefg", "bcdefgh", strict=True):
        lines.append(f"{name}: &{name} [" + ",".join([f"*{before}"] * 9) + "]")
    return "\n".join(lines) + "\n"


UNREADABLE: list[tuple[str | bytes, int, str, str]] = [
    # the content, the line, the message, the remedy
    ("", 1, "the file is empty", "examples/backtobasic/protocol.yaml"),
    ("# nothing but a remark\n", 1, "the file is empty", "examples/backtobasic/protocol.yaml"),
    (b"\xef\xbb\xbf", 1, "the file is empty", "examples/backtobasic/protocol.yaml"),
    ("study: a\n\tversion: b\n", 2, "holds a tab", "Indent with spaces only"),
    ("study: [a\nversion: b\n", 2, "cannot be understood as YAML", "brackets"),
    ('study: "a\nversion: b\n', 3, "cannot be understood as YAML", "quotes"),
    ("study: a: b\n", 1, "cannot be understood as YAML", "colons"),
    ("study: a\n  version: b\n", 2, "cannot be understood as YAML", "indentation"),
    ("study: a\n---\nstudy: b\n", 2, "a second document begins", "Delete the line"),
    ("study: a\ntitle: Tromsø\n".encode("latin-1"), 2, "byte 0xF8 is not UTF-8", "encoding UTF-8"),
    ("study: a\ntitle: b\x00c\n", 2, "holds a control character", "Delete it"),
    ("study: a\n\ntitle: \ud800\n", 3, "is not UTF-8", "encoding UTF-8"),
    (laughs(), 1, "`&a` refers to another place", "Write the values out"),
    ("a: {b: &b c}\n", 1, "`&b` refers to another place", "Write the values out"),
    ("&a a: 1\n", 1, "`&a` refers to another place", "Write the values out"),
    ("a: 1\n*a : 2\n", 2, "`*a` refers to another place", "Write the values out"),
    ("a: 1\nb: *a\n", 2, "`*a` refers to another place", "Write the values out"),
    ("a: 1\nb: !!python/object:os.system x\n", 2, "the tag", "Write the value alone"),
    ("a: " + "[" * 50_000 + "\n", 1, "is nested too deeply", "indentation"),
    (b"#" * (MAX_BYTES + 1), 1, "more than 256 kB", "nothing else in it"),
    ("---\n", 1, "the file is empty", "examples/backtobasic/protocol.yaml"),
    ("a: " + "[" * MAX_DEPTH, 1, "is nested too deeply", "indentation"),
    ("a:\n" + "".join(f"{'  ' * n}- a:\n" for n in range(1, 9)), 7, "is nested too deeply", "indentation"),
    ("study: a: b\n", 1, "as YAML at column 9", "colons"),
]


@pytest.mark.parametrize(("content", "line", "message", "remedy"), UNREADABLE)
def test_a_file_that_cannot_be_read_says_where_and_why(
    content: str | bytes, line: int, message: str, remedy: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read(content)
    mistake = refused.value.mistake
    assert mistake.line == line
    assert message in mistake.message
    assert remedy in mistake.remedy


def test_a_bomb_of_aliases_is_refused_before_it_goes_off() -> None:
    bomb = laughs()
    assert len(bomb) <= 294
    with lasting_less_than(1), pytest.raises(Unreadable):
        read(bomb)


def test_the_largest_and_the_deepest_file_are_read() -> None:
    assert read(b"a: b\n" + b"#" * (MAX_BYTES - 5)).data == {"a": "b"}
    value: object = []
    for _ in range(MAX_DEPTH - 2):
        value = [value]
    assert read("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)).data == {"a": value}


FIRST = ("`{}` stands twice", "Keep one of the two; the other is on line {}")
LIST = ("a list or mapping is used as a name", "Write a word before the colon")
ZERO = ("`0{0}` may be a number or a code", 'Write `{0}` for the number, `"0{0}"` for the code')
DOUBTFUL: list[tuple[str, int, str, tuple[str, str], tuple[object, ...], object]] = [
    # the file; the line and the place of its mistake; what is said of what; what is read
    ("a: 1\nb: 2\na: 3\n", 3, "", FIRST, ("a", 1), {"a": 1, "b": 2}),
    ("a: {b: 1, b: 2}\n", 1, "a", FIRST, ("b", 1), {"a": {"b": 1}}),
    ("1: a\n'1': b\n", 2, "", FIRST, ("1", 1), {"1": "a"}),
    ("a: 1\na: {b: [c, {d: e}]}\nb: 2\n", 2, "", FIRST, ("a", 1), {"a": 1, "b": 2}),
    ("- code: x\n  y: 1\n  y: 2\n", 3, "x", FIRST, ("y", 2), [{"code": "x", "y": 1}]),
    ("- id: x\n- y: 1\n  y: 2\n", 3, "#2", FIRST, ("y", 2), [{"id": "x"}, {"y": 1}]),
    ("{[a, b]: c, d: e}\n", 1, "", LIST, (), {"d": "e"}),
    ("? {a: b}\n: {c: d}\nd: e\n", 1, "", LIST, (), {"d": "e"}),
    ("a: 056\n", 1, "a", ZERO, ("56",), {"a": "056"}),
    ("056: a\n", 1, "", ZERO, ("56",), {"056": "a"}),
    ("a:\n- 7\n- 07\n", 3, "a.#2", ZERO, ("7",), {"a": [7, "07"]}),
]


@pytest.mark.parametrize(("text", "line", "where", "said", "of", "data"), DOUBTFUL)
def test_what_two_readers_would_take_differently_is_told_and_the_rest_is_read(
    text: str, line: int, where: str, said: tuple[str, str], of: tuple[object, ...], data: object
) -> None:
    document = read(text)
    message, remedy = (said[0].format(*of), said[1].format(*reversed(of)))
    assert document.mistakes == (Mistake(line, where, message, remedy),)
    assert document.data == data


def test_a_code_in_quotes_is_a_code_and_a_name_is_as_it_is_written() -> None:
    document = read("\"056\": '01'\n28: x\nNO: on\n~: null\ntext: |\n  7\n")
    assert document.data == {"056": "01", "28": "x", "NO": "on", "~": None, "text": "7\n"}
    assert document.mistakes == ()


def test_every_value_and_name_remembers_where_it_stood() -> None:
    document = read("# first\na: 1\nb:\n  - x\n  - {c: y, d: z}\n")
    assert document.places == {
        (): Position(1, 1),
        ("a",): Position(2, 1),
        ("b",): Position(3, 1),
        ("b", 0): Position(4, 5),
        ("b", 1): Position(5, 5),
        ("b", 1, "c"): Position(5, 6),
        ("b", 1, "d"): Position(5, 12),
    }


def test_the_byte_order_mark_of_windows_editors_and_its_line_ends_are_harmless() -> None:
    document = read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document.data == {"a": 1, "b": 2}
    assert document.places == {(): Position(1, 1), ("a",): Position(1, 1), ("b",): Position(2, 1)}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_read_alike_with_and_without_the_quick_parser(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = read(path.read_bytes())
    monkeypatch.setattr(reading, "Loader", yaml.SafeLoader)
    assert read(path.read_bytes()) == quick
    assert quick.mistakes == ()


def test_every_file_that_ships_is_among_them() -> None:
    assert len(SHIPPED) >= 89


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200), st.text("ab:-[]{}&*!|>'\"#\n ,?0", max_size=60)))
def test_no_content_is_ever_a_traceback(content: str | bytes) -> None:
    with suppress(Unreadable):
        assert all(mistake.remedy for mistake in read(content).mistakes)
