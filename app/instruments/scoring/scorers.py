"""The scorers that are Python, because data cannot say how: our own, and those that an installed package brings.

A package announces one at the entry point `svar.scorers`, under the name that a definition gives as its `scorer`.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, cast

from app.instruments.problems import UnknownScorer
from app.instruments.results import Answers, Result, ScoringSettings
from app.instruments.scoring import eq5d5l, rmdq, wpai_shp

ENTRY_POINTS = "svar.scorers"


class Scorer(Protocol):
    """What a scoring module offers."""

    VERSION: str

    def score(self, answers: Answers, settings: ScoringSettings, /) -> tuple[Result, ...]: ...


SHIPPED_SCORERS: Mapping[str, Scorer] = {"eq5d5l": eq5d5l, "rmdq": rmdq, "wpai_shp": wpai_shp}


@cache
def scorer(name: str) -> Scorer:
    """The scorer of this name; `UnknownScorer` says which there are."""
    if name in SHIPPED_SCORERS:
        return SHIPPED_SCORERS[name]
    announced = {each.name: each for each in entry_points(group=ENTRY_POINTS)}
    if name not in announced:
        raise UnknownScorer(name, sorted({*SHIPPED_SCORERS, *announced}))
    return cast(Scorer, announced[name].load())
