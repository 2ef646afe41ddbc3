"""A primary outcome of yes or no, of counts or of levels: the whole report, each number by the model fitted by hand."""

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.analysis import GEE, GLM, ProportionalOdds
from app.analysis.report import Results, analyse
from app.analysis.report.fitted import Fitted, NotFitted
from app.yaml_files import FileError
from tests.analysis.plans import analysis, content, export, read

YES = {"response": {"points": 2, "missing": "non-responder"}}
ONE_VISIT = "response ~ walk_base + site + arm"
ANALYSES = [
    analysis("main", "logistic", ONE_VISIT, role="primary", errors="sandwich"),
    analysis("seen", "logistic", ONE_VISIT, role="sensitivity", missing="observed"),
    analysis("worst", "logistic", ONE_VISIT, role="sensitivity", missing="worst-case"),
    analysis("gee", "logistic", "response ~ walk_base + arm*visit", measure="odds ratio"),
    analysis("risk", "log-binomial", "response ~ arm"),
    analysis("nobody", "logistic", "response ~ arm", population="nobody"),
]
NOBODY = {"title": "Nobody", "all_of": [{"score": "walk", "day": 0, "minimum": 900}]}
POPULATIONS = {"all": {"title": "Everybody who began"}, "nobody": NOBODY}


def report(folder: Path, **others: Any) -> tuple[Results, str]:
    exported = export(folder)
    results = analyse(exported.snapshot, read(folder, **others), exported.allocation, folder / "out")
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "broke off" not in page
    return results, re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " "))


def values(results: Results, missing: float | None) -> pd.DataFrame:
    """Who responded at day 90, made of the scores by hand; `missing` is what no value counts as (None: left out)."""
    scores = results.snapshot.scores
    walked = scores[scores["score"] == "walk"].assign(value=scores["value"].astype(float))
    wide = walked.pivot(index="participant", columns="day", values="value").reset_index()
    wide = wide.rename(columns={0: "walk_base"}).assign(response=(wide[0] - wide[90] >= 2).astype(float))
    wide.loc[wide[90].isna(), "response"] = float("nan") if missing is None else missing
    return wide.merge(results.dataset.people, on="participant").dropna(subset=["response"])


@pytest.fixture(scope="module")
def yes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, str]:
    folder = tmp_path_factory.mktemp("yes")
    return report(folder, analyses=ANALYSES, populations=POPULATIONS, **YES)


def test_the_shares_and_their_difference_are_those_of_the_model_fitted_by_hand(
    yes: tuple[Results, str],
) -> None:
    results, page = yes
    by_hand = GLM(ONE_VISIT, values(results, 0.0), errors="sandwich").fit()
    shares = 100 * by_hand.standardised("arm").set_index("arm")["estimate"]
    row = by_hand.standardised_contrasts("arm").iloc[1]
    effect = results.primary.effect(90, "High - Sham")
    assert [effect.estimate, effect.lower, effect.p] == pytest.approx(
        [100 * row["estimate"], 100 * row["lower"], row["p"]]
    )
    low, high, sham = (f"{shares[arm]:.1f} % with {arm.lower()}" for arm in ("Low", "High", "Sham"))
    assert f"At day 90, Walking test was seen in {low}, {high} and {sham}: Low \N{MINUS SIGN} Sham" in page
    assert "percentage points (95 % CI" in page
    assert "A yes is a change to the better of at least 2 points; who has no value counts as a no." in page
    assert "had changed by" not in page
    assert "likelihood uses every observed value" not in page


def test_each_sensitivity_counts_the_missing_by_its_own_rule(yes: tuple[Results, str]) -> None:
    results, page = yes
    fits = {fit.analysis.id: fit for fit in results.done}
    seen = fits["seen"]
    assert isinstance(seen, Fitted)
    observed = GLM(ONE_VISIT, values(results, None)).fit().standardised_contrasts("arm")
    assert seen.effect(90, "High - Sham").estimate == pytest.approx(100 * observed["estimate"][1])
    gee = fits["gee"]
    assert isinstance(gee, Fitted)
    rows = results.dataset.long
    model = GEE("response ~ walk_base + arm*visit", rows, subject="participant", visit="visit", family="logistic")
    odds = model.fit().standardised_contrasts("arm", "visit", measure="odds ratio")
    own = odds[(odds["visit"] == "d90") & (odds["contrast"] == "High - Sham")].iloc[0]
    assert gee.deciding(90, "High - Sham").p == pytest.approx(own["p"])
    assert "In this analysis who has no value is left out." in page
    lost = fits["nobody"]
    assert isinstance(lost, NotFitted)
    assert page.count(f"Not estimated: {lost.analysis.title}. {lost.reason}") == 1


def test_the_worst_case_counts_a_gap_against_the_first_arm_alone(tmp_path: Path) -> None:
    exported = export(tmp_path)
    scores = exported.snapshot / "scores.csv"
    kept = [line for line in scores.read_text("utf-8").splitlines() if not (",90," in line and line[5] == "3")]
    scores.write_text("\n".join(kept) + "\n", encoding="utf-8")
    from tests.analysis.exported import seal

    seal(exported.snapshot, "2024-12-01T00:00:00Z")
    plan = read(tmp_path, analyses=ANALYSES[:3], **YES)
    results = analyse(exported.snapshot, plan, exported.allocation, tmp_path / "out")
    table = values(results, 0.0)
    gone = table[90].isna()
    assert gone.sum() > 3
    table.loc[gone & (table["arm"].astype(str) != "Low"), "response"] = 1.0
    by_hand = GLM(ONE_VISIT, table).fit().standardised_contrasts("arm")
    worst = results.done[2]
    assert isinstance(worst, Fitted)
    assert worst.effect(90).estimate == pytest.approx(100 * by_hand["estimate"][0])
    answered = {arm.arm: arm.answered_primary for arm in results.flow.arms}
    assert sum(answered.values()) == 60 - gone.sum()
    assert sum(arm.analysed for arm in results.flow.arms) == 60


