"""Leaves the site out of planned models where the data have one site only; the report then says so."""

import re
from dataclasses import replace

from app.analysis.design.coding import parse
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
    left, _, right = formula.partition("~")
    try:
        terms = [str(term) for term in parse(right)] if _of_site(right) else []
    except Exception:
        return formula
    kept = [term for term in terms if not _of_site(term)]
    if len(kept) == len(terms):
        return formula
    plain = [term for term in kept if term != "1"]
    shown = plain or ["1"] if "1" in kept else ["0", *plain]
    return f"{left.strip()} ~ {' + '.join(shown)}"


def _of_site(term: str) -> bool:
    return re.search(r"\bsite\b", term) is not None
