"""Leaves the site, or the visit, out of planned models where the data have one only; the report then says so."""

import re
from dataclasses import replace

from app.analysis.design.formula import factor_columns, read_formula, variables, written_factor
from app.analysis.errors import AnalysisError
from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import PlannedAnalysis

AFTER_BASELINE = ("mmrm", "imputation")
"""Models to which the baseline is no visit."""


def for_its_sites(analysis: PlannedAnalysis, dataset: Dataset) -> tuple[PlannedAnalysis, tuple[str, ...]]:
    """The analysis as the sites and visits of these data allow it, and what must be said about it."""
    sites = dataset.long["site"].unique()
    seen = dataset.long["visit"].astype(str).unique().tolist()
    visits = [visit for visit in seen if visit != "baseline" or analysis.model not in AFTER_BASELINE]
    said: list[str] = []
    for name, levels in (("site", list(map(str, sites))), ("visit", visits)):
        if len(levels) == 1:
            plain = without(analysis, name)
            if plain != analysis:
                said.append(f"there is one {name} only ({levels[0]}), so {name} was left out of the model")
            analysis = plain
    return analysis, tuple(said)


def without(analysis: PlannedAnalysis, name: str) -> PlannedAnalysis:
    """The analysis without the terms that hold the column."""
    return replace(
        analysis,
        formula=without_column(analysis.formula, name),
        analysis=without_column(analysis.analysis, name),
        covariates=tuple(term for term in analysis.covariates if not re.search(rf"\b{name}\b", term)),
    )


def without_column(formula: str, name: str) -> str:
    """The formula without the column, which is the same in every row: of visit:arm stays arm.

    A formula that cannot be read stays, and is refused where it is used.
    """
    try:
        parsed = read_formula(formula)
    except AnalysisError:
        return formula
    if name not in variables(parsed.terms):
        return formula
    plain: dict[str, None] = {}
    for term in parsed.terms:
        others = [factor for factor in term.factors if name not in factor_columns(factor)]
        if others and str(term) != "1":
            plain[":".join(written_factor(factor) for factor in others)] = None
    has_intercept = any(str(term) == "1" for term in parsed.terms)
    shown = list(plain) or ["1"] if has_intercept else ["0", *plain]
    return f"{parsed.left} ~ {' + '.join(shown)}"
