"""How a day is written to us, in a form, a list, an address or an answer: 2026-04-07, and nothing else (pure).

Python also reads weeks, and eight digits in a row: what one page took, another would refuse.
"""

import re
from datetime import date

from app.instruments.plain_signs import plain

WRITTEN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def written_day(text: str) -> date:
    """The day, whatever keyboard typed it and with spaces around; ValueError for what is none or written otherwise."""
    typed = plain(text).strip()
    if WRITTEN_DAY.fullmatch(typed) is None:
        raise ValueError(text)
    return date.fromisoformat(typed)
