"""Responders at the primary visit, and whether the blind was kept."""

import pandas as pd

from app.analysis.report.document import HtmlTable
from app.analysis.report.results import Results
from app.analysis.report.tables import CONTRAST, html_table
from app.analysis.report.words import inside_percent, interval, number, p_number, percent, shown_contrast
from app.analysis.trial.blinding import Blinding, blinding_indices
from app.analysis.trial.plan import Responder, inside
from app.analysis.trial.responders import Responders, responders

DOES_NOT_KNOW = "Does not know"


def primary_values(results: Results) -> pd.DataFrame:
    """One row for each participant with a day 0: arm, baseline and outcome at the primary visit."""
    score, day = results.plan.outcome.score, results.plan.primary_day
    wide = results.dataset.long.pivot(index="participant", columns="day", values=score).reindex(columns=[0, day])
    wide = wide.set_axis(["baseline", "outcome"], axis=1)
    return results.dataset.people[["participant", "arm"]].merge(wide, on="participant", how="left")


def respond(results: Results, definition: Responder) -> Responders:
    """The responders by one definition of the plan."""
    return responders(
        primary_values(results),
        arm="arm",
        baseline="baseline",
        outcome="outcome",
        points=definition.points,
        percent=definition.percent,
        missing=definition.missing,
        better=results.plan.outcome.better,
        level=results.plan.level,
    )


def responder_table(results: Results) -> HtmlTable:
    """Responders by arm, risk difference and number needed to treat, by each definition."""
    done = [respond(results, definition) for definition in results.plan.responders]
    limits = f"{percent(results.plan.level)} CI"
    frame = pd.DataFrame([row for responded in done for row in _responder_rows(responded, results, limits)]).fillna("")
    plan = results.plan
    numbers = [name for name in frame.columns if name not in ("Response", "Missing values", CONTRAST)]
    reference, active = (inside(name) for name in results.arms[:2])
    whose = f"{active} minus {reference}" if len(results.arms) == 2 else f"the arm named first minus {reference}"
    meaning = f"Risk difference = {whose} in the share of responders; positive favours {whose.split(' minus ')[0]}"
    rules = (
        "Intervals by Newcombe's method, p by the z test of two shares, not adjusted for their number. NNT: number "
        "needed to treat, where the interval excludes no difference."
    )
    note = f"{meaning}. {rules} {results.blind_note}"
    caption = f"Responders {plan.at_visit(plan.primary_day)}"
    return HtmlTable(html_table(frame, "table4", numbers=numbers), caption, note)


def _responder_rows(responded: Responders, results: Results, limits: str) -> list[dict[str, str]]:
    """One row; where there are several differences, one for each, the first with the arms beside it."""
    row = {
        "Response": responded.definition[0].upper() + responded.definition[1:],
        "Missing values": responded.missing_rule,
    }
    for arm in results.shown_arms:
        of_arm = responded.arms[responded.arms["arm"] == arm].iloc[0]
        row[arm] = (
            f"{int(of_arm['responders'])}/{int(of_arm['n'])} ({100 * of_arm['proportion']:.0f}\N{NO-BREAK SPACE}%)"
        )
    several = len(responded.differences) > 1
    rows = [row if place == 0 else dict.fromkeys(row, "") for place in range(len(responded.differences))]
    for own, difference in zip(rows, responded.differences.to_dict("records"), strict=True):
        own |= {CONTRAST: shown_contrast(str(difference["contrast"]))} if several else {}
        own["Risk difference"] = inside_percent(float(difference["difference"]))
        own[limits] = interval(100 * float(difference["lower"]), 100 * float(difference["upper"]), 0)
        own["NNT"] = "\N{EN DASH}" if difference["nnt_through_infinity"] else number(float(difference["nnt"]), 0)
        own["p"] = p_number(float(difference["p"]))
    return rows


def guesses(results: Results) -> pd.DataFrame:
    """arm and guess (an arm's name, or that one does not know) of everyone with a day 0 who answered."""
    plan = results.plan.blinding
    assert plan is not None
    instrument, item = plan.item.split(".")
    answers = results.snapshot.answers
    rows = answers[(answers["instrument"] == instrument) & (answers["item"] == item) & (answers["day"] == plan.day)]
    reference, active = results.arms[:2]
    words = {str(plan.active): active, str(plan.reference): reference, str(plan.dont_know): DOES_NOT_KNOW}
    given = rows.drop_duplicates("participant").set_index("participant")["value"].map(words)
    people = results.dataset.people
    return people.assign(guess=people["participant"].map(given))[["participant", "arm", "guess"]]


def blinding_table(results: Results) -> tuple[HtmlTable, ...]:
    """What the participants guessed, with Bang's index of either arm and James's; if the plan asks for it."""
    if results.plan.blinding is None or len(results.arms) != 2:
        return ()
    frame = guesses(results)
    if frame.dropna(subset=["guess"])["arm"].nunique() < 2:
        return ()
    blinding = blinding_indices(frame, arm="arm", guess="guess", unknown=DOES_NOT_KNOW, level=results.plan.level)
    visit = results.plan.at_visit(results.plan.blinding.day)
    james = blinding.james.iloc[0]
    note = (
        f"James's index: {number(james['estimate'], 2)} ({interval(james['lower'], james['upper'], 2)}); 1 is blind, "
        "0.5 as by chance, 0 is unblinded. Bang's index: 1 all guess right, 0 as by chance, "
        f"{number(-1, 0)} all guess wrong. {results.blind_note}"
    )
    return (HtmlTable(_guess_rows(blinding, results), f"Treatment guessed {visit}", note),)


def _guess_rows(blinding: Blinding, results: Results) -> str:
    rows = []
    for arm in results.shown_arms:
        counts = blinding.counts[blinding.counts["arm"] == arm].iloc[0]
        bang = blinding.bang[blinding.bang["arm"] == arm].iloc[0]
        row = {"Arm": arm} | {f"Guessed {name}": str(counts[name]) for name in results.shown_arms}
        row |= {DOES_NOT_KNOW: str(counts[DOES_NOT_KNOW]), "Bang's index": number(float(bang["estimate"]), 2)}
        rows.append(row | {f"{percent(results.plan.level)} CI": interval(bang["lower"], bang["upper"], 2)})
    return html_table(pd.DataFrame(rows), "table5")
