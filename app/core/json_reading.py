"""JSON from outside, read in one way: what two readers could understand differently is refused, with its reason."""

import json
import math
from collections.abc import Sequence

LONGEST_SHOWN = 40
"""So much of a name is said back; the rest is whoever sent it."""


class NotJson(ValueError):
    """What came is no JSON that means one thing; the sentence says why."""


def read_json(content: bytes | str) -> object:
    """What it says. NotJson for a name that comes twice, for what is no number, and for what is no UTF-8.

    Libraries differ in each of these: one takes the first of two values, another the last.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        read: object = json.loads(text, object_pairs_hook=_named_once, parse_constant=_no_number, parse_float=_number)
        json.dumps(read, ensure_ascii=False).encode()
    except NotJson:
        raise
    except UnicodeDecodeError:
        raise NotJson("It is not UTF-8 text.") from None
    except UnicodeEncodeError:
        raise NotJson("It holds half a character: a surrogate without its other half.") from None
    except RecursionError:
        raise NotJson("It is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"It is no JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except ValueError:  # a whole number of thousands of digits
        raise NotJson("It holds a number with too many digits.") from None
    return read


def _named_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    read: dict[str, object] = {}
    for name, value in pairs:
        if name in read:
            raise NotJson(f"“{_shown(name)}” is named twice: send it once.")
        read[name] = value
    return read


def _shown(name: str) -> str:
    """As much of a name as is said back, none of it half a character or a sign that cannot be seen."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:LONGEST_SHOWN])


def _no_number(name: str) -> float:
    raise NotJson(f"{name} is not a number.")


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJson("It holds a number that is too large.")
    return number
