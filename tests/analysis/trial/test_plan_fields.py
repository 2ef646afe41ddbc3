"""Every field of a plan of analysis: what it takes at its edges, what it refuses, and its default."""

from typing import Any

import pytest
from marshmallow import ValidationError

from app.analysis.trial.plan import BaselineRow, BlindingItem, PlannedAnalysis, PlannedOutcome, Population, Responder
from app.analysis.trial.plan_schema import PlanSchema

ABSENT = object()


def analysis(**others: Any) -> dict[str, Any]:
    given = {"id": "main", "title": "Main", "role": "primary", "estimand": "policy", "population": "infused"}
    return given | {"model": "lmm", "formula": "odi ~ arm*visit"} | others


def imputation(**others: Any) -> dict[str, Any]:
    own = {"id": "mi", "role": "sensitivity", "model": "imputation", "formula": "chg ~ arm*visit"}
    return analysis(**own, analysis="chg ~ arm", **others)


def content() -> dict[str, Any]:
    """The smallest plan."""
    estimand = {"title": "Policy", "role": "primary", "treatment": "T", "population": "P", "variable": "V"}
    return {
        "study": "trial",
        "title": "Trial",
        "seed": 1,
        "outcome": {
            "score": "odi",
            "name": "ODI",
            "title": "Oswestry",
            "unit": "points",
            "minimum": 0,
            "maximum": 100,
            "better": "lower",
        },
        "days": [28, 154],
        "primary_day": 154,
        "visit_names": {},
        "level": 0.95,
        "arms": {"active": {"label": "a", "name": "Active"}, "reference": {"label": "r", "name": "Reference"}},
        "populations": {"infused": {"title": "Infused"}},
        "estimands": {"policy": estimand | {"intercurrent_events": [], "summary": "S"}},
        "analyses": [analysis()],
        "baseline": [],
        "covariances": [],
        "responders": [],
    }


def with_change(path: str, value: object) -> dict[str, Any]:
    """The smallest plan with one place changed; `path` is dotted, with numbers into lists."""
    plan = content()
    place: Any = plan
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        place = place[part]
    if value is ABSENT:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return plan


def problems(plan: dict[str, Any]) -> str:
    """What the schema says, flat; empty for a plan that it takes."""
    try:
        PlanSchema().load(plan)
    except ValidationError as error:
        return str(error.messages)
    return ""


def test_the_smallest_plan_is_taken() -> None:
    assert problems(content()) == ""


TAKEN: list[tuple[str, object]] = [
    ("seed", 0),
    ("level", 0.5),
    ("level", 0.999),
    ("days", [154]),
    ("days", [1, 154]),
    ("outcome.minimum", -10.5),
    ("outcome.better", "higher"),
    ("visit_names", {"154": "5 months"}),
    ("visit_names", {154: "5 months"}),
    ("populations.infused", {"title": "Kept to it", "all_of": [{"events": ["x", "y"], "at_least": 4, "until": 154}]}),
    ("populations.infused", {"title": "Worse off", "all_of": [{"score": "odi", "day": 0, "minimum": 25}]}),
    ("populations.infused", {"title": "Women", "all_of": [{"item": "background.gender", "values": [1]}]}),
    ("populations.infused", {"title": "No rescue", "all_of": [{"events": ["rescue"], "at_most": 0, "since": -3}]}),
    ("anchor", {"event": "first_dose", "title": "the first dose"}),
    ("stopping_events", ["stopped"]),
    ("arms.active", [{"label": "a", "name": "A"}, {"label": "b", "name": "B"}]),
    ("contrasts", "vs_reference"),
    ("adjust", "dunnett"),
    ("contrasts", {"both": {"Active": 1, "Reference": -1}}),
    ("analyses.0.margin", {"test": "non-inferiority", "points": 5}),
    ("analyses.0.leave_out", "after_rescue_medication"),
    ("covariates", {"age": {"item": "background.age"}}),
    ("covariates", {"crp": {"file": "crp.csv", "column": "crp"}}),
    ("covariates", {"sex": {"item": "background.sex", "levels": ["0", "1"]}}),
    ("analyses.0.df", "kenward-roger"),
    ("analyses.0", analysis(model="ancova", formula="chg ~ odi_base + arm")),
    ("analyses.0.leave_out", "late"),
    ("analyses.0.fallback", ["toeph", "cs"]),
    ("analyses.0.covariance", "adh"),
    ("analyses.1", imputation()),
    ("analyses.1", imputation(draws=2)),
    ("analyses.1", imputation(strategy="LMCF", method="bootstrap")),
    ("analyses.1", analysis(id="c", role="supporting", model="ancova", formula="chg ~ arm")),
    ("baseline.0", {"title": "ODI", "score": "odi"}),
    ("baseline.0", {"title": "Women", "item": "background.sex", "code": 0, "decimals": 0}),
    ("responders.0", {"points": 0.5}),
    ("responders.0", {"percent": 100}),
    ("responders.0", {"percent": 30, "missing": "observed"}),
    ("covariances", ["us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh"]),
    ("blinding", {"item": "guess.arm", "day": 0, "active": 1, "reference": 2, "dont_know": 0}),
    ("tipping_deltas", [0, 5]),
]


