"""What a plan of analysis must have, and what does not fit is refused with the remedy."""

import pytest

from tests.analysis.trial.test_plan_fields import ABSENT, analysis, content, imputation, problems, with_change

REQUIRED = [
    *("study", "title", "seed", "outcome", "days", "primary_day", "visit_names", "level", "populations"),
    *("estimands", "analyses", "baseline", "covariances", "responders"),
    *(f"outcome.{name}" for name in ("name", "title", "unit", "minimum", "maximum", "better")),
    *("arms.active", "arms.reference", "arms.active.label", "arms.active.name"),
    "populations.infused.title",
    *(f"estimands.policy.{name}" for name in ("title", "role", "treatment", "population", "variable", "summary")),
    "estimands.policy.intercurrent_events",
    *(f"analyses.0.{name}" for name in ("id", "title", "role", "estimand", "population", "model")),
]


@pytest.mark.parametrize("path", REQUIRED)
def test_what_must_be_there_is_asked_for(path: str) -> None:
    assert "Missing data for required field." in problems(with_change(path, ABSENT))


@pytest.mark.parametrize(
    "path",
    [
        "study",
        "title",
        "outcome.score",
        "outcome.unit",
        "arms.active.name",
        "populations.infused.title",
        "analyses.0.title",
    ],
)
def test_a_text_is_not_empty(path: str) -> None:
    assert "Shorter than minimum length 1." in problems(with_change(path, ""))


@pytest.mark.parametrize(
    "path", ["surprise", "outcome.relevant", "arms.third", "analyses.0.nonsense", "populations.infused.x"]
)
def test_an_unknown_name_is_refused_wherever_it_stands(path: str) -> None:
    assert "Unknown field." in problems(with_change(path, "x"))


