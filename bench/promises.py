"""What is promised, what was measured, and whether it is met: one table at the end, and 1 if a promise falls short."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

RESULTS = "BENCH_RESULTS"
"""Names the file in which each part leaves its promises for the table of the whole."""


class Bound(StrEnum):
    """On which side of its bound a figure must lie."""

    LEAST = "at least"
    MOST = "at most"


@dataclass(frozen=True)
class Promise:
    """A figure, and what was promised of it."""

    name: str
    figure: float
    bound: Bound
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        return self.figure >= self.limit if self.bound is Bound.LEAST else self.figure <= self.limit


def settle(promises: Iterable[Promise]) -> NoReturn:
    """Print the table and end: with 0 if all are met, else with 1 after naming those that are not."""
    kept = list(promises)
    if RESULTS in os.environ:
        with Path(os.environ[RESULTS]).open("a", encoding="utf-8") as results:
            results.writelines(json.dumps(asdict(promise)) + "\n" for promise in kept)
    print("\n".join(lines(kept)))
    raise SystemExit(0 if all(promise.met for promise in kept) else 1)


def lines(promises: Iterable[Promise]) -> Iterable[str]:
    """The table, and which promises fall short."""
    kept = list(promises)
    yield f"{'promise':<58}{'figure':>12}   {'promised':<20}met"
    for promise in kept:
        promised = f"{promise.bound} {_written(promise.limit, promise.unit)}"
        figure = _written(promise.figure, promise.unit)
        yield f"{promise.name:<58}{figure:>12}   {promised:<20}{'yes' if promise.met else 'NO'}"
    short = [promise.name for promise in kept if not promise.met]
    if short:
        yield f"Falls short: {'; '.join(short)}."


def read(results: Path) -> list[Promise]:
    """What the parts left in the file."""
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    return [Promise(**row | {"bound": Bound(row["bound"])}) for row in rows]


def _written(number: float, unit: str) -> str:
    if unit == "%":
        return f"{number:.0%}"
    return f"{number:.0f} {unit}" if number >= 1000 else f"{number:.3g} {unit}"
