"""Who the participants were at the start, by arm, without tests."""

from collections.abc import Sequence

import pandas as pd

from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.report.words import MINUS, number
from app.analysis.trial.plan import BaselineRow
from app.analysis.trial.snapshot import Snapshot


def baseline_table(results: Results) -> str:
    """Mean (SD) of numbers, count (%) of categories; how many have no value is said where any lack it."""
    people = results.dataset.people.set_index("participant")
    shown = results.shown_groups if len(results.arms) > 1 else ()
    groups = [people.index[people["arm"] == arm] for arm in shown] + [people.index]
    names = [f"{name} (n = {len(group)})" for name, group in zip((*shown, "All"), groups, strict=True)]
    rows = [("Site " + str(site), *_sites(people, str(site), groups)) for site in people["site"].cat.categories]
    for row in results.plan.baseline:
        values = baseline_values(results.snapshot, row)
        rows.append((row.title, *(_cell(values.reindex(group), row) for group in groups)))
    return html_table(pd.DataFrame(rows, columns=["", *names]), "table1")


def baseline_values(snapshot: Snapshot, row: BaselineRow) -> "pd.Series[float]":
    """The value of each participant: the score flagged as baseline, or the item's answer at day 0."""
    if row.score:
        rows = snapshot.scores[(snapshot.scores["score"] == row.score) & snapshot.scores["baseline"]]
        rows = rows[rows["value_set"] == row.value_set] if row.value_set else rows
    else:
        instrument, item = row.item.split(".")
        answers = snapshot.answers
        rows = answers[(answers["instrument"] == instrument) & (answers["item"] == item) & (answers["day"] == 0)]
    values = pd.to_numeric(rows["value"].astype(object), errors="coerce").astype(float)
    return pd.Series(values.to_numpy(), index=rows["participant"].to_numpy()).groupby(level=0).last()


def _sites(people: pd.DataFrame, site: str, groups: Sequence["pd.Index[str]"]) -> list[str]:
    return [_share(int((people.loc[group, "site"] == site).sum()), len(group)) for group in groups]


def _cell(values: "pd.Series[float]", row: BaselineRow) -> str:
    present = values.dropna()
    missing = len(values) - len(present)
    tail = f"; {missing} missing" if missing else ""
    if present.empty:
        return "\N{EN DASH}"
    if row.code is not None:
        return _share(int((present == row.code).sum()), len(present)) + tail
    spread = number(float(present.std()), row.decimals).replace(MINUS, "-")
    return f"{number(float(present.mean()), row.decimals)} ({spread}){tail}"


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.0f}\N{NO-BREAK SPACE}%)" if total else "0"
