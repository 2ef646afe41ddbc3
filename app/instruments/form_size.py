"""How large the form of a questionnaire can be at most, as a phone sends it (pure).

A form is percent-encoded: each byte of UTF-8 takes three, so a sign of four bytes, as pictures are, takes twelve.
"""

from app.instruments.model import Instrument, Item, ItemType
from app.request_size import FormSize

BYTES_OF_A_SIGN = 12
"""Bytes that one sign may take."""
BYTES_OF_A_SHORT_ANSWER = 32 * BYTES_OF_A_SIGN
"""Of a number, a date, a choice: far more than one is."""
BYTES_OF_ITS_TIME = 80
"""Of what a page says beside each answer of when it was given, but for its name."""


def form_size(instrument: Instrument) -> FormSize:
    """The most that an honest form of this questionnaire can be."""
    return FormSize(sum(_of_item(instrument.code, item) for item in instrument.items), len(instrument.items))


def _of_item(instrument: str, item: Item) -> int:
    signs = item.max_length * BYTES_OF_A_SIGN if item.type is ItemType.TEXT else BYTES_OF_A_SHORT_ANSWER
    name = f"{instrument}.{item.code}"
    return len(f"{name}=&") + signs + len(name) + BYTES_OF_ITS_TIME
