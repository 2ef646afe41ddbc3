"""Files that are hardly YAML at all, and YAML's own traps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.studies.protocol import ProtocolErrors, read_protocol
from app.studies.protocol.source import MAX_BYTES, read_document
from tests.studies.protocol.protocols import SMALL, errors, line_of, read, small

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"

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
    (BOMB, 1, "`&a` refers to another place", "Write the values out"),
    ("a: 1\nb: *a\n", 2, "`*a` refers to another place", "Write the values out"),
    ("a: 1\nb: !!python/object:os.system x\n", 2, "the tag", "Write the value alone"),
    ("a: " + "[" * 50_000 + "\n", 1, "is nested too deeply", "indentation"),
    (b"#" * (MAX_BYTES + 1), 1, "more than 256 kB", "nothing else in it"),
    ("just words\n", 1, "has no names", "`name: value`"),
    ("- a\n- b\n", 1, "has no names", "`name: value`"),
]


@pytest.mark.parametrize(("content", "line", "message", "remedy"), UNREADABLE)
def test_a_file_that_cannot_be_read_says_where_and_why(
    content: str | bytes, line: int, message: str, remedy: str
) -> None:
    found = errors(content)
    assert [error.line for error in found] == [line]
    assert message in found[0].message
    assert remedy in found[0].remedy


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ProtocolErrors, match=r"no/such\.yaml cannot be read: No such file or directory"):
        read_protocol("no/such.yaml")
    with pytest.raises(ProtocolErrors, match="cannot be read"):
        read_protocol(Path("tests"))


def test_a_name_that_stands_twice_names_the_other_line() -> None:
    text = small(("zone: Europe/Oslo", "zone: Europe/Oslo\ncountry: SE"))
    assert [str(error) for error in errors(text)] == [
        "line 7: `country` stands twice. Keep one of the two; the other is on line 5."
    ]


def test_a_name_that_is_a_list_is_refused() -> None:
    text = small(("title: {", "title: {[a, b]: c, "))
    assert errors(text)[0].message == "a list or mapping is used as a name"
    assert errors(text)[0].line == line_of(text, "[a, b]")


PLAIN = [
    # what is written, what it is
    ("NO", "NO"),
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("01", "01"),
    ("0x1F", "0x1F"),
    ("1_000", "1_000"),
    ("20:00", "20:00"),
    ("2019-03-01", "2019-03-01"),
    ("1e5", "1e5"),
    ('"7"', "7"),
    ("'true'", "true"),
    ("7", 7),
    ("-7", -7),
    ("0", 0),
    ("1.5", 1.5),
    ("true", True),
    ("~", None),
    ("", None),
    ("9" * 5000, "9" * 5000),
]


@pytest.mark.parametrize(("written", "meant"), PLAIN)
def test_plain_values_mean_what_people_think(written: str, meant: object) -> None:
    value = read_document(f"a: {written}\n".encode()).get("a")
    assert value == meant
    assert type(value) is type(meant)


def test_the_byte_order_mark_of_windows_editors_and_its_line_ends_are_harmless() -> None:
    content = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()
    assert read(content) == read(SMALL)


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text + "\n")))
def test_no_content_is_ever_a_traceback(content: str | bytes) -> None:
    with pytest.raises(ProtocolErrors) as caught:
        read(content)
    assert caught.value.errors


LINES = SMALL.splitlines(keepends=True)
VALUES = st.sampled_from(["", "7", "-1", "x", "[]", "{}", "[1, {a: b}]", "true", "1.5", "null", '"{link}"', "20:00"])


@settings(max_examples=100)
@given(line=st.integers(0, len(LINES) - 1), part=st.integers(0, 8), value=VALUES)
def test_no_value_in_any_place_is_ever_a_traceback(line: int, part: int, value: str) -> None:
    """One value of the sound protocol is exchanged for another kind of thing."""
    pieces = LINES[line].split(": ")
    pieces[part % len(pieces)] = value + ("\n" if part % len(pieces) == len(pieces) - 1 else "")
    text = "".join([*LINES[:line], ": ".join(pieces), *LINES[line + 1 :]])
    assert all(error.message and error.remedy and error.line >= 1 for error in errors(text))


@settings(max_examples=60)
@given(start=st.integers(0, len(LINES) - 1), count=st.integers(1, 4))
def test_deleted_lines_are_never_a_traceback(start: int, count: int) -> None:
    assert isinstance(errors("".join([*LINES[:start], *LINES[start + count :]])), list)
