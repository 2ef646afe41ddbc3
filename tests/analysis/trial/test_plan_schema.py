"""The plan of analysis: the shipped one is the trial's, a wrong one is refused with line and remedy."""

from pathlib import Path

import pytest

from app.analysis.trial.plan import Plan
from app.analysis.trial.plan_schema import read_plan
from app.rehearsal.parameters import Parameters
from app.yaml_files import FileError
from tests.analysis.conftest import EXAMPLE
from tests.some import some


def test_the_shipped_plan_is_the_protocols(plan: Plan) -> None:
    primary = plan.primary
    assert (primary.model, primary.formula) == ("lmm", "odi ~ site + arm*visit")
    assert plan.days == (28, 56, 91, 120, 154, 278)
    assert plan.visits[0] == "baseline"
    assert plan.arms.names == ("Placebo", "Infliximab")


def test_every_estimand_has_the_five_attributes(plan: Plan) -> None:
    for estimand in some(plan.estimands.values()):
        assert all((estimand.treatment, estimand.population, estimand.variable, estimand.summary))
        assert {event.event for event in estimand.intercurrent_events} == {"treatment_stopped", "rescue_medication"}


def test_the_plan_names_the_arms_of_the_simulation(plan: Plan, parameters: Parameters) -> None:
    assert [arm.label for arm in parameters.arms] == [plan.arms.active.label, plan.arms.each[0].label]


def test_visits_are_titled_as_people_say_them(plan: Plan) -> None:
    assert [plan.visit_title(day) for day in (0, 28, 154)] == ["Baseline", "Day 28", "5 months (day 154)"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\nprimary_day: 154", "\nprimary_day: 155", "primary_day: must be one of the days"),
        ("[28, 56, 91, 120, 154, 278]", "[56, 28, 91, 120, 154, 278]", "days: list each day once, in ascending order"),
        ("name: Placebo}", "name: Infliximab}", "arms.reference: the arms need different labels and different names"),
        ("level: 0.95", "level: 95", "level: Must be greater than or equal to 0.5 and less than 1"),
        ("covariates: [site]", "formula: odi ~ site", "cLDA builds its own columns: name covariates"),
        (
            "population: per_protocol\n",
            "population: completers\n",
            "there is no population 'completers'; known: infused, per_pr",
        ),
        (
            "estimand: adherent",
            "estimand: coherent",
            "there is no estimand 'coherent'; known: treatment_policy, hypothetical",
        ),
        ("id: clda", "id: mmrm", "'mmrm' is used twice"),
        (
            "- id: mmrm\n    title: MMRM of the change, unstructured\n    role: supporting",
            "- id: mmrm\n    title: MMRM of the change, unstructured\n    role: primary",
            "exactly one analysis must have the role primary",
        ),
        ("better: lower}\ndays:", "better: down}\ndays:", "outcome.better: Must be one of: lower, higher"),
        ("model: ancova", "model: anova", "Must be one of: lmm, mmrm, clda, ancova"),
        ("at_least: 4}", "at_most: none}", "at_most: Not a valid integer"),
        (
            "tipping_of: mar ",
            "tipping_of: clda ",
            "tipping_of: 'clda' is not the id of an imputation by conditional means",
        ),
        ("[-20, -15, -10, -5, 0, 5, 10, 15, 20]", "[-5, 5]", "tipping_deltas: list the shifts, 0 among them"),
        (
            "strategy: CIR\n    analysis: chg ~ odi_base + site + arm",
            "strategy: CIR",
            "names the analysis of the imputed",
        ),
        ("item: background.age", "item: age", "write instrument.item, as background.age"),
        ("score: hscl25", "unit: points", "Unknown field"),
        ("seed: 20250301", "speed: 20250301", "speed: Unknown field."),
        ("[28, 56, 91, 120, 154, 278]", "[28, 056, 91, 120, 154, 278]", "days.#2: `056` may be a number"),
        ("154: 5 months", "0154: 5 months", "0154"),
        (
            "tipping_of: mar ",
            "tipping_after_event: sometimes\ntipping_of: mar ",
            "tipping_after_event: Not a valid boolean",
        ),
    ],
)
def test_a_wrong_plan_names_line_and_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (EXAMPLE / "analysis.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    target = tmp_path / "analysis.yaml"
    target.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_plan(target)
    assert message in str(caught.value)
    assert "line " in caught.value.problems[0]


@pytest.mark.parametrize("word", ["ON", "NO", "Off", "yes", "Y"])
def test_an_arm_may_be_called_what_an_older_yaml_takes_for_true(tmp_path: Path, word: str) -> None:
    text = (EXAMPLE / "analysis.yaml").read_text(encoding="utf-8")
    target = tmp_path / "analysis.yaml"
    target.write_text(text.replace("label: vorquelimp", f"label: {word}"), encoding="utf-8")
    assert read_plan(target).arms.active.label == word
