"""Reading and checking a long protocol: `python -m bench.protocols`.

Each round reads other content, as what was read once is kept.
"""

import resource
import statistics
from collections.abc import Iterator

from app.studies.protocol import read_protocol
from bench.promises import Bound, Promise, settle
from tests.studies.protocol.second import FLARES, second

VISITS, ROUNDS, SECONDS = 500, 5, 1.0
TWICE = 2.6
"""Twice as many visits may take so many times as long."""


def main() -> None:
    settle(promises())


def promises() -> Iterator[Promise]:
    """What checking costs, and how it grows."""
    _seconds(VISITS, 0)
    whole = statistics.median(_seconds(VISITS, number) for number in range(1, ROUNDS + 1))
    half = statistics.median(_seconds(VISITS // 2, number) for number in range(1, ROUNDS + 1))
    yield Promise(f"checking a protocol of {VISITS} visits", whole, Bound.MOST, SECONDS, "s")
    yield Promise("checking: twice as many visits", whole / half, Bound.MOST, TWICE, "times")


def _seconds(visits: int, number: int) -> float:
    """Of the processor, to read so many visits after the few of the small protocol."""
    more = "".join(
        f"  - {{code: more-{each}, day: {100 + each}, window: short, minutes: {number + 1}, instruments: [odi]}}\n"
        for each in range(visits - 6)
    )
    text = second((FLARES, FLARES + more))
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert len(read_protocol(text).visits) > visits
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - began


if __name__ == "__main__":
    main()
