"""What each planned model is fitted to, checked when the plan is read: its outcome, and the columns that it may name.

The report speaks of change. A model of the change has it as its outcome; a model of the score itself is allowed where
the change can be made of it, and is refused where its means would be called changes and are none.
"""

from app.analysis.design.formula import Parsed, read_formula, variables
from app.analysis.errors import AnalysisError, listed
from app.analysis.trial.plan import PlannedAnalysis

CHANGE = "chg"


def is_of_change(formula: str, score: str) -> bool:
    """Whether the model's outcome is the change from baseline, not the score itself."""
    left = "".join(read_formula(formula).left.split())
    return left in (CHANGE, f"{score}-{score}_base")


def problems_of(analysis: PlannedAnalysis, score: str) -> dict[str, list[str]]:
    """What is wrong with the formulas of one analysis, by the field that holds it."""
    try:
        if analysis.model == "clda":
            parsed = read_formula(f"{score} ~ {' + '.join(analysis.covariates) or '1'}")
            return _named("covariates", _right(parsed, ["site"]))
        problems = _named("formula", _formula_problem(analysis, score))
        if analysis.model == "imputation" and not problems:
            return _named("analysis", _completed_problem(analysis, score))
    except AnalysisError as problem:
        return {"formula": [str(problem)]}
    return problems


def _named(field: str, problem: str) -> dict[str, list[str]]:
    return {field: [problem]} if problem else {}


def _formula_problem(analysis: PlannedAnalysis, score: str) -> str:
    parsed = read_formula(analysis.formula)
    if analysis.model == "lmm":
        if parsed.left != score:
            return f"an lmm has the baseline among its outcomes, so its outcome is {score}, not {parsed.left!r}"
        together = any({"arm", "visit"} <= set(variables([term])) for term in parsed.terms)
        apart = "" if together else "the change per arm needs the arms' own courses: write arm*visit"
        return _right(parsed, ["site", "arm", "visit", "day"], ("arm", "visit")) or apart
    if analysis.model == "imputation" and parsed.left not in (CHANGE, score):
        return f"imputation fills {CHANGE} or {score}, not {parsed.left!r}"
    if parsed.left != score and not is_of_change(analysis.formula, score):
        return f"the outcome is {CHANGE} or {score}, not {parsed.left!r}"
    if analysis.model == "ancova":
        return _right(parsed, ["site", "arm", f"{score}_base"], ("arm",))
    return _right(parsed, ["site", "arm", "visit", "day", f"{score}_base"], ("arm", "visit"))


def _completed_problem(analysis: PlannedAnalysis, score: str) -> str:
    imputed, parsed = read_formula(analysis.formula), read_formula(analysis.analysis)
    if parsed.left != imputed.left:
        return f"the analysis must be of what is imputed, {imputed.left}, not of {parsed.left!r}"
    columns = set(variables(imputed.terms)) - {"visit", "day"}
    return _right(parsed, sorted(columns), ("arm",))


def _right(parsed: Parsed, columns: list[str], needed: tuple[str, ...] = ()) -> str:
    names = variables(parsed.terms)
    if unknown := [name for name in names if name not in columns]:
        return f"{listed(unknown)} is no column of this model; there are {listed(columns, 20)}"
    if absent := [name for name in needed if name not in names]:
        return f"{listed(absent)} is not among the terms, so the arms could not be compared"
    return ""
