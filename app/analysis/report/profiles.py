"""The items of a profile, as the dimensions of EQ-5D: answers level by level, and each item by its model."""

import pandas as pd

from app.analysis.report.fitted import Effect, Fitted, NotFitted
from app.analysis.report.fitting import fit_analysis
from app.analysis.report.imputed import Imputer
from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.report.words import interval, number, p_number, percent, shown_contrast
from app.analysis.trial.dataset import for_analysis
from app.analysis.trial.derived import outcome_data
from app.analysis.trial.plan import PlannedAnalysis, PlannedOutcome, Profile, Response, SecondaryOutcome
from app.analysis.trial.planned_formulas import LEVEL, RESPONSE
from app.analysis.trial.snapshot import SnapshotError

PROBLEM = Response(at_least=2)
"""Any level but the first."""
PROFILE_COLUMNS = (
    ("odds", "Odds ratio of a worse level", 2, "p, level"),
    ("problems", "Any problem: difference, % points", 1, "p, any"),
)


def profile_table(results: Results, place: int) -> str:
    """Count (percent) of each level of each item, by day and arm, of those who answered."""
    profile, answers = results.plan.profiles[place], results.snapshot.answers
    arms = answers["participant"].map(results.dataset.people.set_index("participant")["arm"].astype(str).to_dict())
    codes = answers["value"].astype(str).str.replace(r"\.0+$", "", regex=True)
    rows = []
    for item in profile.items:
        instrument, name = item.split(".")
        of_item = (answers["instrument"] == instrument) & (answers["item"] == name)
        for level, title in enumerate(profile.levels, 1):
            row = {"Item": called(profile, item), "Level": title}
            for day in profile.days:
                for arm in results.shown_groups:
                    own = codes[of_item & (answers["day"] == day) & (arms == arm)]
                    count = int((own == str(level)).sum())
                    share = f" ({100 * count / len(own):.0f}\N{NO-BREAK SPACE}%)" if len(own) else ""
                    row[f"{results.plan.visit_title(day)}: {arm}"] = f"{count}{share}"
            rows.append(row)
    return html_table(pd.DataFrame(rows), f"table-profile-{place + 1}", groups="Item")


def called(profile: Profile, item: str) -> str:
    """What the report calls an item: by the plan's title of it, or by its code as words."""
    if profile.titles:
        return profile.titles[profile.items.index(item)]
    words = item.split(".")[1].replace("_", " ")
    return words[:1].upper() + words[1:]


def profile_fits(results: Results, profile: Profile) -> list[tuple[str, Fitted | NotFitted, Fitted | NotFitted]]:
    """Each item with two models of its last day: ordered levels, and any problem (yes or no)."""
    return [(item, _fit(results, profile, item, None), _fit(results, profile, item, PROBLEM)) for item in profile.items]


def _fit(results: Results, profile: Profile, item: str, response: Response | None) -> Fitted | NotFitted:
    day, right = profile.days[-1], profile.formula.split("~", 1)[1].strip()
    name = item.split(".")[1]
    outcome = PlannedOutcome(LEVEL, name, name, "level", 1, len(profile.levels), "lower", item=item)
    analysis = PlannedAnalysis(
        id=name,
        title=name,
        role="supporting",
        estimand="",
        population=profile.population,
        model="ordinal" if response is None else "logistic",
        formula=f"{LEVEL if response is None else RESPONSE} ~ {right}",
    )
    has_baseline = 0 in profile.days
    secondary = SecondaryOutcome(outcome, (day,), day, analysis, has_baseline=has_baseline, response=response)
    try:
        plan, dataset = outcome_data(results.snapshot, results.plan, secondary, results.allocated)
    except SnapshotError as problem:
        return NotFitted(analysis, str(problem))
    return fit_analysis(for_analysis(dataset, results.snapshot, plan, analysis), Imputer(plan), analysis)


def profile_frame(results: Results, place: int) -> pd.DataFrame:
    """item, contrast and, of each of its two models, the estimate with its limits and p, or the reason for none."""
    rows = []
    profile = results.plan.profiles[place]
    for item, ordered, problem in profile_fits(results, profile):
        for contrast in results.plan.contrast_weights:
            row: dict[str, object] = {"item": item, "contrast": contrast}
            row |= {"n": ordered.n_participants if isinstance(ordered, Fitted) else 0}
            for kind, fit in (("odds", ordered), ("problems", problem)):
                effect = _deciding(fit, profile.days[-1], contrast)
                row |= {f"{kind}_{name}": getattr(effect, name) for name in ("estimate", "lower", "upper", "p")}
                row |= {f"{kind}_reason": fit.reason if isinstance(fit, NotFitted) else ""}
            rows.append(row)
    return pd.DataFrame(rows)


def _deciding(fit: Fitted | NotFitted, day: int, contrast: str) -> Effect:
    return fit.deciding(day, contrast) if isinstance(fit, Fitted) else Effect(*[float("nan")] * 6)


def profile_model_table(frame: pd.DataFrame, results: Results, place: int) -> str:
    """A row for each item and contrast: the common odds ratio of a worse level, and the difference in any problem."""
    limits, several = f"({percent(results.plan.level)} CI)", len(results.plan.contrast_weights) > 1
    rows = []
    for record in frame.to_dict("records"):
        row = {"Item": called(results.plan.profiles[place], str(record["item"]))}
        row |= {"Difference of": shown_contrast(str(record["contrast"]))} if several else {}
        row |= {"n": str(record["n"])}
        for kind, title, decimals, tested in PROFILE_COLUMNS:
            estimate, lower, upper = (record[f"{kind}_{name}"] for name in ("estimate", "lower", "upper"))
            own, reason = f"{number(estimate, decimals)} ({interval(lower, upper, decimals)})", record[f"{kind}_reason"]
            row[f"{title} {limits}"] = f"Not estimated: {reason}" if reason else own
            row[tested] = p_number(record[f"{kind}_p"])
        rows.append(row)
    numbers = ["n", *(tested for *_, tested in PROFILE_COLUMNS)]
    return html_table(pd.DataFrame(rows), f"table-profile-models-{place + 1}", numbers=numbers)
