"""Formulas without the site or the visit, for data of one."""

from dataclasses import replace
from typing import Any

import pytest

from app.analysis.report.one_site import for_its_sites, without_column
from app.analysis.trial.dataset import Dataset, build_dataset
from tests.analysis.small import allocate, analysis, person, score, small_plan, small_snapshot

FORMULAS = [
    ("odi ~ site + arm*visit", "odi ~ arm + visit + arm:visit"),
    ("odi ~ arm*visit + site", "odi ~ arm + visit + arm:visit"),
    ("odi ~ site", "odi ~ 1"),
    ("odi ~ arm*site", "odi ~ arm"),
    ("odi ~ arm + arm:site", "odi ~ arm"),
    ("odi ~ C(site) + arm", "odi ~ arm"),
    ("odi ~ 0 + site + arm", "odi ~ 0 + arm"),
    ("odi ~ arm*visit", "odi ~ arm*visit"),
    ("odi ~ 0 + site:arm + visit", "odi ~ 0 + visit + arm"),
    ("chg ~ website + arm", "chg ~ website + arm"),
    ("odi ~ opposite + arm", "odi ~ opposite + arm"),
    ("odi ~ site_size + arm", "odi ~ site_size + arm"),
    ("odi ~ site + (", "odi ~ site + ("),
    ("", ""),
]


@pytest.mark.parametrize(("formula", "without"), FORMULAS)
def test_a_formula_without_its_terms_of_the_site(formula: str, without: str) -> None:
    assert without_column(formula, "site") == without


VISITS = [
    ("chg ~ odi_base*visit + site + arm*visit", "chg ~ odi_base + site + arm"),
    ("chg ~ 0 + visit + visit:arm + visit:odi_base", "chg ~ 0 + arm + odi_base"),
    ("chg ~ arm*C(visit)", "chg ~ arm"),
    ("chg ~ arm + arm:visit:site", "chg ~ arm + arm:site"),
    ("odi ~ visit", "odi ~ 1"),
    ("odi ~ `visit` + visitor", "odi ~ visitor"),
    ("chg ~ odi_base + arm", "chg ~ odi_base + arm"),
]


@pytest.mark.parametrize(("formula", "without"), VISITS)
def test_a_formula_of_one_visit_keeps_what_stood_beside_it(formula: str, without: str) -> None:
    assert without_column(formula, "visit") == without


def data(*sites: str) -> Dataset:
    people = [person(f"{site}-00{i}") for site in sites for i in (1, 2)]
    scores = [score(str(who["participant"]), day, 30.0 + day) for who in people for day in (0, 28)]
    snapshot = small_snapshot(people, scores)
    return build_dataset(snapshot, small_plan(), allocate(snapshot))


def test_with_several_sites_nothing_changes() -> None:
    planned = analysis(covariates=("site",))
    assert for_its_sites(planned, data("01", "02")) == (planned, ())


def test_with_one_site_it_is_left_out_and_said() -> None:
    planned = analysis(covariates=("site", "age", "C(site)"))
    changed, remarks = for_its_sites(planned, data("01"))
    assert changed.covariates == ("age",)
    assert remarks == ("there is one site only (01), so site was left out of the model",)


def test_with_one_site_and_none_in_the_model_nothing_is_said() -> None:
    planned = analysis(covariates=("age",))
    assert for_its_sites(planned, data("01")) == (planned, ())


@pytest.mark.parametrize(("model", "formula"), [("mmrm", "chg ~ arm"), ("lmm", "chg ~ arm*visit")])
def test_the_baseline_is_a_visit_to_the_models_that_have_it(model: Any, formula: str) -> None:
    planned = replace(analysis(), model=model, formula="chg ~ arm*visit")
    changed, remarks = for_its_sites(planned, data("01", "02"))
    assert changed.formula == formula
    assert [remark.split(",")[0] for remark in remarks] == ["there is one visit only (d28)"] * (model == "mmrm")
