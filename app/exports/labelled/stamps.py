"""What the libraries write of the hour goes: the same data are the same bytes."""

import re

SAS_STAMP = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")
STATA_STAMP = re.compile(rb"(?<=<timestamp>\x11).{17}(?=</timestamp>)")
HEAD = 1024
"""The stamps stand before this byte, and before any cell."""


def without_spss_stamp(content: bytes) -> bytes:
    """Day and hour stand in bytes 92 to 108 of the header."""
    return content[:92] + b"01 Jan 0000:00:00" + content[109:]


def without_stata_stamp(content: bytes) -> bytes:
    """The header has one element for it."""
    return STATA_STAMP.sub(b"01 Jan 2000 00:00", content[:HEAD], count=1) + content[HEAD:]


def without_sas_stamps(content: bytes) -> bytes:
    """When library and member were made and changed: two stamps each."""
    return SAS_STAMP.sub(b"01JAN00:00:00:00", content[:HEAD], count=4) + content[HEAD:]
