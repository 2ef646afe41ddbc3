"""Free text as it can be kept, shown and exported: what hands and clipboards bring, cleaned before it is measured.

What ends a line somewhere (Word's VT, FF, NEL, Unicode's separators, CR) becomes a line feed. Other control characters,
lone surrogates and noncharacters are dropped: no column, page or XML file holds them, and nobody types them. All else
stays to the letter, also the marks of writing direction, without which Arabic and Hebrew cannot be written.
"""

import re

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
NOT_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)


def cleaned(text: str) -> str:
    """The text with line feeds for all that ends a line, and without what is no text; twice changes nothing."""
    return text if text.isprintable() else NOT_TEXT.sub("", LINE_ENDS.sub("\n", text))
