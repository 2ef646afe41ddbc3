"""Free text is cleaned of what is no text, and nothing else of it changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.instruments import check_answers
from app.instruments.free_text import cleaned

CLEANED = [
    # as it came, as it is kept, what it is
    ("one\x0btwo", "one\ntwo", "Word's line break"),
    ("one\x0ctwo", "one\ntwo", "a form feed"),
    ("one\x85two", "one\ntwo", "NEL"),
    ("one\u2028two", "one\ntwo", "a line separator"),
    ("one\u2029two", "one\ntwo", "a paragraph separator"),
    ("one\r\ntwo", "one\ntwo", "Windows"),
    ("one\rtwo", "one\ntwo", "an old Mac"),
    ("one\n\rtwo", "one\n\ntwo", "two ends of a line"),
    ("one\r\n\x0btwo", "one\n\ntwo", "two ends of a line, one of them Word's"),
    ("one\ttwo", "one\ttwo", "a tab"),
    ("one\x00two", "onetwo", "NUL"),
    ("one\x08\x1b\x1c\x1f\x7ftwo", "onetwo", "other control characters"),
    ("one\x80\x84\x86\x9ftwo", "onetwo", "control characters of the second row"),
    ("one\ud83dtwo\udc00", "onetwo", "halves of a character"),
    ("one\ufffe\uffff\U0001fffetwo\U0010ffff\ufdd0", "onetwo", "what Unicode says is no character"),
    ("one\u00a0two", "one\u00a0two", "a space that does not break"),
    ("\u202bשלום\u202c \u200fمرحبا", "\u202bשלום\u202c \u200fمرحبا", "marks of the direction"),
    ("👩\u200d🔬 e\u0301 \uf0b7 \ufffd", "👩\u200d🔬 e\u0301 \uf0b7 \ufffd", "joined, composed, private and replaced"),
    ("", "", "nothing"),
]


@pytest.mark.parametrize(("came", "kept", "what"), CLEANED, ids=[what for *_, what in CLEANED])
def test_what_a_clipboard_brings_is_kept_as_text(came: str, kept: str, what: str) -> None:
    assert cleaned(came) == kept
    checked = check_answers("medication", {"other_text": came})
    assert checked.problems == ()
    assert checked.answers["other_text"] == (kept or None)


@given(st.text(st.characters(codec=None)))
def test_what_is_cleaned_can_be_kept_shown_and_is_clean(text: str) -> None:
    clean = cleaned(text)
    assert cleaned(clean) == clean
    clean.encode()
    assert not set(clean) & {chr(code) for code in range(32) if code not in (9, 10)}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("x" * 500 + "\x00" * 9, []),
        ("x\r\n" * 250, []),
        ("x\r\n" * 251, ["too_long"]),
        ("x" * 501, ["too_long"]),
    ],
)
def test_a_text_is_measured_when_it_is_clean(text: str, faults: list[str]) -> None:
    assert [problem.fault for problem in check_answers("medication", {"other_text": text}).problems] == faults


@pytest.mark.parametrize("nothing", ["\x00", "\x0b \x85", "\ud83d", "\u2028"])
def test_a_text_of_nothing_but_control_characters_is_no_answer(nothing: str) -> None:
    assert check_answers("medication", {"other_text": nothing}).answers["other_text"] is None
