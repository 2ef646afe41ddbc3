"""What a plan measures and how it is analysed, as the file has it: outcomes, analyses, margins, profiles."""

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.analysis.errors import AnalysisError
from app.analysis.fitting.clustered import ERRORS
from app.analysis.fitting.inference import METHODS
from app.analysis.models.multiplicity import graphical
from app.analysis.results.averages import MEASURES
from app.analysis.trial.plan import (
    Family,
    Margin,
    PlannedAnalysis,
    PlannedHypothesis,
    PlannedOutcome,
    Profile,
    Response,
    SecondaryOutcome,
)
from app.analysis.trial.plan_parts import (
    COVARIANCES,
    OVER_TIME,
    item,
    text,
    texts,
    visit_codes,
    whole,
    wrong_visits,
)
from app.analysis.trial.planned import GENERALISED, RISKS, Missing, Occasion
from app.yaml_files.checking import ValueSchema


class PlannedOutcomeSchema(ValueSchema):
    """The score that is analysed, its words and its range."""

    kind = PlannedOutcome
    score = text(required=False)
    item = item(required=False)
    events = fields.List(text(), validate=validate.Length(1))
    name = text()
    title = text()
    unit = text()
    minimum = fields.Float(required=True)
    maximum = fields.Float(required=True)
    better = text("lower", "higher")
    value_set = text(required=False)

    @validates_schema
    def _is_of_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        if len({"score", "item", "events"} & set(data)) != 1:
            raise ValidationError("give one of score, item or events", "score")

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Any:
        own = data.get("score") or ("events" if "events" in data else data["item"].split(".")[1])
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
        given["score"] = own
        return PlannedOutcome(**given)


class ResponseSchema(ValueSchema):
    """What makes a score a yes."""

    kind = Response
    points = fields.Float(validate=validate.Range(0, min_inclusive=False))
    percent = fields.Float(validate=validate.Range(0, 100, min_inclusive=False))
    at_least = fields.Float()
    at_most = fields.Float()
    missing = text(*get_args(Missing), required=False)

    @validates_schema
    def _has_one_rule(self, data: dict[str, Any], **_: Any) -> None:
        if len({"points", "percent", "at_least", "at_most"} & set(data)) != 1:
            raise ValidationError("give one of points, percent, at_least or at_most", "points")


class MarginSchema(Schema):
    """What a difference is held against."""

    test = text("non-inferiority", "equivalence", "superiority")
    points = fields.Float(required=True, validate=validate.Range(0, min_inclusive=False))

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Margin:
        return Margin(data["test"], data["points"])


class AnalysisSchema(ValueSchema):
    """One planned analysis; which fields it may have depends on its model."""

    kind = PlannedAnalysis
    id = fields.String(required=True, validate=validate.Regexp(r"[a-z][a-z0-9_]*\Z", error="use a-z, 0-9 and _ only"))
    title = text()
    role = text("primary", "supporting", "sensitivity", "supplementary")
    estimand = text()
    population = text()
    model = text("lmm", "mmrm", "clda", "ancova", "imputation", "crossover", *GENERALISED)
    formula = text(required=False)
    covariates = texts()
    covariance = text(*COVARIANCES, OVER_TIME, required=False)
    fallback = texts(*COVARIANCES, OVER_TIME)
    df = text(*METHODS, required=False)
    leave_out = fields.String(
        validate=validate.Regexp(r"(late|after_\w+)\Z", error="write late, or after_ and the name of an event")
    )
    strategy = text("MAR", "J2R", "CR", "CIR", "LMCF", required=False)
    analysis = text(required=False)
    method = text("condmean-jackknife", "bootstrap", "approx-bayes", required=False)
    draws = whole(2, required=False)
    margin = fields.Nested(MarginSchema)
    carry_over = fields.Boolean()
    measure = text(*MEASURES, required=False)
    correlation = text("independence", "exchangeable", "unstructured", required=False)
    errors = text(*ERRORS, required=False)
    missing = text(*get_args(Missing), required=False)

    @validates_schema
    def _fits_its_model(self, data: dict[str, Any], **_: Any) -> None:
        generalised = {"measure", "correlation", "errors"} & set(data)
        others = {"covariance", "fallback", "df"} & set(data)
        if strange := sorted(others if data["model"] in GENERALISED else generalised):
            raise ValidationError(f"{data['model']} has no {strange[0]}", strange[0])
        if OVER_TIME in (data.get("covariance"), *data.get("fallback", ())) and data["model"] != "mmrm":
            raise ValidationError(f"{OVER_TIME} is a covariance of mmrm, not of {data['model']}", "covariance")
        if "missing" in data and data["model"] not in RISKS:
            raise ValidationError(f"{data['model']} has no missing; it is of yes or no", "missing")
        if "margin" in data and data["model"] in GENERALISED and data.get("measure", "difference") != "difference":
            raise ValidationError("a margin is of the difference; leave measure out, or the margin", "margin")
        if data["model"] == "ordinal" and (strange := sorted(generalised - {"measure"})):
            raise ValidationError(f"ordinal has no {strange[0]}", strange[0])

    @validates_schema
    def _has_analysis(self, data: dict[str, Any], **_: Any) -> None:
        if (data["model"] == "imputation") != ("analysis" in data):
            raise ValidationError("an imputation, and nothing else, names the analysis of the imputed data", "analysis")

    @validates_schema
    def _has_formula(self, data: dict[str, Any], **_: Any) -> None:
        own = {"clda": "cLDA", "crossover": "a cross-over"}.get(data["model"])
        if own and "formula" in data:
            raise ValidationError(f"{own} builds its own columns: name covariates", "formula")
        if not own and "formula" not in data:
            raise ValidationError("give the model's formula", "formula")
        if "carry_over" in data and data["model"] != "crossover":
            raise ValidationError(f"{data['model']} has no carry-over", "carry_over")