@pytest.mark.parametrize(("path", "value"), TAKEN)
def test_what_just_fits_is_taken(path: str, value: object) -> None:
    assert problems(with_change(path, value)) == ""


RESPONSE = "response ~ odi_base + site + arm"


def other(*, outcome: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """Another outcome, whose analysis is in `others` by its fields."""
    own = {"id": "other", "role": "supporting", "model": "logistic", "formula": RESPONSE} | others.pop("analysis", {})
    words = {"name": "O", "title": "O", "unit": "points", "minimum": 0, "maximum": 10, "better": "lower"}
    of = {"outcome": words | (outcome or {"score": "odi"}), "days": [28, 154], "primary_day": 154}
    return of | {"analysis": {k: v for k, v in analysis(**own).items() if v is not None}} | others


POINTS = {"response": {"points": 10}}
EVENTS = {"outcome": {"events": ["rescue"]}}
MOBILITY = {"item": "eq5d5l.mobility"}
COUNTS = {"model": "negative-binomial", "formula": "events ~ site + arm"}

OTHERS_TAKEN = [
    other(**POINTS),
    other(response={"percent": 30, "missing": "non-responder"}),
    other(response={"at_most": 0}, analysis={"model": "log-binomial", "measure": "ratio", "errors": "sandwich"}),
    other(response={"at_least": 4}, has_baseline=False, analysis={"formula": "response ~ arm*visit"}),
    other(**POINTS, analysis={"formula": "response ~ odi_base + arm*visit", "correlation": "unstructured"}),
    other(analysis={"model": "ordinal", "formula": "odi ~ odi_base + arm", "measure": "odds ratio"}),
    other(analysis={"model": "poisson", "formula": "odi ~ arm*visit", "errors": "fay-graubard"}),
    other(**EVENTS, analysis=COUNTS),
    other(
        outcome={"item": "eq5d5l.mobility"}, analysis={"model": "ordinal", "formula": "mobility ~ mobility_base + arm"}
    ),
    other(outcome={"item": "eq5d5l.mobility"}, analysis={"model": "lmm", "formula": "mobility ~ arm*visit"}),
]


@pytest.mark.parametrize("value", OTHERS_TAKEN, ids=range(len(OTHERS_TAKEN)))
def test_outcomes_of_yes_or_no_of_levels_and_of_counts_are_taken(value: dict[str, Any]) -> None:
    assert problems(content() | {"outcomes": [value]}) == ""


OTHERS_REFUSED = [
    (other(), "a response, and nothing else, is analysed by logistic or log-binomial"),
    (other(**POINTS, analysis={"model": "poisson"}), "a response, and nothing else, is analysed by logistic"),
    (other(response={}), "give one of points, percent, at_least or at_most"),
    (other(response={"points": 10, "percent": 30}), "give one of points, percent, at_least or at_most"),
    (other(response={"points": 0}), "Must be greater than 0"),
    (other(**POINTS, has_baseline=False), "points and percent are changes from baseline; use at_least or at_most"),
    (other(**POINTS, outcome={"score": "odi", "item": "a.b"}), "give one of score, item or events"),
    (other(**POINTS, outcome={"value_set": "x"}), "give one of score, item or events"),
    (other(**EVENTS, analysis={"model": "ordinal", "formula": "events ~ arm"}), "events are counted: use poisson"),
    (other(**EVENTS, analysis=COUNTS | {"formula": "events ~ arm*visit"}), "events are counted of one visit"),
    (other(**EVENTS, analysis=COUNTS | {"formula": "events ~ events_base + arm"}), "events_base is no column"),
    (other(analysis={"model": "ordinal", "formula": "odi ~ arm*visit"}), "ordinal is of one visit; leave visit out"),
    (other(**POINTS, analysis={"formula": "odi ~ arm"}), "the outcome of logistic is response, not 'odi'"),
    (other(**POINTS, analysis={"formula": "response ~ site"}), "arm is not among the terms"),
    (other(**POINTS, analysis={"formula": "response ~ age + arm"}), "age is no column of this model"),
    (other(**POINTS, analysis={"formula": "response ~"}), "formula"),
    (other(**POINTS, analysis={"covariance": "us"}), "logistic has no covariance"),
    (other(**POINTS, analysis={"df": "normal"}), "logistic has no df"),
    (other(analysis={"model": "lmm", "formula": "odi ~ arm*visit", "measure": "ratio"}), "lmm has no measure"),
    (other(analysis={"model": "ordinal", "formula": "odi ~ arm", "errors": "model"}), "ordinal has no errors"),
    (other(**POINTS, analysis={"errors": "HC3"}), "Must be one of: model, sandwich"),
    (other(**POINTS, analysis={"correlation": "ar1"}), "Must be one of: independence, exchangeable, unstructured"),
    (other(**POINTS, analysis={"measure": "hazard"}), "Must be one of: difference, ratio, odds ratio"),
]


@pytest.mark.parametrize(("value", "message"), OTHERS_REFUSED, ids=range(len(OTHERS_REFUSED)))
def test_outcomes_that_do_not_fit_their_model_are_refused(value: dict[str, Any], message: str) -> None:
    assert message in problems(content() | {"outcomes": [value]}).replace('\\"', '"')


def test_a_mean_is_not_analysed_beside_a_yes_or_no_nor_events_by_a_model_of_means() -> None:
    logistic = analysis(id="r", role="supporting", model="logistic", formula="response ~ arm")
    assert "logistic: a mean is not analysed with a yes or no" in problems(with_change("analyses.1", logistic))
    assert "events are counted: use poisson" in problems(with_change("outcome.score", ABSENT) | counted())


def counted() -> dict[str, Any]:
    plan = content()
    del plan["outcome"]["score"]
    return {"outcome": plan["outcome"] | {"events": ["rescue"]}}


def test_what_is_not_given_has_its_default() -> None:
    plan = PlanSchema().load(
        content()
        | {
            "baseline": [{"title": "ODI", "score": "odi"}],
            "responders": [{"points": 10}],
            "populations": {"infused": {"title": "Infused"}},
        }
    )
    assert plan["analyses"] == (
        PlannedAnalysis("main", "Main", "primary", "policy", "infused", "lmm", "odi ~ arm*visit"),
    )
    main = plan["analyses"][0]
    assert (main.covariance, main.df, main.strategy, main.method, main.draws) == (
        *("us", "kenward-roger-linear", "MAR", "condmean-jackknife", 100),
    )
    assert (main.fallback, main.covariates, main.leave_out) == ((), (), "")
    assert plan["populations"] == {"infused": Population("infused", "Infused", ())}
    assert plan["baseline"] == (BaselineRow("ODI", "odi", "", None, "", 1),)
    assert plan["responders"] == (Responder(10.0, None, "non-responder"),)
    assert (plan["blinding"], plan["tipping_of"], plan["tipping_deltas"]) == (None, "", ())


def test_what_is_given_becomes_frozen_values() -> None:
    given = {"item": "guess.arm", "day": 154, "active": 1, "reference": 2, "dont_know": 3}
    plan = PlanSchema().load(with_change("blinding", given) | {"visit_names": {"154": "5 months"}})
    assert plan["blinding"] == BlindingItem("guess.arm", 154, 1, 2, 3)
    assert plan["outcome"] == PlannedOutcome("odi", "ODI", "Oswestry", "points", 0.0, 100.0, "lower")
    assert plan["days"] == (28, 154)
    assert plan["visit_names"] == {154: "5 months"}
    assert plan["estimands"]["policy"].id == "policy"
