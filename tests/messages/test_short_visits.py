"""Which texts are numbers and nothing else."""

import pytest

from app.messages.short_visits import numbers


@pytest.mark.parametrize(
    ("words", "expected"),
    [("6 8 5", (6, 8, 5)), ("6, 8, 5", (6, 8, 5)), ("6,8,5", (6, 8, 5)), ("6\n8\n5", (6, 8, 5)), ("7.", (7,)),
     ("6,5", ()), ("ca 6", ()), ("6 til 7", ()), ("", ()), ("-3", ()), ("6.5", ()), ("1234", ()),
     ("٦", (6,)), ("٦ ٨ ١٠", (6, 8, 10)), ("٦، ٨، ٥", (6, 8, 5)), ("\u200f٧\u200f", (7,)), ("۶ ۸", (6, 8)),
     ("٦٫٥", ()), ("حوالي ٦", ())],
)  # fmt: skip
def test_numbers_are_read_only_where_nothing_else_stands(words: str, expected: tuple[int, ...]) -> None:
    assert numbers(words) == expected