class ProfileSchema(ValueSchema):
    """Items whose answers are counted level by level."""

    kind = Profile
    title = text()
    items = fields.List(item(), required=True, validate=validate.Length(1))
    titles = fields.List(text(), validate=validate.Length(1))
    levels = fields.List(text(), required=True, validate=validate.Length(2))
    days = fields.List(whole(), required=True, validate=validate.Length(1))
    formula = text(required=False)
    population = text(required=False)

    @validates_schema
    def _calls_each_item(self, data: dict[str, Any], **_: Any) -> None:
        if "titles" in data and len(data["titles"]) != len(data["items"]):
            raise ValidationError("there is one title for each item, in their order", "titles")

    @validates_schema
    def _names_its_population(self, data: dict[str, Any], **_: Any) -> None:
        if ("formula" in data) != ("population" in data):
            raise ValidationError("a formula and the population that it is fitted to go together", "population")
        if "formula" in data and data["days"][-1] == 0:
            raise ValidationError("the model is of the last day, which must come after the baseline", "days")


class SecondarySchema(Schema):
    """Another outcome: what is measured, when, and its analysis."""

    outcome = fields.Nested(PlannedOutcomeSchema, required=True)
    days = fields.List(whole(), required=True, validate=validate.Length(1))
    primary_day = whole()
    has_baseline = fields.Boolean()
    curve = fields.Boolean()
    decimals = whole(required=False)
    response = fields.Nested(ResponseSchema)
    visit_codes = visit_codes()
    visit_names = fields.Dict(keys=fields.Integer(), values=text())
    occasion = text(*get_args(Occasion), required=False)
    counted_from = text(required=False)
    analysis = fields.Nested(AnalysisSchema, required=True)

    @validates_schema
    def _has_its_day(self, data: dict[str, Any], **_: Any) -> None:
        if data["days"] != sorted(set(data["days"])):
            raise ValidationError("list each day once, in ascending order", "days")
        if data["primary_day"] not in data["days"]:
            raise ValidationError("must be one of the days", "primary_day")
        if problems := wrong_visits(data):
            raise ValidationError(problems)

    @validates_schema
    def _suits_its_model(self, data: dict[str, Any], **_: Any) -> None:
        """A yes or no needs a model of risks, events one of counts, and only then."""
        if unsuited := unsuited_model(data, data["analysis"].model):
            raise ValidationError(unsuited, "analysis" if data["outcome"].events else "response")
        if data["analysis"].missing is not None:
            raise ValidationError("missing stands in the response of the outcome", "analysis")

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> SecondaryOutcome:
        return SecondaryOutcome(**{**data, "days": tuple(data["days"])})


def unsuited_model(data: dict[str, Any], model: str) -> str:
    """Why an outcome (with `outcome`, perhaps `response` and `has_baseline`) is none for the model; else empty."""
    response = data.get("response")
    if data["outcome"].events and (response is not None or model not in ("poisson", "negative-binomial")):
        return "events are counted: use poisson or negative-binomial"
    if (response is not None) != (model in RISKS):
        return "a response, and nothing else, is analysed by logistic or log-binomial"
    from_baseline = response is not None and (response.points is not None or response.percent is not None)
    if from_baseline and not data.get("has_baseline", True):
        return "points and percent are changes from baseline; use at_least or at_most"
    return ""


class HypothesisSchema(Schema):
    """One hypothesis: an analysis, and its contrast if it is not the first."""

    analysis = text()
    contrast = text(required=False)


class FamilySchema(Schema):
    """The confirmatory tests: hypotheses by name, and the procedure."""

    method = text("holm", "hochberg", "fixed_sequence", "graph")
    hypotheses = fields.Dict(
        keys=text(), values=fields.Nested(HypothesisSchema), required=True, validate=validate.Length(1)
    )
    weights = fields.Dict(keys=text(), values=fields.Float())
    transitions = fields.Dict(keys=text(), values=fields.Dict(keys=text(), values=fields.Float()))

    @validates_schema
    def _is_a_procedure(self, data: dict[str, Any], **_: Any) -> None:
        given = {"weights", "transitions"} & set(data)
        if data["method"] != "graph" and given:
            raise ValidationError("weights and transitions are those of a graph", sorted(given)[0])
        if data["method"] == "graph":
            try:
                graphical(dict.fromkeys(data["hypotheses"], 1.0), data.get("weights", {}), data.get("transitions", {}))
            except AnalysisError as problem:
                raise ValidationError(str(problem), "weights") from None

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Family:
        hypotheses = tuple(PlannedHypothesis(name, **own) for name, own in data["hypotheses"].items())
        return Family(data["method"], hypotheses, data.get("weights", {}), data.get("transitions", {}))
