"""A protocol file is read, or all that is wrong with it is told, whatever it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.studies.protocol import ProtocolErrors, read_protocol
from tests.studies.protocol.protocols import SMALL, errors, line_of, read, small

UNREADABLE: list[tuple[str | bytes, int, str, str]] = [
    # the content, the line, the message, the remedy
    ("", 1, "the file is empty", "examples/backtobasic/protocol.yaml"),
    ("study: a\n\tversion: b\n", 2, "holds a tab", "Indent with spaces only"),
    ("study: a\n---\nstudy: b\n", 2, "a second document begins", "Delete the line"),
    ("study: a\n\ntitle: \ud800\n", 3, "is not UTF-8", "encoding UTF-8"),
    ("a: 1\nb: *a\n", 2, "`*a` refers to another place", "Write the values out"),
    ("a: " + "[" * 50_000 + "\n", 1, "is nested too deeply", "Compare the indentation with examples/backtobasic"),
    ("just words\n", 1, "has no names", "`name: value` pairs, as in examples/backtobasic/protocol.yaml"),
    ("- a\n- b\n", 1, "has no names", "`name: value`"),
]


@pytest.mark.parametrize(("content", "line", "message", "remedy"), UNREADABLE)
def test_a_file_that_cannot_be_read_says_where_and_why(
    content: str | bytes, line: int, message: str, remedy: str
) -> None:
    mistakes = errors(content)
    assert [error.line for error in mistakes] == [line]
    assert message in mistakes[0].message
    assert remedy in mistakes[0].remedy


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ProtocolErrors, match=r"no/such\.yaml cannot be read: No such file or directory"):
        read_protocol("no/such.yaml")
    with pytest.raises(ProtocolErrors, match="cannot be read"):
        read_protocol(Path("tests"))


def test_a_name_that_stands_twice_is_told_with_all_else() -> None:
    text = small(("zone: Europe/Oslo", "zone: Europe/Olso\ncountry: SE"))
    assert [str(error) for error in errors(text)] == [
        "line 6, zone: there is no time zone `Europe/Olso`. Did you mean `Europe/Oslo`?",
        "line 7: `country` stands twice. Keep one of the two; the other is on line 5.",
    ]


def test_a_code_that_may_be_a_number_is_told_with_what_to_write() -> None:
    text = small(('  - code: "02"', "  - code: 02"))
    line = line_of(text, "code: 02")
    sentence = (
        f'line {line}, sites.02.code: `02` may be a number or a code. Write `2` for the number, `"02"` for the code.'
    )
    assert [str(error) for error in errors(text)] == [sentence]


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
