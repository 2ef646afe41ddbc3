"""Plans and exports of cross-over trials: people who walk under two or three treatments, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.trial.plan import Plan
from tests.analysis import plans
from tests.analysis.plans import HEADS, START, analysis

TWO = {"sequences": {"AB": ["sham", "low"], "BA": ["low", "sham"]}}
THREE = {"sequences": {"SLH": ["sham", "low", "high"], "LHS": ["low", "high", "sham"], "HSL": ["high", "sham", "low"]}}
SINCE = (0, 42, 84)
OUTCOME = (28, 70, 112)
EFFECT = {"sham": 0.0, "low": -3.0, "high": -9.0}


def design(kind: dict[str, Any], baselines: bool = False, extra: tuple[int, ...] = ()) -> dict[str, Any]:
    """The `crossover` of a plan: periods of six weeks, measured in the fourth (and `extra` days before it)."""
    count = len(next(iter(kind["sequences"].values())))
    periods: list[dict[str, Any]] = []
    for since, day in zip(SINCE[:count], OUTCOME[:count], strict=True):
        own = {"since": since, "days": [*(day - before for before in extra), day]}
        periods.append(own | ({"baseline": since} if baselines else {}))
    return {**kind, "periods": periods}


def content(kind: dict[str, Any], **others: Any) -> dict[str, Any]:
    """What a plan of such a trial says."""
    crossover = others.pop("crossover", design(kind))
    days = [day for period in crossover["periods"] for day in period["days"]]
    arms = ("Sham", "Low", "High") if kind is THREE else ("Sham", "Low")
    given = {"arms": arms, "days": days, "crossover": crossover, "analyses": [crossing("main", role="primary")]}
    made = plans.content(**given | others)
    return {name: value for name, value in made.items() if name != "primary_day" or "primary_day" in others}


def crossing(name: str, **others: Any) -> dict[str, Any]:
    """One analysis of the plan."""
    own = analysis(name, "crossover", "", **others)
    return {key: value for key, value in own.items() if key != "formula"}


def read(folder: Path, kind: dict[str, Any], **others: Any) -> Plan:
    return plans.written(folder, content(kind, **others))


def export(folder: Path, kind: dict[str, Any], people: int = 30, carried: float = 0.0) -> Any:
    """Everybody walks at the start and in the fourth week of each period; every eighth misses the second one."""
    from tests.analysis.exported import Exported, Row, seal, write_csv  # loads the rehearsal

    rng = np.random.default_rng(5)
    rows: dict[str, list[Row]] = {name: [] for name in HEADS}
    labels = list(kind["sequences"])
    allocation = []
    for number in range(people):
        code, site, label = f"{1 + number % 2:02}-{number:03}", f"{1 + number % 2:02}", labels[number % len(labels)]
        began_on = (START + pd.Timedelta(days=number)).date()
        rows["participants"].append((code, site, began_on, began_on, None, None))
        rows["events"].append((code, "began", "happened", began_on))
        if number % 6 == 5:
            rows["events"].append((code, "fell", "happened", (START + pd.Timedelta(days=number + 50)).date()))
        own, order = rng.normal(80, 10), kind["sequences"][label]
        allocation.append((code, label))
        for place, (since, day, arm) in enumerate(zip(SINCE, OUTCOME, order, strict=False)):
            before = EFFECT[order[place - 1]] * carried if place else 0.0
            for at, effect in ((since, before), (day - 7, EFFECT[arm] + before), (day, EFFECT[arm] + before)):
                missed = place == 1 and number % 8 == 7
                state = ("missed", "not_opened") if missed else ("completed", "")
                rows["assessments"].append((code, site, f"v{at}", at, *state))
                value = own + effect + 2 * place + rng.normal(0, 3)
                instant = f"{START + pd.Timedelta(days=number + at, hours=12 if at else -12):%Y-%m-%dT%H:%M:%SZ}"
                if not missed:
                    score = (code, f"v{at}", at, "walking", "walk", f"{value:.3f}", "", at == 0, False, instant)
                    rows["scores"].append(score)
        rows["answers"].append((code, "v0", 0, "about", "age", 30 + number % 40))
    snapshot = folder / "export"
    snapshot.mkdir(parents=True)
    for name, head in HEADS.items():
        write_csv(snapshot / f"{name}.csv", head.split(), rows[name])
    seal(snapshot, "2024-12-01T00:00:00Z")
    write_csv(folder / "allocation.csv", ["participant", "sequence"], allocation)
    return Exported(snapshot, folder / "allocation.csv")
