"""Missing data of the primary outcome: by visit, arm and reason, and by pattern over the visits."""

from collections import Counter

import pandas as pd

from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.trial.planned_formulas import EVENTS_COLUMN

ON_TIME = "Answered"
LATE = "Answered late"
REASON_TITLES = {
    "undelivered": "Text not delivered",
    "not_sent": "Text not sent",
    "delivery_unknown": "Delivery not known",
    "not_opened": "Link not opened",
    "opened": "Opened, not sent in",
    "late_beyond_grace": "Answered too late",
    "partial": "Too few items",
    "skipped": "Skipped",
    "withdrawn": "Withdrawn",
    "cancelled": "Called off",
    "voided": "Voided",
    "not_due": "Not yet due",
    "open": "Still open",
    "missed": "Missed",
}
AFTER_DOSE = "Only after day 0 began"
NOT_PLANNED = "Not planned"


def missing_status(results: Results) -> pd.DataFrame:
    """participant, arm, day, status: what became of the outcome at each scheduled visit of everyone with a day 0.

    Empty for events, which are counted over the time that each participant was followed.
    """
    if results.plan.outcome.score == EVENTS_COLUMN:
        return pd.DataFrame(columns=["participant", "arm", "day", "status"])
    plan, people = results.plan, results.dataset.people
    days = pd.DataFrame({"day": list(plan.visits)})
    table = people[["participant", "arm"]].merge(days, how="cross")
    scored = results.dataset.answered().set_index(["participant", "day"])["late"]
    planned = results.snapshot.assessments
    planned = planned[planned["day"].isin(table["day"])].drop_duplicates(["participant", "day"])
    keys = list(zip(planned["participant"], planned["day"].astype(int), strict=True))
    states = dict(zip(keys, zip(planned["state"], planned["reason"].fillna(""), strict=True), strict=True))
    late = scored.to_dict()
    table["status"] = [
        status_of(day, late.get((who, day)), states.get((who, day)))
        for who, day in zip(table["participant"], table["day"], strict=True)
    ]
    return table


def of_visit(status: pd.DataFrame, day: int, arm: str) -> pd.DataFrame:
    """What became of the outcome at one visit in one arm."""
    return status[(status["day"] == day) & (status["arm"] == arm)]


def missing_table(status: pd.DataFrame, results: Results) -> str:
    """Counts of what became of the outcome, by visit and arm."""
    seen = status["status"].value_counts()
    order = [name for name in (ON_TIME, LATE, *REASON_TITLES.values(), AFTER_DOSE, NOT_PLANNED) if name in seen]
    rows = []
    for day in results.plan.visits:
        for arm in results.shown_groups:
            expected = of_visit(status, day, arm)
            counts = expected["status"].value_counts()
            row = {"Visit": results.plan.visit_title(day), "Arm": arm, "Expected": str(len(expected))}
            rows.append(row | {name: str(counts.get(name, 0)) for name in order})
    numbers = ["Expected", *order]
    return html_table(pd.DataFrame(rows), "table-missing", groups="Visit", numbers=numbers)


def pattern_table(status: pd.DataFrame, results: Results, most: int = 10) -> str:
    """The commonest patterns over the visits: ● answered, ○ missing."""
    counts: Counter[tuple[str, str]] = Counter()
    for _, rows in status.sort_values("day").groupby("participant"):
        pattern = "".join("●" if became in (ON_TIME, LATE) else "○" for became in rows["status"])
        counts[pattern, str(rows["arm"].iloc[0])] += 1
    totals: Counter[str] = Counter()
    for (pattern, _), count in counts.items():
        totals[pattern] += count
    ranked = sorted(totals, key=lambda pattern: (-totals[pattern], pattern))
    cells = [
        (pattern, *(str(counts[pattern, arm]) for arm in results.shown_groups), str(totals[pattern]))
        for pattern in ranked[:most]
    ]
    if len(ranked) > most:
        rest = [sum(counts[pattern, arm] for pattern in ranked[most:]) for arm in results.shown_groups]
        cells.append((f"{len(ranked) - most} other patterns", *map(str, rest), str(sum(rest))))
    names = ["Pattern", *results.shown_groups, "All"]
    return html_table(pd.DataFrame(cells, columns=names), "table-patterns")


def status_of(day: int, late: bool | None, state: tuple[str, str] | None) -> str:
    """What became of the outcome: `late` is None without a score, `state` the assessment's state and reason."""
    if late is not None:
        return LATE if late else ON_TIME
    if state is None:
        return NOT_PLANNED
    name, reason = state
    if day == 0 and name in ("completed", "late"):
        return AFTER_DOSE
    return (
        REASON_TITLES.get(reason)
        or REASON_TITLES.get(name)
        or (REASON_TITLES["partial"] if name in ("completed", "late") else name)
    )
