"""Reads a plan of analysis, and what it must hold; every problem is said with what to write instead."""

from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.analysis.errors import AnalysisError, listed
from app.analysis.results.asking import ADJUSTMENTS, check_adjust
from app.analysis.results.kinds import planned_contrasts
from app.analysis.trial.crossover_schema import CrossoverSchema, crossover_problems, named
from app.analysis.trial.plan import Arms, Covariate, DayZero, Estimand, Plan, PlannedAnalysis, PlannedArm, Population
from app.analysis.trial.plan_outcomes import (
    AnalysisSchema,
    FamilySchema,
    PlannedOutcomeSchema,
    ProfileSchema,
    ResponseSchema,
    SecondarySchema,
    unsuited_model,
)
from app.analysis.trial.plan_parts import (
    COVARIANCES,
    ArmsSchema,
    BaselineSchema,
    BlindingSchema,
    CovariateSchema,
    DayZeroSchema,
    EstimandSchema,
    PopulationSchema,
    ResponderSchema,
    column_name,
    text,
    texts,
    visit_codes,
    whole,
    wrong_visits,
)
from app.analysis.trial.planned import GENERALISED, Occasion
from app.analysis.trial.planned_formulas import LEVEL, PlanColumns, problems_of, profile_problem
from app.yaml_files import read_checked

EXAMPLE_PLAN = "examples/backtobasic/analysis.yaml"


def read_plan(source: Path) -> Plan:
    """The checked plan; raises FileError with every error and its line."""
    loaded = read_checked(source, PlanSchema(), EXAMPLE_PLAN)
    return Plan(**loaded, sha256=sha256(source.read_bytes()).hexdigest(), folder=source.parent)


class PlanSchema(Schema):
    """The plan as the file has it; unknown names are refused."""

    study = text()
    title = text()
    seed = whole()
    outcome = fields.Nested(PlannedOutcomeSchema, required=True)
    days = fields.List(whole(), required=True, validate=validate.Length(1))
    primary_day = whole(required=False)
    visit_codes = visit_codes()
    occasion = text(*get_args(Occasion), required=False)
    visit_names = fields.Dict(keys=fields.Integer(), values=text(), required=True)
    level = fields.Float(required=True, validate=validate.Range(0.5, 1, max_inclusive=False))
    arms = fields.Nested(ArmsSchema)
    anchor = fields.Nested(DayZeroSchema)
    stopping_events = texts()
    treatment_events = texts()
    contrasts = fields.Raw()
    adjust = text(*ADJUSTMENTS, required=False)
    has_baseline = fields.Boolean()
    covariates = fields.Dict(keys=column_name(), values=fields.Nested(CovariateSchema))
    strata = texts()
    outcomes = fields.List(fields.Nested(SecondarySchema))
    profiles = fields.List(fields.Nested(ProfileSchema))
    subgroups = texts()
    family = fields.Nested(FamilySchema)
    crossover = fields.Nested(CrossoverSchema)
    response = fields.Nested(ResponseSchema)
    populations = fields.Dict(keys=text(), values=fields.Nested(PopulationSchema), required=True)
    estimands = fields.Dict(keys=text(), values=fields.Nested(EstimandSchema), required=True)
    analyses = fields.List(fields.Nested(AnalysisSchema), required=True)
    baseline = fields.List(fields.Nested(BaselineSchema), required=True)
    covariances = fields.List(text(*COVARIANCES), required=True)
    responders = fields.List(fields.Nested(ResponderSchema), required=True)
    blinding = fields.Nested(BlindingSchema)
    tipping_of = text(required=False)
    tipping_deltas = fields.List(fields.Float(), validate=validate.Length(2))
    tipping_after_event = fields.Boolean()

    @validates_schema
    def _hangs_together(self, data: dict[str, Any], **_: Any) -> None:
        unknown = sorted(set(data.get("subgroups", ())) - {"site", *_factors(data)})
        wrong: dict[str, Any] = {
            **_wrong_days(data),
            **wrong_visits(data),
            **_wrong_tipping(data),
            "outcome": _wrong_primary(data),
            "analyses": _misnamed(data) or _misread(data),
            "outcomes": _wrong_outcomes(data),
            "profiles": _wrong_profiles(data),
            "subgroups": f"{listed(unknown)} is neither the site nor a covariate with levels" if unknown else "",
            "family": _wrong_family(data),
            "contrasts": _wrong_contrasts(data),
            **crossover_problems(data),
        }
        if problems := {name: [said] if isinstance(said, str) else said for name, said in wrong.items() if said}:
            raise ValidationError(problems)

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        populations = {key: _value(Population, key, value) for key, value in data["populations"].items()}
        estimands = {key: _value(Estimand, key, value) for key, value in data["estimands"].items()}
        covariates = [_value(Covariate, key, value) for key, value in data.get("covariates", {}).items()]
        data = {**DEFAULTS, **data, **_crossed(data), "covariates": covariates}
        frozen = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        return {**data, **frozen, "populations": populations, "estimands": estimands}


