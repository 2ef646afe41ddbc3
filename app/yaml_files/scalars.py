"""What a word without quotes is, as YAML 1.2 says (its core schema): text, a number, a truth value, or nothing.

The library's own meaning of words is YAML 1.1's, where `NO` is false and `20:00` is 1200; it is not used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

LONGEST_NUMBER = 100
LARGEST_EXPONENT = 300

WORDS: Mapping[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), Decimal("Infinity")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), Decimal("-Infinity")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), Decimal("NaN")),
}
YAML_NUMBER = re.compile(
    r"(?P<whole>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?(?P<exponent>[0-9]+))?"
)
LEADING_ZERO = re.compile(r"(?P<sign>[-+]?)0+(?P<rest>[0-9].*)")


def scalar(text: str) -> object:
    """The value of a word without quotes; a number with a point is exact."""
    if text in WORDS:
        return WORDS[text]
    number = YAML_NUMBER.fullmatch(text)
    if number is None or doubt(text):
        return text
    if number["whole"]:
        return int(text)
    return int(text, 0) if number["octal"] or number["hexadecimal"] else Decimal(text)


def doubt(text: str) -> tuple[str, str] | None:
    """Why a number had better not be taken for one, and what to write instead."""
    number, zeros = YAML_NUMBER.fullmatch(text), LEADING_ZERO.fullmatch(text)
    if number is None:
        return None
    if len(text) > LONGEST_NUMBER or int(number["exponent"] or 0) > LARGEST_EXPONENT:
        return f"`{text[:20]}...` is longer than any number here", "Write it in quotes if it is text"
    if zeros:
        plain = f"{zeros['sign']}{zeros['rest']}"
        return f"`{text}` may be a number or a code", f'Write `{plain}` for the number, `"{text}"` for the code'
    return None
