"""Digits and signs as any keyboard types them, brought to those that are read: for all that is a number, code or day.

Digits of every script become 0 to 9; decimal signs, minus signs, slashes and spaces of any kind become the plain one;
what takes no place (zero-width, marks of writing direction, keycaps) is dropped. Digits that mean something else, as
a raised 2, stay what they are. Free text and names are never changed: `free_text.cleaned` is for those.
"""

import unicodedata

SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u207b\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys("\uff0b\ufe62", "+"),
        **dict.fromkeys("\u066b\uff0c\u060c\u3001\ufe50", ","),
        **dict.fromkeys("\uff0e\u3002\u2024\ufe52\uff61", "."),
        **dict.fromkeys("\uff1b\u061b\ufe54", ";"),
        **dict.fromkeys("\uff1a\ufe55\u2236", ":"),
        **dict.fromkeys("\uff0f\u2044\u2215", "/"),
    }
)
KEYCAP = "\u20e3"
VARIANTS = range(0xFE00, 0xFE10)


def plain(text: str) -> str:
    """The text with plain digits and signs, and nothing that cannot be seen; twice changes nothing."""
    return text if text.isascii() else "".join(map(_plain, text.translate(SIGNS)))


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Zs":
        return " "
    return "" if category == "Cf" or sign == KEYCAP or ord(sign) in VARIANTS else sign
