"""JSON from outside means one thing, or is refused with its reason."""

import json

import pytest

from app.core.json_reading import NotJson, read_json

TWICE = "“a” is named twice: send it once."
NAN, HALF, UTF8 = "NaN is not a number.", "It holds half a character", "It is not UTF-8 text."


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b'{"a": 1, "b": {"a": 2}}', {"a": 1, "b": {"a": 2}}),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b'\xef\xbb\xbf{"a": "\xc3\xa6"}', {"a": "æ"}),  # a byte order mark, as Windows writes it
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),  # both halves of one sign
        (b'{"A": 1, "a": 2}', {"A": 1, "a": 2}),
        (b'{"a": 1e308, "b": -0.0, "c": 1E-999}', {"a": 1e308, "b": 0.0, "c": 0.0}),
        (b'  "a"  ', "a"),
        (b"null", None),
    ],
)
def test_what_means_one_thing_is_read(content: bytes, read: object) -> None:
    assert read_json(content) == read


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a": 1, "a": 2}', TWICE),
        (b'{"a": 1, "a": 1}', TWICE),  # the same twice is no better: whoever wrote it meant two things
        (b'{"a": 1, "\\u0061": 2}', TWICE),  # written differently
        (b'{"b": [{"c": {"a": 1, "a": 2}}]}', TWICE),
        (b'[{"a": null, "b": 1, "a": null}]', TWICE),
        (b'{"\\u0000\\n": 1, "\\u0000\\n": 2}', "“??” is named twice"),
        (json.dumps({"x" * 99: 1}).encode()[:-1] + b', "' + b"x" * 99 + b'": 2}', f"“{'x' * 40}” is named twice"),
        (b'{"a": NaN}', NAN),
        (b'{"a": -Infinity}', "-Infinity is not a number."),
        (b'{"a": 1e309}', "It holds a number that is too large."),
        (b'{"a": -1e309}', "It holds a number that is too large."),
        (b'{"a": ' + b"9" * 5000 + b"}", "It holds a number with too many digits."),
        (b'{"a": "\\ud800"}', HALF),
        (b'{"\\udfff": 1}', HALF),
        (b'{"a": ["\\udc00\\ud800"]}', HALF),  # both halves, in the wrong order
        (b'{"a": "\xed\xa0\x80"}', UTF8),
        (b'{"a": "\xe6"}', UTF8),  # Latin-1
        ('{"a": 1}'.encode("utf-16"), UTF8),
        (b"[" * 100_000, "It is nested too deeply."),
        (b'{"a":' * 50_000, "It is nested too deeply."),
        (b"", "It is no JSON: Expecting value, line 1, column 1."),
        (b'{"a": 1} {"a": 2}', "It is no JSON: Extra data, line 1, column 10."),
        (b'{"a": 1,}', "It is no JSON"),
        (b'{"a": "\x00"}', "It is no JSON: Invalid control character at, line 1, column 8."),
        ('{"a": 1}'.encode("utf-16-le"), "It is no JSON"),
        (b'{"a": 01}', "It is no JSON"),
        (b"{'a': 1}", "It is no JSON"),
    ],
)
def test_what_could_be_understood_in_two_ways_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(NotJson) as refused:
        read_json(content)
    assert str(refused.value).startswith(reason)


def test_a_reason_says_back_nothing_but_a_name() -> None:
    with pytest.raises(NotJson) as refused:
        read_json(b'{"phone": "+4740612345", "phone": "+4740612346"}')
    assert str(refused.value) == "“phone” is named twice: send it once."
