"""Plans and exports of other trials than the shipped one: more arms, one group, no baseline, another day 0."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from app.analysis.trial.plan import Plan
from app.analysis.trial.plan_schema import read_plan

if TYPE_CHECKING:
    from tests.analysis.exported import Exported, Row

DAYS = (0, 30, 90)
START = pd.Timestamp("2024-01-08")
EFFECT = {"Sham": 0.0, "Low": -3.0, "High": -9.0, "Everybody": -4.0}


def content(arms: tuple[str, ...] = ("Sham", "Low", "High"), **others: Any) -> dict[str, Any]:
    """A plan of a trial of walking: the score `walk` on days 30 and 90 after the event `began`."""
    first, *rest = arms if arms else ("",)
    has_arms = {} if not arms else {"arms": {"reference": arm(first), "active": [arm(name) for name in rest]}}
    estimand = {"title": "Policy", "role": "primary", "treatment": "T", "population": "P", "variable": "V"}
    formula = "walk ~ arm*visit" if arms else "walk ~ visit"
    return (
        {
            "study": "steps",
            "title": "Steps",
            "seed": 7,
            "outcome": {
                "score": "walk",
                "name": "Walking",
                "title": "Walking test",
                "unit": "metres",
                "minimum": 0,
                "maximum": 200,
                "better": "lower",
            },
            "days": [30, 90],
            "primary_day": 90,
            "visit_names": {},
            "level": 0.95,
            "anchor": {"event": "began", "title": "the first session"},
            "populations": {"all": {"title": "Everybody who began"}},
            "estimands": {"policy": estimand | {"intercurrent_events": [], "summary": "S"}},
            "analyses": [analysis("main", "lmm", formula, role="primary")],
            "baseline": [{"title": "Walking", "score": "walk"}],
            "covariances": [],
            "responders": [],
        }
        | has_arms
        | others
    )


def arm(name: str) -> dict[str, str]:
    return {"label": name.lower(), "name": name}


def analysis(name: str, model: str, formula: str, role: str = "supporting", **others: Any) -> dict[str, Any]:
    of = {"id": name, "title": name.title(), "role": role, "estimand": "policy", "population": "all"}
    return of | {"model": model, "formula": formula} | others


def read(folder: Path, **others: Any) -> Plan:
    return written(folder, content(**others))


def written(folder: Path, plan: dict[str, Any]) -> Plan:
    target = folder / "plan.yaml"
    target.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return read_plan(target)


def export(folder: Path, arms: tuple[str, ...] = ("Sham", "Low", "High"), people: int = 60) -> Exported:
    """The export of people who began one after the other; every tenth stopped, every seventh skipped day 30."""
    from tests.analysis.exported import Exported, seal, write_csv  # loads the rehearsal

    rng = np.random.default_rng(11)
    rows: dict[str, list[Row]] = {name: [] for name in HEADS}
    groups = arms or ("Everybody",)
    for number in range(people):
        code, site, arm_of = f"{1 + number % 2:02}-{number:03}", f"{1 + number % 2:02}", groups[number % len(groups)]
        began_on = (START + pd.Timedelta(days=number)).date()
        rows["participants"].append((code, site, began_on, began_on, None, None))
        rows["events"].append((code, "began", "happened", began_on))
        if number % 10 == 9:
            rows["events"].append((code, "gave_up", "happened", (START + pd.Timedelta(days=number + 40)).date()))
        own = rng.normal(80, 10)
        for day in DAYS:
            state = "missed" if day == 30 and number % 7 == 3 else "completed"
            rows["assessments"].append((code, site, f"v{day}", day, state, "not_opened" if state == "missed" else ""))
            value = own + EFFECT[arm_of] * day / 90 + rng.normal(0, 4)
            if state == "completed":
                at = f"{START + pd.Timedelta(days=number + day, hours=12 if day else -12):%Y-%m-%dT%H:%M:%SZ}"
                rows["scores"].append(
                    (code, f"v{day}", day, "walking", "walk", f"{value:.3f}", "", day == 0, False, at)
                )
                pain = f"{min(10.0, max(0.0, value / 10 - 3)):.3f}"
                rows["scores"].append((code, f"v{day}", day, "pain", "pain", pain, "", day == 0, False, at))
        rows["answers"] += [
            (code, f"v{day}", day, "health", "mobility", 1 + (number * 7 // 5 + day // 30) % 3) for day in DAYS
        ]
        rows["answers"].append((code, "v0", 0, "about", "age", 30 + number % 40))
        rows["answers"].append((code, "v0", 0, "about", "sex", number // 3 % 2))
    snapshot = folder / "export"
    snapshot.mkdir(parents=True)
    for name, head in HEADS.items():
        write_csv(snapshot / f"{name}.csv", head.split(), rows[name])
    seal(snapshot, "2024-12-01T00:00:00Z")
    allocation = folder / "allocation.csv"
    labels = [(row[0], groups[place % len(groups)].lower()) for place, row in enumerate(rows["participants"])]
    write_csv(allocation, ["participant", "arm"], labels)
    return Exported(snapshot, allocation)


HEADS = {
    "participants": "participant site enrolled_on randomised_on withdrawn_on withdrawal_reason",
    "assessments": "participant site visit day state reason",
    "scores": "participant visit day instrument score value value_set baseline after_baseline_end submitted_at",
    "answers": "participant visit day instrument item value",
    "events": "participant kind state event_on",
}
