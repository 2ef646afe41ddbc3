"""The confirmatory tests of a plan: its family of hypotheses, adjusted together."""

import math

import pandas as pd

from app.analysis.models.multiplicity import graphical, hierarchical, hochberg, holm
from app.analysis.report.fitted import Fitted
from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.report.words import p_number, shown_contrast
from app.analysis.trial.plan import Family, PlannedHypothesis

METHOD_WORDS = {
    "holm": "Holm's step-down procedure",
    "hochberg": "Hochberg's step-up procedure",
    "fixed_sequence": "testing in the order of the table until the first that is not rejected",
    "graph": "the sequentially rejective graph of the plan (Bretz 2009), with these shares of alpha at the start",
}


def family_frame(results: Results, family: Family) -> pd.DataFrame:
    """hypothesis, p, p_adjusted, rejected, reason; what could not be estimated has p = 1, and is never rejected."""
    pairs = [p_of(results, hypothesis) for hypothesis in family.hypotheses]
    p = {own.name: value for own, (value, _) in zip(family.hypotheses, pairs, strict=True)}
    alpha = 1 - results.plan.level
    if family.method == "graph":
        table = graphical(p, family.weights, family.transitions, alpha)
    else:
        procedure = {"holm": holm, "hochberg": hochberg, "fixed_sequence": hierarchical}[family.method]
        table = procedure(p, alpha=alpha)  # type: ignore[operator]
    return table.assign(reason=[reason for _, reason in pairs])


def p_of(results: Results, hypothesis: PlannedHypothesis) -> tuple[float, str]:
    """The p value of the hypothesis at its own primary day; 1 and the reason where there is none."""
    for fit in results.done:
        if fit.analysis.id == hypothesis.analysis:
            day = results.plan.primary_day
            break
    else:
        other = next(other for other in results.others if other.fit.analysis.id == hypothesis.analysis)
        fit, day = other.fit, other.plan.primary_day
    if not isinstance(fit, Fitted):
        return 1.0, fit.reason
    p = fit.deciding(day, hypothesis.contrast).p
    return (p, "") if math.isfinite(p) else (1.0, "not estimable")


def family_table(results: Results) -> str:
    """One row for each hypothesis, in the plan's order."""
    family = results.plan.family
    assert family is not None
    rows = []
    for own, record in zip(family.hypotheses, family_frame(results, family).to_dict("records"), strict=True):
        row = {"Hypothesis": own.name, "Analysis": f"{own.analysis} {shown_contrast(own.contrast)}".strip()}
        if family.method == "graph":
            row["Share"] = f"{family.weights.get(own.name, 0.0):g}"
        row |= {"p": p_number(record["p"]) if not record["reason"] else f"none: {record['reason']}"}
        row |= {"Adjusted p": p_number(record["p_adjusted"]), "Rejected": "yes" if record["rejected"] else "no"}
        rows.append(row)
    return html_table(
        pd.DataFrame(rows), "table-family", numbers=[name for name in rows[0] if name in ("Share", "p", "Adjusted p")]
    )
