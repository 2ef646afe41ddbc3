"""Numbers as hands type them, and as they are kept.

A typed number may have a sign, spaces around it and zeros in front; its decimal sign is the comma or the point, and its
digits are of any script. It is
kept in one form: a whole number as such, a fraction as text without trailing zeros.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeGuard

from app.instruments.plain_signs import plain

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
HOURS_AND_MINUTES = re.compile(r"([0-9]{1,4})[:.]([0-5][0-9])")
FRACTION = re.compile(r"[+-]?[0-9]{1,9}[.,][0-9]{1,9}")


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Whether this is a number as we keep them; yes and no are none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def typed_number(text: str, *, decimals: bool) -> int | Decimal | None:
    """The number that was typed, with a fraction only where decimals are allowed; None for anything else."""
    bare = plain(text).strip()
    if WHOLE_NUMBER.fullmatch(bare):
        return int(bare)
    return Decimal(bare.replace(",", ".")) if decimals and FRACTION.fullmatch(bare) else None


def typed_minutes(text: str) -> int | None:
    """Minutes, of hours and minutes (`1:30`) or of minutes alone (`90`); None for anything else."""
    bare = plain(text).strip()
    if read := HOURS_AND_MINUTES.fullmatch(bare):
        return 60 * int(read[1]) + int(read[2])
    return int(bare) if re.fullmatch(r"[0-9]{1,6}", bare) else None


def hours_and_minutes(minutes: int) -> str:
    """`1:30` of 90 minutes."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def canonical(value: int | Decimal | str | None) -> int | str | None:
    """A decimal as text without trailing zeros, or as the whole number that it is; all else as it is."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == int(value) else f"{value.normalize():f}"


def all_canonical(answers: Mapping[str, int | Decimal | str | None]) -> dict[str, int | str | None]:
    """Each of the answers as it is kept."""
    return {item: canonical(value) if isinstance(value, Decimal) else value for item, value in answers.items()}