PRIMARY_MODELS = ("lmm", "mmrm", "clda", "ancova", "crossover", *GENERALISED)
OF_ANOTHER_KIND = (
    "a mean is not analysed with a yes or no, counts or levels of the same outcome; one of them stands under outcomes"
)
ONE_GROUP = Arms(PlannedArm("", "Everybody"), None)
"""The one group of a plan that names no arms."""
DEFAULTS: dict[str, Any] = {
    "tipping_of": "",
    "tipping_deltas": [],
    "tipping_after_event": False,
    "blinding": None,
    "arms": ONE_GROUP,
    "anchor": DayZero(),
    "stopping_events": [],
    "strata": [],
    "outcomes": [],
    "profiles": [],
    "subgroups": [],
}


def _crossed(data: dict[str, Any]) -> dict[str, Any]:
    """What the plan of a cross-over is besides: treatments by name, means of periods, all of them primary."""
    if "crossover" not in data:
        return {}
    design = named(data["crossover"], data["arms"])
    return {"crossover": design, "has_baseline": False, "primary_day": data["days"][-1]}


def _wrong_days(data: dict[str, Any]) -> dict[str, str]:
    primary, there = data.get("primary_day", data["days"][-1]), {"crossover", "primary_day"} & set(data)
    return {
        "days": "" if data["days"] == sorted(set(data["days"])) else "list each day once, in ascending order",
        "primary_day": ("" if primary in data["days"] else "must be one of the days")
        if there
        else "Missing data for required field.",
    }


def _wrong_tipping(data: dict[str, Any]) -> dict[str, str]:
    shifted = data.get("tipping_of")
    mapped = {analysis.id for analysis in data["analyses"] if _has_map(analysis)}
    return {
        "tipping_of": ""
        if not shifted or shifted in mapped
        else f"{shifted!r} is not the id of an imputation by conditional means",
        "tipping_deltas": "" if not shifted or 0 in data.get("tipping_deltas", ()) else "list the shifts, 0 among them",
    }


def _has_map(analysis: PlannedAnalysis) -> bool:
    return analysis.model == "imputation" and analysis.method != "approx-bayes"


def _value(kind: type, key: str, data: dict[str, Any]) -> Any:
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in (data | {"id": key}).items()})


def _misnamed(data: dict[str, Any]) -> Any:
    """Analyses that name what the plan does not have, and a plan without exactly one primary analysis."""
    analyses: list[PlannedAnalysis] = data["analyses"]
    wrong: dict[int, dict[str, list[str]]] = {}
    for place, analysis in enumerate(analyses):
        for name, names in (("estimand", data["estimands"]), ("population", data["populations"])):
            if getattr(analysis, name) not in names:
                wrong[place] = {name: [f"there is no {name} {getattr(analysis, name)!r}; known: {', '.join(names)}"]}
        if analysis.is_generalised != data_is_generalised(data):
            wrong[place] = {"model": [f"{analysis.model}: {OF_ANOTHER_KIND}"]}
        if analysis.id in {other.id for other in analyses[:place]}:
            wrong[place] = {"id": [f"{analysis.id!r} is used twice"]}
    primary = [analysis for analysis in analyses if analysis.role == "primary"]
    if len(primary) != 1 or primary[0].model not in PRIMARY_MODELS:
        return ["exactly one analysis must have the role primary, and it cannot be an imputation"]
    return wrong


def data_is_generalised(data: dict[str, Any]) -> bool:
    """Whether the primary analysis is of yes or no, of counts or of levels."""
    return any(analysis.role == "primary" and analysis.is_generalised for analysis in data["analyses"])


