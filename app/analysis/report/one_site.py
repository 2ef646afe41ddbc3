"""Leaves the site out of planned models where the data have one site only; the report then says so."""

import re
from dataclasses import replace

from app.analysis.design.formula import read_formula, variables, written
from app.analysis.errors import AnalysisError
from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import PlannedAnalysis


def for_its_sites(analysis: PlannedAnalysis, dataset: Dataset) -> tuple[PlannedAnalysis, tuple[str, ...]]:
    """The analysis as these data allow it, and what must be said about it."""
    sites = dataset.long["site"].unique()
    if len(sites) > 1:
        return analysis, ()
    plain = replace(
        analysis,
        formula=without_site(analysis.formula),
        analysis=without_site(analysis.analysis),
        covariates=tuple(name for name in analysis.covariates if not _of_site(name)),
    )
    if plain == analysis:
        return analysis, ()
    return plain, (f"there is one site only ({', '.join(map(str, sites))}), so site was left out of the model",)


def without_site(formula: str) -> str:
    """The formula without the terms that hold the site; one that cannot be read stays, and is refused where used."""
    try:
        parsed = read_formula(formula)
    except AnalysisError:
        return formula
    kept = [term for term in parsed.terms if "site" not in variables([term])]
    if len(kept) == len(parsed.terms):
        return formula
    plain = [written(term) for term in kept if str(term) != "1"]
    shown = plain or ["1"] if len(plain) < len(kept) else ["0", *plain]
    return f"{parsed.left} ~ {' + '.join(shown)}"


def _of_site(term: str) -> bool:
    return re.search(r"\bsite\b", term) is not None
