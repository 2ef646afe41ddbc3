"""What each planned model is fitted to, checked when the plan is read: its outcome, and the columns that it may name.

The report speaks of change. A model of the change has it as its outcome; a model of the score itself is allowed where
the change can be made of it, and is refused where its means would be called changes and are none.
"""

from dataclasses import dataclass

from app.analysis.design.formula import Parsed, read_formula, variables
from app.analysis.errors import AnalysisError, listed
from app.analysis.trial.plan import PlannedAnalysis
from app.analysis.trial.planned import RISKS

CHANGE = "chg"
RESPONSE = "response"
"""The column of a yes or no."""
EVENTS_COLUMN = "events"
"""The column of a count of events."""
LEVEL = "level"
"""The column of each item of a profile."""


def is_of_change(formula: str, score: str) -> bool:
    """Whether the model's outcome is the change from baseline, not the score itself."""
    left = "".join(read_formula(formula).left.split())
    return left in (CHANGE, f"{score}-{score}_base")


@dataclass(frozen=True)
class PlanColumns:
    """What the formulas of a plan may name: its score, its covariates; and what they must hold."""

    score: str
    extra: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    """Strata of the randomisation."""
    has_arms: bool = True
    has_baseline: bool = True
    period_base: tuple[str, ...] = ()
    """The baselines of the periods of a cross-over."""

    @property
    def arm(self) -> tuple[str, ...]:
        """The column of the arms, where there are any."""
        return ("arm",) if self.has_arms else ()

    def known(self, *others: str) -> list[str]:
        """The columns of a model: these, the site, the arm, and the plan's covariates."""
        return ["site", *self.arm, *others, *self.extra]

    @property
    def base(self) -> tuple[str, ...]:
        """The column of the baseline, where the plan has one."""
        return (f"{self.score}_base",) if self.has_baseline else ()


def problems_of(analysis: PlannedAnalysis, columns: PlanColumns | str) -> dict[str, list[str]]:
    """What is wrong with the formulas of one analysis, by the field that holds it."""
    columns = PlanColumns(columns) if isinstance(columns, str) else columns
    if analysis.is_generalised:
        try:
            return _named("formula", _generalised_problem(analysis, columns))
        except AnalysisError as problem:
            return {"formula": [str(problem)]}
    if analysis.model in ("clda", "imputation") and not (columns.has_arms and columns.has_baseline):
        return {"model": [f"{analysis.model} needs arms and a baseline; use lmm, mmrm or ancova"]}
    try:
        if analysis.model in ("clda", "crossover"):
            parsed = read_formula(f"{columns.score} ~ {' + '.join(analysis.covariates) or '1'}")
            there = ["site", *columns.extra, *(columns.period_base if analysis.model == "crossover" else ())]
            return _named("covariates", _right(parsed, there, columns.needed))
        problems = _named("formula", _formula_problem(analysis, columns))
        if analysis.model == "imputation" and not problems:
            return _named("analysis", _completed_problem(analysis))
    except AnalysisError as problem:
        return {"formula": [str(problem)]}
    return problems


def profile_problem(formula: str, columns: PlanColumns) -> str:
    """What is wrong with the formula of a profile's items; empty where nothing is."""
    ordinal = PlannedAnalysis("", "", "supporting", "", "", "ordinal", formula)
    return ". ".join(text for own in problems_of(ordinal, columns).values() for text in own)


def _named(field: str, problem: str) -> dict[str, list[str]]:
    return {field: [problem]} if problem else {}


def _formula_problem(analysis: PlannedAnalysis, columns: PlanColumns) -> str:
    parsed, score, needed = read_formula(analysis.formula), columns.score, (*columns.arm, *columns.needed)
    if analysis.model == "lmm":
        return _lmm_problem(parsed, columns, needed)
    outcomes = (CHANGE, score) if columns.has_baseline else (score,)
    if analysis.model == "imputation" and parsed.left not in outcomes:
        return f"imputation fills {CHANGE} or {score}, not {parsed.left!r}"
    is_change = columns.has_baseline and is_of_change(analysis.formula, score)
    if parsed.left != score and not is_change:
        return f"the outcome is {' or '.join(outcomes)}, not {parsed.left!r}"
    if analysis.model == "ancova":
        return _right(parsed, columns.known(*columns.base), needed)
    return _right(parsed, columns.known("visit", "day", *columns.base), (*needed, "visit"))


def _generalised_problem(analysis: PlannedAnalysis, columns: PlanColumns) -> str:
    if not columns.has_arms:
        return f"{analysis.model} compares arms, and the plan has none"
    parsed, outcome = read_formula(analysis.formula), RESPONSE if analysis.model in RISKS else columns.score
    if parsed.left != outcome:
        return f"the outcome of {analysis.model} is {outcome}, not {parsed.left!r}"
    repeated = "visit" in variables(parsed.terms)
    if repeated and (analysis.model == "ordinal" or columns.score == EVENTS_COLUMN):
        return (
            f"{'events are counted' if columns.score == EVENTS_COLUMN else 'ordinal is'} of one visit; leave visit out"
        )
    base = () if columns.score == EVENTS_COLUMN else columns.base
    return _right(parsed, columns.known("visit", *base), (*columns.arm, *columns.needed))


def _lmm_problem(parsed: Parsed, columns: PlanColumns, needed: tuple[str, ...]) -> str:
    score = columns.score
    if parsed.left != score:
        why = "an lmm has the baseline among its outcomes, so " if columns.has_baseline else ""
        return f"{why}its outcome is {score}, not {parsed.left!r}"
    together = any({*columns.arm, "visit"} <= set(variables([term])) for term in parsed.terms)
    apart = (
        "" if together else f"the change per arm needs the arms' own courses: write {'*'.join((*columns.arm, 'visit'))}"
    )
    return _right(parsed, columns.known("visit", "day"), (*needed, "visit")) or apart


def _completed_problem(analysis: PlannedAnalysis) -> str:
    imputed, parsed = read_formula(analysis.formula), read_formula(analysis.analysis)
    if parsed.left != imputed.left:
        return f"the analysis must be of what is imputed, {imputed.left}, not of {parsed.left!r}"
    of_imputation = set(variables(imputed.terms)) - {"visit", "day"}
    return _right(parsed, sorted(of_imputation), ("arm",))


def _right(parsed: Parsed, columns: list[str], needed: tuple[str, ...] = ()) -> str:
    names = variables(parsed.terms)
    if unknown := [name for name in names if name not in columns]:
        return f"{listed(unknown)} is no column of this model; there are {listed(columns, 20)}"
    if absent := [name for name in needed if name not in names]:
        if "arm" in absent or "visit" in absent:
            return f"{listed(absent)} is not among the terms, so the arms could not be compared"
        return f"{listed(absent)} is a stratum of the randomisation, so every model must hold it"
    return ""
