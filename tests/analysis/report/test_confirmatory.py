"""The family of confirmatory tests: the procedures on the p values of the report's own analyses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.analysis.models.multiplicity import graphical, hierarchical, hochberg, holm
from app.analysis.report import Results, analyse
from app.analysis.report.confirmatory import family_frame, family_table
from app.analysis.report.fitted import NotFitted
from app.yaml_files import FileError
from tests.analysis.plans import analysis, export, read
from tests.analysis.report.test_outcomes import secondary

HYPOTHESES: dict[str, dict[str, str]] = {
    "low": {"analysis": "main"},
    "high": {"analysis": "main", "contrast": "High - Sham"},
    "pain": {"analysis": "pain", "contrast": "High - Sham"},
}
GATE = {"weights": {"low": 0.5, "high": 0.5}, "transitions": {"low": {"high": 1.0}, "high": {"low": 0.5, "pain": 0.5}}}


def family(method: str, **others: Any) -> dict[str, Any]:
    return {"method": method, "hypotheses": HYPOTHESES} | others


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("family")
    exported = export(folder)
    plan = read(folder, outcomes=[secondary("pain")], family=family("graph", **GATE))
    return analyse(exported.snapshot, plan, exported.allocation, folder / "out")


def p_values(results: Results) -> dict[str, float]:
    pain = results.others[0].fit
    assert not isinstance(pain, NotFitted)
    main = results.primary
    return {
        "low": main.effect(90, "Low - Sham").p,
        "high": main.effect(90, "High - Sham").p,
        "pain": pain.effect(90, "High - Sham").p,
    }


def test_a_graph_gets_the_p_values_of_its_analyses(results: Results) -> None:
    assert results.plan.family is not None
    table = family_frame(results, results.plan.family)
    by_hand = graphical(p_values(results), GATE["weights"], GATE["transitions"])  # type: ignore[arg-type]
    assert table["p_adjusted"].tolist() == by_hand["p_adjusted"].tolist()
    assert table["rejected"].tolist() == by_hand["rejected"].tolist()
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert '<section id="confirmatory"' in page
    assert "the sequentially rejective graph of the plan (Bretz 2009)" in page


@pytest.mark.parametrize(("method", "by"), [("holm", holm), ("hochberg", hochberg), ("fixed_sequence", hierarchical)])
def test_the_other_procedures_too(results: Results, method: Any, by: Any) -> None:
    assert results.plan.family is not None
    other = replace(results.plan.family, method=method)
    assert family_frame(results, other)["p_adjusted"].tolist() == by(p_values(results))["p_adjusted"].tolist()


def test_what_could_not_be_estimated_is_never_rejected_and_says_why(results: Results) -> None:
    plan = results.plan
    assert plan.family is not None
    lost = replace(results, others=(replace(results.others[0], fit=NotFitted(plan.outcomes[0].analysis, "no scores")),))
    last = family_frame(lost, plan.family).iloc[-1]
    assert [last[name] for name in ("hypothesis", "p", "p_adjusted", "rejected")] == ["pain", 1.0, 1.0, False]
    assert "none: no scores" in family_table(lost)


REFUSED = [
    (family("holm", weights={"low": 1.0}), "weights and transitions are those of a graph"),
    (family("graph"), "The weights must be shares of alpha"),
    (family("graph", weights={"low": 0.7, "high": 0.7}), "The weights must be shares of alpha"),
    (family("graph", weights={"other": 1.0}), "weights names other"),
    (family("scheffe"), "Must be one of: holm, hochberg, fixed_sequence, graph"),
    ({"method": "holm", "hypotheses": {}}, "Shorter than minimum length 1"),
    ({"method": "holm", "hypotheses": {"x": {"analysis": "no"}}}, "x: there is no analysis 'no'; known: main"),
    (
        {"method": "holm", "hypotheses": {"x": {"analysis": "main", "contrast": "A"}}},
        "there is no contrast 'A'; known: Low",
    ),
]


@pytest.mark.parametrize(("given", "words"), REFUSED)
def test_a_family_that_cannot_be_tested_is_refused(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read(tmp_path, outcomes=[secondary("pain")], family=given)


def test_a_blind_run_decides_nothing(tmp_path: Path) -> None:
    exported = export(tmp_path)
    plan = read(
        tmp_path,
        family={"method": "holm", "hypotheses": {"x": {"analysis": "main"}}},
        analyses=[
            analysis("main", "ancova", "chg ~ arm", role="supporting"),
            analysis("first", "lmm", "walk ~ arm*visit", role="primary"),
        ],
    )
    analyse(exported.snapshot, plan, None, tmp_path / "out")
    assert "confirmatory" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8").lower()
