"""Who is asked for first while everybody waits: the text of which least is known, and soon, if there is such a one.

What was refused already says little when it is refused once more. Somebody whose text has just fallen due, to a number
of which nothing is known, would wait for nothing but others' refusals: hers is tried at once.
"""

from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

from app.messages import breaker
from app.messages.gateways.gateway import Gateway
from app.messages.reading import Ready
from app.messages.sending import refused_later
from app.messages.sending.numbers import others_wait

PROBED_AMONG = 500
"""Among so many of the queue the probe is chosen: its first ones may all be of the country that is refused."""


def may_ask_now(gateway: Gateway, halt: breaker.Halt, now: datetime) -> bool:
    """Whether the next text may be tried although the halt lasts longer; then it may be once."""
    refused = breaker.refused_while_open(gateway.name)
    if not refused or halt.until is None or refused_later.is_told_by_reports(gateway.name):
        return False
    return others_wait(refused, gateway, now, under_way=False) and breaker.bring_forward(gateway.name, now)


def most_telling_first(rows: Sequence[Ready]) -> list[Ready]:
    """Whoever was tried least often; of these anybody, not those of one place."""
    return sorted(rows, key=lambda row: (row.attempts, crc32(str(row.id).encode())))