REFUSED: list[tuple[str, object, str]] = [
    ("seed", -1, "Must be greater than or equal to 0."),
    ("seed", 1.5, "Not a valid integer."),
    ("level", 0.49, "greater than or equal to 0.5 and less than 1"),
    ("level", 1, "greater than or equal to 0.5 and less than 1"),
    ("days", [], "Shorter than minimum length 1."),
    ("days", [-7, 154], "Must be greater than or equal to 0."),
    ("days", [0, 154], "day 0 is the baseline; leave it out, or write has_baseline: false"),
    ("visit_codes", {91: "quarter-1"}, "day 91 is not one of the days"),
    ("visit_codes", {28: "month-1", 154: "month-1"}, "month-1 stands for more than one day"),
    ("visit_codes", {28: "after the flare"}, "write a visit's code, as quarter-4 or flare-week.1"),
    ("occasion", "middle", "Must be one of: first, last, mean."),
    ("days", [154, 28], "list each day once, in ascending order"),
    ("days", [28, 28, 154], "list each day once, in ascending order"),
    ("days", [28], "must be one of the days"),
    ("primary_day", 0, "must be one of the days"),
    ("primary_day", 100, "must be one of the days"),
    ("visit_names", {"soon": "x"}, "Not a valid integer."),
    ("visit_names", {"154": ""}, "Shorter than minimum length 1."),
    ("outcome.minimum", "low", "Not a valid number."),
    ("outcome.better", "up", "Must be one of: lower, higher."),
    ("arms.active.label", "r", "the arms need different labels and different names"),
    ("arms.active.name", "Reference", "the arms need different labels and different names"),
    ("populations.infused.rule", "all", "Unknown field."),
    ("populations.infused.all_of", [{}], "give one of events, score or item"),
    ("populations.infused.all_of", [{"events": ["x"], "score": "odi"}], "give one of events, score or item"),
    ("populations.infused.all_of", [{"events": ["x"], "minimum": 2}], "minimum says nothing of events"),
    ("populations.infused.all_of", [{"score": "odi", "until": 2}], "until says nothing of score"),
    ("populations.infused.all_of", [{"events": []}], "Shorter than minimum length 1."),
    ("populations.infused.all_of", [{"item": "age"}], "write instrument.item"),
    ("arms.active", [], "name at least one arm"),
    ("arms.active", [{"label": "a"}], "Missing data for required field."),
    ("arms.active", [{"label": "a", "name": "A"}, {"label": "a", "name": "B"}], "the arms need different labels"),
    ("anchor", {"event": "x"}, "Missing data for required field."),
    ("contrasts", "dunnett", "kind='dunnett' is unknown"),
    ("contrasts", {"both": {"Active": 1}}, "The weights of 'both' sum to 1"),
    ("contrasts", {"both": {"Active": 1, "Placebo": -1}}, "The contrast 'both' names Placebo"),
    ("contrasts", 3, "kind=3 is unknown"),
    ("adjust", "tukey", "Tukey's adjustment is for kind='pairwise'"),
    ("adjust", "scheffe", "Must be one of: tukey, dunnett, joint"),
    ("analyses.0.margin", {"test": "inferiority", "points": 5}, "Must be one of: non-inferiority, equivalence"),
    ("analyses.0.margin", {"test": "equivalence", "points": 0}, "Must be greater than 0."),
    ("covariates", {"age": {}}, "give one of score, item or file"),
    ("covariates", {"age": {"item": "a.b", "file": "x.csv"}}, "give one of score, item or file"),
    ("covariates", {"age": {"file": "x.csv"}}, "a file, and nothing else, has a column"),
    ("covariates", {"Age of": {"item": "a.b"}}, "use a-z, 0-9 and _ only"),
    ("strata", ["site"], "site is a stratum of the randomisation, so every model must hold it"),
    ("estimands.policy.role", "secondary", "Must be one of: primary, supplementary."),
    ("estimands.policy.intercurrent_events", [{"event": "x"}], "Missing data for required field."),
    ("analyses", [], "exactly one analysis must have the role primary"),
    ("analyses.0.id", "Main", "use a-z, 0-9 and _ only"),
    ("analyses.0.id", "1main", "use a-z, 0-9 and _ only"),
    ("analyses.0.id", "main\n", "use a-z, 0-9 and _ only"),
    ("analyses.0.role", "supporting", "exactly one analysis must have the role primary"),
    ("analyses.0.role", "secondary", "Must be one of: primary, supporting, sensitivity, supplementary."),
    ("analyses.0.model", "gee", "Must be one of: lmm, mmrm, clda, ancova, imputation, crossover, logistic"),
    (
        "analyses.0",
        imputation() | {"role": "primary"},
        "exactly one analysis must have the role primary, and it cannot be an imputation",
    ),
    ("analyses.0.model", "clda", "cLDA builds its own columns: name covariates"),
    ("analyses.0.formula", ABSENT, "give the model's formula"),
    ("analyses.0.analysis", "chg ~ arm", "an imputation, and nothing else, names the analysis of the imputed data"),
    (
        "analyses.0.df",
        "sas",
        "Must be one of: satterthwaite, kenward-roger, kenward-roger-linear, between-within, residual, normal.",
    ),
    ("analyses.0.covariance", "sp_exp", "sp_exp is a covariance of mmrm, not of lmm"),
    ("analyses.0.covariance", "un", "Must be one of: us, toep, toeph, ar1, ar1h, cs, csh, ad, adh, sp_exp."),
    ("analyses.0.fallback", ["cs", "un"], "Must be one of: us, toep"),
    ("analyses.0.leave_out", "early", "write late, or after_ and the name of an event"),
    ("analyses.0.estimand", "other", "there is no estimand 'other'; known: policy"),
    ("analyses.0.population", "other", "there is no population 'other'; known: infused"),
    ("analyses.1", analysis(role="supporting"), "'main' is used twice"),
    ("analyses.1", analysis(id="second"), "exactly one analysis must have the role primary"),
    ("analyses.1", imputation(draws=1), "Must be greater than or equal to 2."),
    ("analyses.1", imputation(strategy="J3R"), "Must be one of: MAR, J2R, CR, CIR, LMCF."),
    ("analyses.1", imputation(method="magic"), "Must be one of: condmean-jackknife, bootstrap, approx-bayes."),
    ("baseline.0", {"title": "x"}, "give either a score or an item"),
    ("baseline.0", {"title": "x", "score": "odi", "item": "a.b"}, "give either a score or an item"),
    ("baseline.0", {"title": "x", "item": "age"}, "write instrument.item, as background.age"),
    ("baseline.0", {"title": "x", "item": "a.b.c"}, "write instrument.item, as background.age"),
    ("baseline.0", {"title": "x", "item": "a.b\n"}, "write instrument.item, as background.age"),
    ("baseline.0", {"title": "x", "item": "a.b", "code": -1}, "Must be greater than or equal to 0."),
    ("responders.0", {}, "give either points or percent"),
    ("responders.0", {"points": 10, "percent": 30}, "give either points or percent"),
    ("responders.0", {"points": 0}, "Must be greater than 0."),
    ("responders.0", {"percent": 100.5}, "Must be greater than 0 and less than or equal to 100."),
    ("responders.0", {"points": 1, "missing": "guess"}, "Must be one of: non-responder, observed."),
    ("covariances", ["us", "sp_exp"], "Must be one of: us, toep"),
    ("blinding", {"item": "guess.arm"}, "Missing data for required field."),
    ("tipping_deltas", [0], "Shorter than minimum length 2."),
    ("tipping_of", "main", "'main' is not the id of an imputation by conditional means"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_what_does_not_fit_is_refused_with_the_remedy(path: str, value: object, message: str) -> None:
    assert message in problems(with_change(path, value)).replace('\\"', '"')


@pytest.mark.parametrize(
    ("method", "deltas", "message"),
    [
        ("condmean-jackknife", [-5, 0, 5], ""),
        ("bootstrap", [0, 5], ""),
        ("approx-bayes", [0, 5], "is not the id of an imputation by conditional means"),
        ("bootstrap", [5, 10], "list the shifts, 0 among them"),
        ("bootstrap", None, "list the shifts, 0 among them"),
    ],
)
def test_a_map_of_shifts_needs_conditional_means_and_the_shift_of_nothing(
    method: str, deltas: list[float] | None, message: str
) -> None:
    plan = with_change("analyses.1", imputation(method=method)) | {"tipping_of": "mi"}
    if deltas is not None:
        plan["tipping_deltas"] = deltas
    assert message in problems(plan)
    assert bool(message) == bool(problems(plan))


def test_every_problem_is_said_at_once() -> None:
    plan = content() | {"seed": -1, "level": 2, "surprise": 1}
    said = problems(plan)
    assert all(name in said for name in ("seed", "level", "surprise"))
