"""A plan and an export of a few people, written by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from app.analysis.trial.plan import Arms, DayZero, Plan, PlannedAnalysis, PlannedArm, PlannedOutcome, Population
from app.analysis.trial.snapshot import Snapshot

DAY_0 = pd.Timestamp("2026-03-02")


def analysis(**others: Any) -> PlannedAnalysis:
    return PlannedAnalysis("main", "Main", "primary", "policy", "infused", "lmm", "odi ~ arm*visit", **others)


def small_plan(**others: Any) -> Plan:
    """Visits at days 28 and 154; everyone infused."""
    given: dict[str, Any] = {
        "study": "trial",
        "title": "Trial",
        "seed": 1,
        "outcome": PlannedOutcome("odi", "ODI", "Oswestry", "points", 0, 100, "lower"),
        "days": (28, 154),
        "primary_day": 154,
        "visit_names": {154: "5 months"},
        "level": 0.95,
        "arms": Arms(active=PlannedArm("a", "Active"), reference=PlannedArm("r", "Reference")),
        "anchor": DayZero("first_infusion", "the first infusion"),
        "stopping_events": ("treatment_stopped",),
        "populations": {"infused": Population("infused", "Infused")},
        "estimands": {},
        "analyses": (analysis(),),
        "baseline": (),
        "responders": (),
        "blinding": None,
        "tipping_of": "",
        "tipping_deltas": (),
        "tipping_after_event": False,
        "covariances": (),
        "sha256": "",
    }
    return Plan(**given | others)


def on(day: int | None) -> pd.Timestamp | None:
    """The date of a study day of everybody: day 0 is 2 March 2026."""
    return None if day is None else DAY_0 + pd.Timedelta(days=day)


def person(code: str, **others: Any) -> dict[str, Any]:
    """Enrolled a week before, randomised and infused at day 0; `stopped`, `withdrawn` and `infused` are study days."""
    days: dict[str, Any] = {"infused": 0, "randomised": 0, "stopped": None, "withdrawn": None} | others
    return {
        "participant": code,
        "site": code[:2],
        "enrolled_on": on(-7),
        "randomised_on": on(days["randomised"]),
        "infused": days["infused"],
        "stopped": days["stopped"],
        "withdrawn_on": on(days["withdrawn"]),
        "withdrawal_reason": others.get("reason"),
    }


def score(code: str, day: int, value: float | None, **others: Any) -> dict[str, Any]:
    """An answer at noon of the study day `answered` (the visit's own if not said)."""
    answered = others.pop("answered", day)
    at = on(answered)
    assert at is not None
    of_visit = {
        "participant": code,
        "visit": f"d{day}",
        "day": day,
        "instrument": "odi",
        "score": "odi",
        "value_set": "",
    }
    flags = {"baseline": day == 0, "after_baseline_end": False, "submitted_at": at + pd.Timedelta(hours=12)}
    return of_visit | flags | {"value": None if value is None else str(value)} | others


def small_snapshot(
    people: list[dict[str, Any]],
    scores: list[dict[str, Any]],
    events: Sequence[tuple[str, str, str, int]] = (),
    late: Sequence[tuple[str, int]] = (),
) -> Snapshot:
    """The export of these people; `events` are participant, kind, state and study day, beside infusion and stop."""
    dates = ["enrolled_on", "randomised_on", "withdrawn_on"]
    participants = pd.DataFrame(people).astype(dict.fromkeys(dates, "datetime64[ns]"))
    own = [
        (who["participant"], kind, "happened", who[name])
        for who in people
        for kind, name in (("first_infusion", "infused"), ("treatment_stopped", "stopped"))
        if who[name] is not None
    ]
    answers = pd.DataFrame(scores).astype({"day": "Int64", "value": "string"})
    answers["submitted_at"] = answers["submitted_at"].dt.tz_localize("UTC")
    assessments = pd.DataFrame(
        [(code, code[:2], f"d{day}", day, "late", "") for code, day in late],
        columns=["participant", "site", "visit", "day", "state", "reason"],
    )
    rows = [(code, kind, state, on(day)) for code, kind, state, day in (*own, *events)]
    happened = pd.DataFrame(rows, columns=["participant", "kind", "state", "event_on"]).astype(
        {"event_on": "datetime64[ns]"}
    )
    nothing = pd.DataFrame(columns=["participant", "visit", "day", "instrument", "item", "value"])
    return Snapshot(Path(), {}, participants, assessments, answers, nothing, happened)


def allocate(snapshot: Snapshot) -> pd.Series:
    """Codes ending in an even digit are in the active arm."""
    codes = snapshot.participants["participant"].tolist()
    names = ["Active" if int(code[-1]) % 2 == 0 else "Reference" for code in codes]
    return pd.Series(pd.Categorical(names, ["Reference", "Active"]), index=codes, name="arm")
