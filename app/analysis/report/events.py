"""What happened to the participants, by arm: events, and the levels of the items of a profile."""

import pandas as pd

from app.analysis.errors import DataError
from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.trial.days import day_zero, event_days


def event_frame(results: Results) -> pd.DataFrame:
    """kind, arm, participants, of, events, percent: what happened to those with a day 0, from day 0 on."""
    days = event_days(results.snapshot, day_zero(results.snapshot, results.plan.anchor))
    days = days[(days["day"] >= 0) & (days["kind"] != results.plan.anchor.event)]
    people = results.dataset.people.set_index("participant")["arm"]
    days = days.assign(arm=people.reindex(days.index).astype(str).to_numpy(), participant=days.index)
    rows = []
    for kind in sorted(days["kind"].unique()):
        for arm in results.shown_arms:
            own = days[(days["kind"] == kind) & (days["arm"] == arm)]
            who, total = own["participant"].nunique(), int((people == arm).sum())
            rows.append((kind, arm, who, total, len(own), 100 * who / total if total else float("nan")))
    return pd.DataFrame(rows, columns=["kind", "arm", "participants", "of", "events", "percent"])


def event_table(results: Results) -> str:
    """Per kind and arm: participants with at least one (percent), and how many events in all."""
    frame = event_frame(results)
    if frame.empty:
        raise DataError("no event is in the export beside that of day 0")
    rows: dict[str, dict[str, str]] = {}
    for record in frame.to_dict("records"):
        row = rows.setdefault(record["kind"], {"Event": str(record["kind"]).replace("_", " ")})
        share = f"{record['participants']} ({record['percent']:.0f}\N{NO-BREAK SPACE}%)"
        row[f"{record['arm']} (n = {record['of']}): participants"] = share
        row[f"{record['arm']}: events"] = str(record["events"])
    return html_table(pd.DataFrame(list(rows.values())), "table-events")


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
            row = {"Item": name.replace("_", " "), "Level": title}
            for day in profile.days:
                for arm in results.shown_arms:
                    own = codes[of_item & (answers["day"] == day) & (arms == arm)]
                    count = int((own == str(level)).sum())
                    share = f" ({100 * count / len(own):.0f}\N{NO-BREAK SPACE}%)" if len(own) else ""
                    row[f"{results.plan.visit_title(day)}: {arm}"] = f"{count}{share}"
            rows.append(row)
    return html_table(pd.DataFrame(rows), f"table-profile-{place + 1}", groups="Item")
