"""Reads a plan of analysis, and what it must hold; every problem is said with what to write instead."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.analysis.covariance.choice import STRUCTURES
from app.analysis.fitting.inference import METHODS
from app.analysis.trial.plan import (
    Arms,
    BaselineRow,
    BlindingItem,
    Estimand,
    IntercurrentEvent,
    Plan,
    PlannedAnalysis,
    PlannedArm,
    PlannedOutcome,
    Population,
    Responder,
)
from app.analysis.trial.planned_formulas import problems_of
from app.yaml_files import read_checked

EXAMPLE = "examples/backtobasic/analysis.yaml"
COVARIANCES = tuple(STRUCTURES)


def read_plan(source: Path) -> Plan:
    """The checked plan; raises FileError with every error and its line."""
    loaded = read_checked(source, PlanSchema(), EXAMPLE)
    return Plan(**loaded, sha256=sha256(source.read_bytes()).hexdigest())


def text(*choices: str, required: bool = True) -> fields.String:
    """A text that is not empty, or one of the choices."""
    return fields.String(required=required, validate=validate.OneOf(choices) if choices else validate.Length(1))


def texts(*choices: str) -> fields.List[str]:
    """A list of texts, none of them empty, or each one of the choices."""
    return fields.List(text(*choices))


def whole(minimum: int = 0, *, required: bool = True) -> fields.Integer:
    """A whole number; 2.5 is refused, not cut."""
    return fields.Integer(required=required, strict=True, validate=validate.Range(minimum))


def item(*, required: bool = True) -> fields.String:
    """An item of an instrument, written instrument.item."""
    shape = validate.Regexp(r"\w+\.\w+\Z", error="write instrument.item, as background.age")
    return fields.String(required=required, validate=shape)


class _Value(Schema):
    """A mapping that becomes a frozen value."""

    kind: type

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Any:
        return self.kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in data.items()})


class _OutcomeSchema(_Value):
    kind = PlannedOutcome
    score = text()
    name = text()
    title = text()
    unit = text()
    minimum = fields.Float(required=True)
    maximum = fields.Float(required=True)
    better = text("lower", "higher")


class _ArmSchema(_Value):
    kind = PlannedArm
    label = text()
    name = text()


class _ArmsSchema(_Value):
    kind = Arms
    active = fields.Nested(_ArmSchema, required=True)
    reference = fields.Nested(_ArmSchema, required=True)

    @validates_schema
    def _differ(self, data: dict[str, PlannedArm], **_: Any) -> None:
        active, reference = data["active"], data["reference"]
        if active.label == reference.label or active.name == reference.name:
            raise ValidationError("the arms need different labels and different names", "reference")


class _Named(Schema):
    """A mapping that becomes a value named by its key."""

    id = text(required=False)


class _PopulationSchema(_Named):
    title = text()
    rule = text("infused", "per_protocol")
    infusions = whole(1, required=False)
    excluded_events = texts()


class _EventSchema(_Value):
    kind = IntercurrentEvent
    event = text()
    strategy = text()
    handling = text()


class _EstimandSchema(_Named):
    title = text()
    role = text("primary", "supplementary")
    treatment = text()
    population = text()
    variable = text()
    intercurrent_events = fields.List(fields.Nested(_EventSchema), required=True)
    summary = text()


class _AnalysisSchema(_Value):
    kind = PlannedAnalysis
    id = fields.String(required=True, validate=validate.Regexp(r"[a-z][a-z0-9_]*\Z", error="use a-z, 0-9 and _ only"))
    title = text()
    role = text("primary", "supporting", "sensitivity", "supplementary")
    estimand = text()
    population = text()
    model = text("lmm", "mmrm", "clda", "ancova", "imputation")
    formula = text(required=False)
    covariates = texts()
    covariance = text(*COVARIANCES, required=False)
    fallback = texts(*COVARIANCES)
    df = text(*METHODS, required=False)
    leave_out = text("late", "after_treatment_stopped", required=False)
    strategy = text("MAR", "J2R", "CR", "CIR", "LMCF", required=False)
    analysis = text(required=False)
    method = text("condmean-jackknife", "bootstrap", "approx-bayes", required=False)
    draws = whole(2, required=False)

    @validates_schema
    def _has_analysis(self, data: dict[str, Any], **_: Any) -> None:
        if (data["model"] == "imputation") != ("analysis" in data):
            raise ValidationError("an imputation, and nothing else, names the analysis of the imputed data", "analysis")

    @validates_schema
    def _has_formula(self, data: dict[str, Any], **_: Any) -> None:
        if (data["model"] == "clda") == ("formula" in data):
            instead = (
                "cLDA builds its own columns: name covariates" if "formula" in data else "give the model's formula"
            )
            raise ValidationError(instead, "formula")


class _BaselineSchema(_Value):
    kind = BaselineRow
    title = text()
    score = text(required=False)
    item = item(required=False)
    code = whole(required=False)
    value_set = text(required=False)
    decimals = whole(required=False)

    @validates_schema
    def _has_source(self, data: dict[str, Any], **_: Any) -> None:
        if ("score" in data) == ("item" in data):
            raise ValidationError("give either a score or an item", "title")


class _ResponderSchema(_Value):
    kind = Responder
    points = fields.Float(validate=validate.Range(0, min_inclusive=False))
    percent = fields.Float(validate=validate.Range(0, 100, min_inclusive=False))
    missing = text("non-responder", "observed", required=False)

    @validates_schema
    def _has_one(self, data: dict[str, Any], **_: Any) -> None:
        if ("points" in data) == ("percent" in data):
            raise ValidationError("give either points or percent", "points")


class _BlindingSchema(_Value):
    kind = BlindingItem
    item = item()
    day = whole()
    active = whole()
    reference = whole()
    dont_know = whole()


class PlanSchema(Schema):
    """The plan as the file has it; unknown names are refused."""

    study = text()
    title = text()
    seed = whole()
    outcome = fields.Nested(_OutcomeSchema, required=True)
    days = fields.List(whole(1), required=True, validate=validate.Length(1))
    primary_day = whole(1)
    visit_names = fields.Dict(keys=fields.Integer(), values=text(), required=True)
    level = fields.Float(required=True, validate=validate.Range(0.5, 1, max_inclusive=False))
    arms = fields.Nested(_ArmsSchema, required=True)
    populations = fields.Dict(keys=text(), values=fields.Nested(_PopulationSchema), required=True)
    estimands = fields.Dict(keys=text(), values=fields.Nested(_EstimandSchema), required=True)
    analyses = fields.List(fields.Nested(_AnalysisSchema), required=True)
    baseline = fields.List(fields.Nested(_BaselineSchema), required=True)
    covariances = fields.List(text(*COVARIANCES), required=True)
    responders = fields.List(fields.Nested(_ResponderSchema), required=True)
    blinding = fields.Nested(_BlindingSchema)
    tipping_of = text(required=False)
    tipping_deltas = fields.List(fields.Float(), validate=validate.Length(2))
    tipping_after_event = fields.Boolean()

    @validates_schema
    def _hangs_together(self, data: dict[str, Any], **_: Any) -> None:
        problems: dict[str, Any] = {}
        if data["days"] != sorted(set(data["days"])):
            problems["days"] = ["list each day once, in ascending order"]
        if data["primary_day"] not in data["days"]:
            problems["primary_day"] = ["must be one of the days"]
        shifted = data.get("tipping_of")
        if shifted and shifted not in {analysis.id for analysis in data["analyses"] if _has_map(analysis)}:
            problems["tipping_of"] = [f"{shifted!r} is not the id of an imputation by conditional means"]
        if shifted and 0 not in data.get("tipping_deltas", ()):
            problems["tipping_deltas"] = ["list the shifts, 0 among them"]
        if wrong := _misnamed(data) or _misread(data):
            problems["analyses"] = wrong
        if problems:
            raise ValidationError(problems)

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        populations = {key: _value(Population, key, value) for key, value in data["populations"].items()}
        estimands = {key: _value(Estimand, key, value) for key, value in data["estimands"].items()}
        data = {"tipping_of": "", "tipping_deltas": [], "tipping_after_event": False, "blinding": None, **data}
        lists = ("days", "analyses", "baseline", "covariances", "responders", "tipping_deltas")
        frozen = {name: tuple(data[name]) for name in lists}
        return {**data, **frozen, "populations": populations, "estimands": estimands}


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
        if analysis.id in {other.id for other in analyses[:place]}:
            wrong[place] = {"id": [f"{analysis.id!r} is used twice"]}
    primary = [analysis for analysis in analyses if analysis.role == "primary"]
    if len(primary) != 1 or primary[0].model in ("ancova", "imputation"):
        return ["exactly one analysis must have the role primary, and its model must be lmm, mmrm or clda"]
    return wrong


def _misread(data: dict[str, Any]) -> dict[int, dict[str, list[str]]]:
    """Analyses whose formulas do not fit their model, by their place in the list."""
    score = data["outcome"].score
    misfits = ((place, problems_of(analysis, score)) for place, analysis in enumerate(data["analyses"]))
    return {place: problems for place, problems in misfits if problems}
