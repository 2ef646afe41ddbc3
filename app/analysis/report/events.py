"""What happened to the participants, by arm: events, and the ratios of their rates."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from scipy import special

from app.analysis import GLM
from app.analysis.errors import AnalysisError, DataError
from app.analysis.report.results import Results
from app.analysis.report.tables import DASH, html_table
from app.analysis.report.words import interval, number, p_number, percent, start
from app.analysis.trial.days import RANDOMISED_EVENT, day_zero, event_days
from app.analysis.trial.derived import EXPOSURE, counted, followed_until
from app.analysis.trial.plan import CrossoverDesign, Plan
from app.analysis.trial.planned_formulas import EVENTS_COLUMN

A_HUNDRED_YEARS = 36_525


def event_frame(results: Results) -> pd.DataFrame:
    """kind, arm, participants, of, events, percent: what happened to those with a day 0 while they were followed."""
    days = _since_day_zero(results)
    days = days[days["followed"]]
    people = results.dataset.people.set_index("participant")["arm"]
    days = days.assign(arm=people.reindex(days.index).astype(str).to_numpy(), participant=days.index)
    totals = {arm: int((people == arm).sum()) for arm in results.shown_arms}
    if results.plan.crossover is not None:
        design = results.plan.crossover
        days["arm"] = [_taken(design, arm, day) for arm, day in zip(days["arm"], days["day"], strict=True)]
        totals = _treated(results, design)
    rows = []
    for kind in sorted(days["kind"].unique()):
        for arm in results.shown_arms:
            own = days[(days["kind"] == kind) & (days["arm"] == arm)]
            who, total = own["participant"].nunique(), totals[arm]
            rows.append((kind, arm, who, total, len(own), 100 * who / total if total else float("nan")))
    return pd.DataFrame(rows, columns=["kind", "arm", "participants", "of", "events", "percent"])


def _since_day_zero(results: Results) -> pd.DataFrame:
    """The events from day 0 on, but it and randomisation: kind, day, whether the participant was followed till then."""
    began = day_zero(results.snapshot, results.plan.anchor)
    days = event_days(results.snapshot, began)
    days = days[(days["day"] >= 0) & ~days["kind"].isin([results.plan.anchor.event, RANDOMISED_EVENT])]
    until = followed_until(results.snapshot, began, last_day(results.plan)).reindex(days.index)
    return days.assign(followed=days["day"].to_numpy(float) <= until.to_numpy(float))


def last_day(plan: Plan) -> int:
    """Until when events count: the last visit; a hundred years where the plan's days are no days since day 0."""
    return A_HUNDRED_YEARS if plan.visit_codes else max(plan.days)


def later_events(results: Results) -> int:
    """How many events came after the last visit or the withdrawal of their participant."""
    days = _since_day_zero(results)
    return int((~days["followed"] & days.index.isin(results.dataset.people["participant"])).sum())


def _taken(design: CrossoverDesign, sequence: str, day: float) -> str:
    """The treatment of the period that had begun on that day; of the first period before it."""
    return design.sequences[sequence][max(design.period_on(day), 1) - 1]


def _treated(results: Results, design: CrossoverDesign) -> dict[str, int]:
    """How many were followed into a period of each treatment."""
    plan, people = results.plan, results.dataset.people
    until = followed_until(results.snapshot, day_zero(results.snapshot, plan.anchor), max(plan.days))
    last = zip(people["participant"], people["arm"].astype(str), strict=True)
    reached = [(design.sequences[sequence], max(design.period_on(float(until[who])), 1)) for who, sequence in last]
    return {arm: sum(arm in order[:periods] for order, periods in reached) for arm in results.shown_arms}


def event_table(results: Results) -> str:
    """Per kind and arm: participants with at least one (percent), and how many events in all."""
    frame = event_frame(results)
    if frame.empty:
        later = later_events(results)
        rest = f", but {later} after they were" if later else ""
        raise DataError(f"nothing beside day 0 happened to anybody while they were followed{rest}")
    if len(results.arms) > 2:
        return _event_table_by_arm(frame, results)
    rows: dict[str, dict[str, str]] = {}
    for record in frame.to_dict("records"):
        row = rows.setdefault(record["kind"], {"Event": start(str(record["kind"]).replace("_", " "))})
        share = f"{record['participants']} ({record['percent']:.0f}\N{NO-BREAK SPACE}%)"
        row[f"{record['arm']} (n = {record['of']}): participants"] = share
        row[f"{record['arm']}: events"] = str(record["events"])
    for record in rate_frame(results, sorted(set(frame["kind"]))).to_dict("records"):
        rows[record["kind"]] |= _rate_cells(record, results.plan.level)
    return html_table(pd.DataFrame(list(rows.values())).fillna(DASH), "table-events")


