"""Reports of other trials than the shipped one, each held against the model fitted by hand."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.analysis import ANCOVA, LMM, MMRM
from app.analysis.report import Results, analyse
from app.analysis.report.change_figure import change_figure
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.run import estimate
from app.analysis.trial.snapshot import SnapshotError, read_snapshot
from app.yaml_files import FileError
from tests.analysis.plans import analysis, content, export, read

THREE = ("Sham", "Low", "High")
MEANS = "walk ~ walk_base*visit + arm*visit"


def report(folder: Path, arms: tuple[str, ...] = THREE, **others: Any) -> tuple[Results, str]:
    exported = export(folder, arms)
    plan = read(folder, arms=arms, **others)
    results = analyse(exported.snapshot, plan, exported.allocation if arms else None, folder / "out")
    return results, (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_three_arms_have_a_difference_each_and_one_of_them_is_primary(tmp_path: Path) -> None:
    analyses = [
        analysis("main", "lmm", "walk ~ arm*visit", role="primary"),
        analysis("mmrm", "mmrm", MEANS, fallback=["cs"]),
        analysis("ancova", "ancova", "chg ~ walk_base + arm"),
        analysis("mi", "imputation", MEANS, analysis="walk ~ walk_base + arm", strategy="J2R"),
        {k: v for k, v in analysis("clda", "clda", "").items() if k != "formula"},
    ]
    results, page = report(tmp_path, adjust="dunnett", analyses=analyses, stopping_events=["gave_up"])
    assert all(isinstance(fit, Fitted) and fit.contrasts == ("Low - Sham", "High - Sham") for fit in results.done)
    long = results.dataset.long
    by_hand = LMM("walk ~ arm*visit", long, subject="participant", visit="visit").fit()
    table = by_hand.change_from("baseline", adjust="dunnett")
    own = table[(table["quantity"] == "difference") & (table["visit"] == "d90")].reset_index(drop=True)
    for place, name in enumerate(("Low - Sham", "High - Sham")):
        effect = results.primary.effect(90, name)
        assert [effect.estimate, effect.p, effect.lower] == [own[name][place] for name in ("estimate", "p", "lower")]
    assert results.effect == results.primary.effect(90, "Low - Sham")
    assert results.flow.randomised == 60
    assert [arm.arm for arm in results.flow.arms] == ["Low", "High", "Sham"]
    assert page.count("High \N{MINUS SIGN} Sham") > 5
    assert "Differences from the reference are adjusted by Dunnett&#39;s joint t at each visit." in page
    texts = change_figure(results.primary, results.plan, results.arms, "").axes[0].texts
    sides = [
        text.get_horizontalalignment() for text in texts if "Low \N{MINUS SIGN} Sham at day 90:" in text.get_text()
    ]
    assert sides == ["right"]  # the last visit has no room to its right
    assert "adjusted by Dunnett&#39;s joint t at each visit" in page
    assert "Infus" not in page
    assert "infus" not in page


def test_imputed_contrasts_are_those_of_the_completed_data(tmp_path: Path) -> None:
    kind = {"doses": {"Sham": -1.0, "Low": 0.5, "High": 0.5}, "High - Low": {"Low": -1.0, "High": 1.0}}
    analyses = [
        analysis("main", "lmm", "walk ~ arm*visit", role="primary"),
        analysis("mi", "imputation", MEANS, analysis="walk ~ walk_base + arm"),
        analysis("bayes", "imputation", MEANS, analysis="walk ~ walk_base + arm", method="approx-bayes", draws=20),
    ]
    results, _ = report(tmp_path, contrasts=kind, analyses=analyses)
    quick, drawn = (fit for fit in results.done[1:] if isinstance(fit, Fitted))
    means = quick.changes.set_index("arm")["estimate"]
    assert quick.effect(90, "doses").estimate == pytest.approx((means["Low"] + means["High"]) / 2 - means["Sham"])
    assert quick.effect(90, "High - Low").estimate == pytest.approx(means["High"] - means["Low"])
    for name in kind:
        assert drawn.effect(90, name).estimate == pytest.approx(quick.effect(90, name).estimate, abs=0.5)


KINDS = [
    ("pairwise", "tukey", ("Low - Sham", "High - Sham", "High - Low")),
    ("pairwise", "joint", ("Low - Sham", "High - Sham", "High - Low")),
    ("trend", "none", ("linear trend",)),
    ("vs_reference", "holm", ("Low - Sham", "High - Sham")),
]


@pytest.mark.parametrize(("kind", "adjust", "names"), KINDS)
def test_the_plan_chooses_the_contrasts_and_their_adjustment(
    tmp_path: Path, kind: str, adjust: str, names: tuple[str, ...]
) -> None:
    exported = export(tmp_path)
    plan = read(tmp_path, contrasts=kind, adjust=adjust, analyses=[analysis("main", "mmrm", MEANS, role="primary")])
    results = estimate(read_snapshot(exported.snapshot), plan, exported.allocation, tmp_path, None)
    fit = results.primary
    assert fit.contrasts == names
    by_hand = MMRM(MEANS, results.dataset.change(), subject="participant", visit="visit").fit()
    table = by_hand.contrasts("arm", by="visit", kind=kind, adjust=adjust)  # type: ignore[arg-type]
    own = table[table["visit"] == "d90"]["p"].tolist()
    assert [fit.effect(90, name).p for name in names] == pytest.approx(own)


def test_a_blind_run_of_three_arms_draws_three_and_names_no_contrast(tmp_path: Path) -> None:
    exported = export(tmp_path)
    plan = read(tmp_path, contrasts={"doses of the drug": {"Sham": -1.0, "Low": 0.5, "High": 0.5}})
    results = analyse(exported.snapshot, plan, None, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert results.arms == ("Dummy A", "Dummy B", "Dummy C")
    assert not [word for word in ("Sham", "sham", "doses of the drug", "Low", "High") if word in page]


def test_a_cohort_has_no_arms_and_its_change_is_the_result(tmp_path: Path) -> None:
    results, page = report(tmp_path, arms=())
    by_hand = LMM("walk ~ visit", results.dataset.long, subject="participant", visit="visit").fit().contrasts("visit")
    own = by_hand[by_hand["contrast"] == "d90 - baseline"].iloc[0]
    assert results.effect.estimate == pytest.approx(own["estimate"])
    assert results.effect.p == pytest.approx(own["p"])
    assert not results.blind
    assert "At day 90, Walking had changed by" in page
    assert "there is one group, so no difference of arms" in page
    assert "BLIND" not in page


def test_without_a_baseline_means_are_means(tmp_path: Path) -> None:
    analyses = [
        analysis("main", "mmrm", "walk ~ arm*visit", role="primary"),
        analysis("ancova", "ancova", "walk ~ arm"),
        analysis("lmm", "lmm", "walk ~ site + arm*visit"),
    ]
    results, page = report(tmp_path, has_baseline=False, analyses=analyses, baseline=[])
    assert set(results.dataset.long["day"]) == {30, 90}
    at_end = results.dataset.long[results.dataset.long["day"] == 90]
    observed = at_end.groupby("arm", observed=True)["walk"].mean()
    ancova = results.done[1]
    assert isinstance(ancova, Fitted)
    assert ancova.changes.set_index("arm")["estimate"].to_dict() == pytest.approx(observed.to_dict())
    direct = ANCOVA("walk ~ arm", at_end).fit().contrasts("arm")
    assert ancova.effect(90, "High - Sham").p == pytest.approx(direct["p"].iloc[1])
    assert "change" not in page.lower().replace("nothing changes", "")
    assert isinstance(results.done[2], Fitted)


def test_days_count_from_the_event_that_the_plan_names(tmp_path: Path) -> None:
    exported = export(tmp_path)
    plan = read(
        tmp_path,
        anchor={"event": "gave_up", "title": "giving up"},
        analyses=[analysis("main", "lmm", "walk ~ arm*visit", role="primary")],
    )
    people = estimate(read_snapshot(exported.snapshot), plan, exported.allocation, tmp_path, None).dataset.people
    assert people["participant"].str[-1].unique().tolist() == ["9"]
    nobody = read(tmp_path, anchor={"event": "flew", "title": "the flight"})
    with pytest.raises(
        SnapshotError,
        match="nobody has the anchor 'flew' of the plan; name an event of the export: "
        "randomised, enrolled, began, gave_up",
    ):
        estimate(read_snapshot(exported.snapshot), nobody, exported.allocation, tmp_path, None)


COVARIATES = {
    "age": {"item": "about.age"},
    "sex": {"item": "about.sex", "levels": ["0", "1"]},
    "crp": {"file": "crp.csv", "column": "CRP"},
    "start": {"score": "walk"},
}


def with_crp(folder: Path, text: str = "") -> None:
    codes = [f"{1 + number % 2:02}-{number:03},{number % 9}.5" for number in range(60)]
    (folder / "crp.csv").write_text(text or "participant,CRP\n" + "\n".join(codes) + "\n", encoding="utf-8")


def test_covariates_come_from_items_scores_and_files(tmp_path: Path) -> None:
    with_crp(tmp_path)
    formula = "walk ~ age + sex + crp + start + arm*visit"
    main = analysis("main", "lmm", formula, role="primary")
    results, _ = report(tmp_path, covariates=COVARIATES, strata=["sex"], analyses=[main])
    first = results.dataset.people.iloc[3]
    assert (first["age"], first["sex"], first["crp"]) == (36, "0", 6.5)
    scores = results.snapshot.scores
    walked = scores[(scores["participant"] == first["participant"]) & scores["baseline"] & (scores["score"] == "walk")]
    value = walked["value"].item()
    assert first["start"] == float(value)
    names = results.primary.result.coefficients()["term"].tolist() if results.primary.result else []
    assert {"age", "sex[T.1]", "crp", "start"} <= set(names)


@pytest.mark.parametrize(
    ("text", "covariates", "words"),
    [
        ("participant,crp\n01-000,1\n", COVARIATES, "crp.csv lacks the column CRP; it has participant, crp"),
        ("participant,CRP\n01-000,1\n01-000,2\n", COVARIATES, "crp.csv names a participant more than once: 01-000"),
        ("participant,CRP\n01-000,high\n", COVARIATES, "the covariate crp holds high, which is no number; give its"),
        ("participant,CRP\n99-000,1\n", COVARIATES, "nobody has a value of the covariate crp"),
        (
            "\ufeffparticipant;CRP\n01-000;1,5\n",
            COVARIATES,
            "separated by semicolons. Save it with commas: participant,CRP",
        ),
        ("participant,CRP\n1-0,1\n02-001,2\n", COVARIATES, "leading zeros .01-000 became 1-0.: make crp.csv again"),
        (
            "participant,CRP\n1-0,1\n2-1,2\n",
            COVARIATES,
            "crp.csv names participants that the export does not have: 1-0",
        ),
        ("participant,CRP,CRP\n01-000,1,2\n", COVARIATES, "more than one column CRP; keep the one that holds"),
        ("", {"crp": {"file": "no.csv", "column": "CRP"}}, "there is no file no.csv"),
        ("", {"sex": {"item": "about.sex", "levels": ["1", "2"]}}, "the covariate sex holds 0; its levels are 1, 2"),
    ],
)
def test_a_covariate_that_cannot_be_read_is_refused(
    tmp_path: Path, text: str, covariates: dict[str, Any], words: str
) -> None:
    with_crp(tmp_path, text)
    exported = export(tmp_path)
    with pytest.raises(SnapshotError, match=words):
        estimate(
            read_snapshot(exported.snapshot), read(tmp_path, covariates=covariates), exported.allocation, tmp_path, None
        )


@pytest.mark.parametrize("text", ["\ufeffparticipant\tCRP\n", "participant , CRP,note\n"], ids=["tabs", "spaces"])
def test_a_file_of_covariates_is_read_as_a_spreadsheet_writes_it(tmp_path: Path, text: str) -> None:
    """Also with a screening failure that the export does not have."""
    sign = "\t" if "\t" in text else ","
    with_crp(
        tmp_path, text + f"02-001{sign} 2.5{sign * text.count('note')}\nscr-12{sign}9{sign * text.count('note')}\n"
    )
    exported = export(tmp_path)
    plan = read(tmp_path, covariates={"crp": COVARIATES["crp"]})
    people = estimate(read_snapshot(exported.snapshot), plan, exported.allocation, tmp_path, None).dataset.people
    assert people.dropna(subset=["crp"])[["participant", "crp"]].to_numpy().tolist() == [["02-001", 2.5]]


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"strata": ["site"]}, "site is a stratum of the randomisation, so every model must hold it"),
        (
            {"has_baseline": False, "analyses": [analysis("main", "mmrm", "chg ~ arm*visit", role="primary")]},
            "the outcome is walk",
        ),
        ({"arms": (), "contrasts": "pairwise"}, "a plan without arms has no contrasts"),
        ({"arms": (), "analyses": [analysis("main", "lmm", "walk ~ arm*visit", role="primary")]}, "arm is no column"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(tmp_path: Path, others: dict[str, Any], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read(tmp_path, **others)


def test_every_analysis_may_fail_and_the_report_still_stands(tmp_path: Path) -> None:
    """Nobody in the population: each row says so."""
    nobody = {"all": {"title": "Nobody", "all_of": [{"score": "walk", "day": 0, "minimum": 900}]}}
    results, page = report(tmp_path, populations=nobody)
    assert all(isinstance(fit, NotFitted) for fit in results.done)
    assert "Not estimated: Main. " in page
    assert pd.read_csv(tmp_path / "out" / "results.csv")["not_done"].notna().all()


def test_the_smallest_plan_counts_from_randomisation() -> None:
    from app.analysis.trial.plan import DayZero
    from app.analysis.trial.plan_schema import PlanSchema

    plan = content()
    del plan["anchor"]
    assert PlanSchema().load(plan)["anchor"] == DayZero("randomised", "randomisation")


PRIMARIES = [
    analysis("main", "ancova", "chg ~ walk_base + arm", role="primary"),
    {k: v for k, v in analysis("main", "clda", "", role="primary").items() if k != "formula"},
    analysis("main", "mmrm", MEANS, role="primary"),
]


@pytest.mark.parametrize("primary", PRIMARIES, ids=lambda primary: primary["model"])
def test_any_model_of_the_outcome_may_be_the_primary_one_and_has_its_table(
    tmp_path: Path, primary: dict[str, Any]
) -> None:
    results, page = report(tmp_path, analyses=[primary])
    assert 'id="table2"' in page
    assert "broke off" not in page
    assert "At day 90, Walking had changed by" in page
    if primary["model"] == "ancova":
        rows = results.dataset.change()
        by_hand = ANCOVA("chg ~ walk_base + arm", rows[rows["day"] == 90]).fit().contrasts("arm")
        assert results.effect.p == pytest.approx(by_hand["p"][0])