def _wrong_primary(data: dict[str, Any]) -> str:
    """Why the outcome is none for the models of it; empty where it is."""
    models = [analysis.model for analysis in data["analyses"]]
    return next((said for said in (unsuited_model(data, model) for model in models) if said), "")


def _factors(data: dict[str, Any]) -> list[str]:
    return [name for name, covariate in data.get("covariates", {}).items() if "levels" in covariate]


def _wrong_outcomes(data: dict[str, Any]) -> dict[int, Any]:
    """Other outcomes whose analysis does not fit them, by their place in the list."""
    wrong: dict[int, Any] = {}
    ids = {analysis.id for analysis in data["analyses"]}
    for place, secondary in enumerate(data.get("outcomes", ())):
        analysis = secondary.analysis
        problems = problems_of(analysis, columns_of(data, secondary.outcome.score, secondary.has_baseline))
        for name, names in (("estimand", data["estimands"]), ("population", data["populations"])):
            if getattr(analysis, name) not in names:
                problems[name] = [f"there is no {name} {getattr(analysis, name)!r}; known: {', '.join(names)}"]
        if analysis.id in ids:
            problems["id"] = [f"{analysis.id!r} is used twice"]
        if analysis.role == "primary":
            problems["role"] = ["the primary analysis stands under analyses"]
        ids.add(analysis.id)
        if problems:
            wrong[place] = {"analysis": problems}
    return wrong


def _wrong_profiles(data: dict[str, Any]) -> dict[int, Any]:
    """Profiles whose formula or population does not fit, by their place in the list."""
    wrong: dict[int, Any] = {}
    for place, profile in enumerate(data.get("profiles", ())):
        if not profile.formula:
            continue
        if profile.population not in data["populations"]:
            names = ", ".join(data["populations"])
            wrong[place] = {"population": [f"there is no population {profile.population!r}; known: {names}"]}
        if said := profile_problem(profile.formula, columns_of(data, LEVEL, 0 in profile.days)):
            wrong[place] = {"formula": [said]}
    return wrong


def columns_of(data: dict[str, Any], score: str, has_baseline: bool) -> PlanColumns:
    """What the formulas of a score may name in this plan."""
    return PlanColumns(
        score=score,
        extra=tuple(data.get("covariates", {})),
        needed=tuple(data.get("strata", ())),
        has_arms=data.get("arms", ONE_GROUP).reference is not None,
        has_baseline=has_baseline,
        period_base=data["crossover"].base(score) if "crossover" in data else (),
    )


def _wrong_family(data: dict[str, Any]) -> str:
    """Hypotheses that name what the plan does not have; empty where none does."""
    family = data.get("family")
    ids = [analysis.id for analysis in data["analyses"]]
    ids += [secondary.analysis.id for secondary in data.get("outcomes", ())]
    arms, contrasts = data.get("arms", ONE_GROUP), data.get("contrasts", "vs_reference")
    if family is None or arms.reference is None or _wrong_contrasts(data):
        return ""
    names = ["", *(name for name, _ in planned_contrasts(arms.names, contrasts))]
    for own in family.hypotheses:
        if own.analysis not in ids:
            return f"{own.name}: there is no analysis {own.analysis!r}; known: {', '.join(ids)}"
        if own.contrast not in names:
            return f"{own.name}: there is no contrast {own.contrast!r}; known: {', '.join(names[1:])}"
    return ""


def _wrong_contrasts(data: dict[str, Any]) -> str:
    """What is wrong with the contrasts of the arms, or with their adjustment; empty where nothing is."""
    kind, arms = data.get("contrasts", "vs_reference"), data.get("arms", ONE_GROUP)
    if arms.reference is None:
        return "a plan without arms has no contrasts" if {"contrasts", "adjust"} & set(data) else ""
    try:
        planned_contrasts(arms.names, kind)
        check_adjust(data.get("adjust", "none"), kind)
    except (AnalysisError, TypeError, ValueError, AttributeError) as problem:
        return str(problem)
    return ""


def _misread(data: dict[str, Any]) -> dict[int, dict[str, list[str]]]:
    """Analyses whose formulas do not fit their model, by their place in the list."""
    columns = columns_of(data, data["outcome"].score, data.get("has_baseline", True))
    misread = ((place, problems_of(analysis, columns)) for place, analysis in enumerate(data["analyses"]))
    return {place: problems for place, problems in misread if problems}