def _event_table_by_arm(frame: pd.DataFrame, results: Results) -> str:
    """The same with the arms one below the other: several do not stand side by side on a page."""
    rates = rate_frame(results, sorted(set(frame["kind"])))
    ratios = {
        (record["kind"], record["arm"]): _rate_cells(record, results.plan.level, f" to {record['reference']}")
        for record in rates.to_dict("records")
    }
    rows = [
        {
            "Event": start(str(record["kind"]).replace("_", " ")),
            "Arm": f"{record['arm']} (n = {record['of']})",
            "Participants": f"{record['participants']} ({record['percent']:.0f}\N{NO-BREAK SPACE}%)",
            "Events": str(record["events"]),
            **ratios.get((record["kind"], record["arm"]), {}),
        }
        for record in frame.to_dict("records")
    ]
    return html_table(pd.DataFrame(rows).fillna(DASH), "table-events", groups="Event")


def _rate_cells(record: dict[Hashable, Any], level: float, whose: str = "") -> dict[str, str]:
    own = f"{number(record['estimate'], 2)} ({interval(record['lower'], record['upper'], 2)})"
    return {f"Rate ratio{whose} ({percent(level)} CI)": record["reason"] or own, "p": p_number(record["p"])}


def rate_frame(results: Results, kinds: Sequence[str]) -> pd.DataFrame:
    """Events per year of each arm over the reference's: kind, arm, reference, contrast, estimate, lower, upper, p, ...

    With method and reason: by a negative binomial model of each participant's count; where an arm has no event, by the
    exact distribution of its share given all of them (Clopper and Pearson 1934), which takes events for independent.
    """
    plan, reference = results.plan, results.plan.arms.reference
    if reference is None or plan.crossover is not None:
        return pd.DataFrame()
    rows = []
    arms = results.dataset.people.set_index("participant")["arm"]
    for kind in (name for name in kinds if name not in plan.treatment_events):
        own = replace(
            plan, outcome=replace(plan.outcome, score=EVENTS_COLUMN, events=(kind,)), primary_day=last_day(plan)
        )
        data = counted(results.snapshot, own, arms).long
        for arm in (name for name in results.shown_arms if name != reference.name):
            pair = data[data["arm"].isin([arm, reference.name])]
            pair = pair.assign(arm=pd.Categorical(pair["arm"].astype(str), [reference.name, arm]))
            rows.append(
                {"kind": kind, "arm": arm, "reference": reference.name, "contrast": f"{arm} / {reference.name}"}
                | rate_ratio(pair, plan.level)
            )
    return pd.DataFrame(rows)


def rate_ratio(pair: pd.DataFrame, level: float) -> dict[str, Any]:
    """The second arm's events per year over the first's, of rows with arm, events and years."""
    try:
        model = GLM("events ~ arm", pair, family="negative-binomial", exposure=EXPOSURE)
        row = model.fit(level).ratios("arm").iloc[0]
        numbers: dict[str, Any] = {name: float(row[name]) for name in ("estimate", "lower", "upper", "p")}
        return numbers | {"method": "negative binomial", "reason": ""}
    except AnalysisError:
        first, second = (pair[pair["arm"] == name] for name in pair["arm"].cat.categories)
    counts = int(first[EVENTS_COLUMN].sum()), int(second[EVENTS_COLUMN].sum())
    if first.empty or second.empty or not sum(counts):
        return dict.fromkeys(("estimate", "lower", "upper", "p"), math.nan) | {"method": "", "reason": "no events"}
    return exact_ratio(counts, (float(first[EXPOSURE].sum()), float(second[EXPOSURE].sum())), level) | {"reason": ""}


def exact_ratio(counts: tuple[int, int], years: tuple[float, float], level: float) -> dict[str, Any]:
    """Ratio of the second rate to the first, its exact limits and p (twice the smaller tail) given the total."""
    first, second = counts
    total, miss, odds = first + second, (1 - level) / 2, years[0] / years[1]
    low = float(special.betaincinv(second, first + 1, miss)) if second else 0.0
    high = float(special.betaincinv(second + 1, first, 1 - miss)) if first else 1.0
    share = years[1] / (years[0] + years[1])
    at_most = float(special.bdtr(second, total, share))
    at_least = 1 - float(special.bdtr(second - 1, total, share)) if second else 1.0
    limits = [math.inf if part == 1 else part / (1 - part) * odds for part in (low, high)]
    estimate = second / first * odds if first else math.inf
    p = min(1.0, 2 * min(at_most, at_least))
    return {"estimate": estimate, "lower": limits[0], "upper": limits[1], "p": p, "method": "exact"}