def test_what_the_report_shows_of_a_yes_or_no_is_counted(yes: tuple[Results, str]) -> None:
    results, page = yes
    assert "a yes or no, or a count, has no course to draw; see it as observed" in page
    assert "subgroups need" not in page
    rows = values(results, 0.0)
    low = rows[rows["arm"] == "Low"]["response"]
    assert f"{low.sum():.0f} ({100 * low.mean():.0f} %)" in page
    assert "Not sent in" not in page
    figure = pd.read_csv(results.out / "primary.csv")
    assert figure["estimate"].between(0, 100).all()


def test_a_blind_run_of_a_yes_or_no_says_that_it_is_blind(tmp_path: Path) -> None:
    exported = export(tmp_path)
    analyse(exported.snapshot, read(tmp_path, analyses=ANALYSES[:1], **YES), None, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "there is no pooled model of a yes or no" in page
    assert "Dummy A" in page


def test_a_margin_of_a_share_is_in_percentage_points(tmp_path: Path) -> None:
    margin = {"test": "non-inferiority", "points": 10}
    results, page = report(tmp_path, analyses=[ANALYSES[0] | {"margin": margin}], **YES)
    effect = results.effect
    shown = "was shown" if effect.lower > -10 else "was not shown"
    assert f"Non-inferiority by 10.0 percentage points {shown}" in page


COUNT = {"score": "pain", "name": "Pain", "title": "Pain, NRS", "unit": "points", "minimum": 0, "maximum": 10}
LEVELS = COUNT | {"item": "health.mobility", "name": "Mobility", "title": "Mobility", "maximum": 3, "better": "lower"}
del LEVELS["score"]
STOPS = {"events": ["gave_up"], "name": "Stops", "title": "Giving up", "unit": "events", "minimum": 0, "maximum": 9}


def test_levels_as_the_primary_outcome_have_their_odds_ratio_in_the_sentence(tmp_path: Path) -> None:
    main = analysis("main", "ordinal", "mobility ~ arm", role="primary")
    results, page = report(tmp_path, outcome=LEVELS, analyses=[main], has_baseline=False)
    rows = results.dataset.long
    by_hand = ProportionalOdds("mobility ~ arm", rows[rows["day"] == 90]).fit().ratios("arm").iloc[0]
    assert results.primary.deciding(90).p == pytest.approx(by_hand["p"])
    assert f"odds ratio of a higher level {by_hand['estimate']:.2f} (95 % CI" in page


def test_events_as_the_primary_outcome_have_their_rate_ratio_in_the_sentence(tmp_path: Path) -> None:
    main = analysis("main", "poisson", "events ~ arm", role="primary")
    stops = STOPS | {"better": "lower"}
    results, page = report(tmp_path, outcome=stops, analyses=[main])
    by_hand = GLM("events ~ arm", results.dataset.long, family="poisson", exposure="years").fit()
    row = by_hand.standardised_contrasts("arm", measure="ratio").iloc[0]
    assert results.primary.deciding(90).estimate == pytest.approx(row["estimate"])
    assert f"rate ratio {row['estimate']:.2f} (95 % CI" in page
    assert "no visit of it can be missing" in page


ANCOVA = analysis("a", "ancova", "walk ~ arm")
WRONG = [
    ({"response": {"points": 5}}, "a response, and nothing else, is analysed by logistic or log-binomial"),
    ({"analyses": ANALYSES[:1]}, "a response, and nothing else, is analysed by logistic or log-binomial"),
    (
        {"analyses": [*ANALYSES[:1], analysis("lmm", "lmm", "walk ~ arm*visit")], **YES},
        "a response, and nothing else, is analysed",
    ),
    ({"outcome": STOPS | {"better": "lower"}}, "events are counted: use poisson or negative-binomial"),
    ({"analyses": [ANALYSES[0]], **YES, "has_baseline": False}, "points and percent are changes from baseline"),
    (
        {"analyses": [analysis("main", "lmm", "walk ~ arm*visit", role="primary", missing="observed")]},
        "lmm has no missing; it is of yes or no",
    ),
    (
        {"analyses": [ANALYSES[3] | {"role": "primary", "margin": {"test": "superiority", "points": 1}}], **YES},
        "a margin is of the difference; leave measure out",
    ),
    (
        {
            "analyses": [
                analysis("main", "poisson", "walk ~ arm", role="primary"),
                analysis("a", "ancova", "walk ~ arm"),
            ]
        },
        "ancova: a mean is not analysed with a yes or no",
    ),
]


@pytest.mark.parametrize(("others", "words"), WRONG, ids=range(len(WRONG)))
def test_a_primary_outcome_that_does_not_fit_its_models_is_refused(
    tmp_path: Path, others: dict[str, Any], words: str
) -> None:
    assert content()["analyses"][0]["model"] == "lmm"
    with pytest.raises(FileError, match=words):
        read(tmp_path, **others)
