"""Plans and data as strangers bring them: one visit, an arm or a baseline that nobody has, nothing that varies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.analysis import ANCOVA
from app.analysis.report import Results, analyse
from app.analysis.report.events import event_frame, later_events
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.fitting import in_plan_words
from app.analysis.report.run import estimate
from app.analysis.trial.snapshot import read_snapshot
from app.yaml_files import FileError
from tests.analysis.exported import seal
from tests.analysis.plans import analysis, export, read

MEANS = "chg ~ walk_base*visit + arm*visit"
EVERY_MODEL = [
    analysis("main", "lmm", "walk ~ arm*visit", role="primary"),
    analysis("mmrm", "mmrm", MEANS),
    analysis("ancova", "ancova", "chg ~ walk_base + arm"),
    analysis("mi", "imputation", MEANS, analysis="chg ~ walk_base + arm"),
]


def report(
    folder: Path, alter: Callable[[pd.DataFrame], pd.DataFrame] = lambda scores: scores, **others: Any
) -> tuple[Results, str]:
    """The report of the export with its scores changed."""
    exported = export(folder)
    scores = exported.snapshot / "scores.csv"
    alter(pd.read_csv(scores, dtype="string", keep_default_na=False)).to_csv(scores, index=False)
    seal(exported.snapshot, "2024-12-01T00:00:00Z")
    results = analyse(exported.snapshot, read(folder, **others), exported.allocation, folder / "out")
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "broke off" not in page
    return results, page


def reasons(results: Results) -> list[str]:
    return [fit.reason if isinstance(fit, NotFitted) else "" for fit in results.done]


def test_an_arm_without_a_value_is_a_gap_in_the_report_and_the_others_are_compared(tmp_path: Path) -> None:
    """High is every third participant."""
    results, page = report(
        tmp_path, lambda scores: scores[scores["participant"].str[3:].astype(int) % 3 != 2], analyses=EVERY_MODEL
    )
    *fits, imputed = results.done
    for fit in fits:
        assert isinstance(fit, Fitted)
        assert fit.contrasts == ("Low - Sham",)
        high = fit.changes[fit.changes["arm"] == "High"]
        assert high["n"].sum() == 0
        assert high["estimate"].isna().all()
    assert isinstance(imputed, NotFitted)
    assert imputed.reason == "Nobody in High has a value after baseline, so there is nothing to impute from."
    assert "with low, by \N{EN DASH} with high" in page.replace("\n", " ")


def test_what_does_not_vary_is_said_by_every_model(tmp_path: Path) -> None:
    results, _ = report(tmp_path, lambda scores: scores.assign(value="50.000"), analyses=EVERY_MODEL)
    said = [reason for reason in reasons(results) if "exactly; no residual variance is left" in reason]
    assert len(said) == len(EVERY_MODEL)


def test_a_baseline_that_nobody_has_is_said_by_every_model_that_needs_it(tmp_path: Path) -> None:
    results, _ = report(tmp_path, lambda scores: scores.assign(baseline="false"), analyses=EVERY_MODEL)
    lmm, *others = reasons(results)
    assert lmm == "'baseline' is not a visit of this model; it has d30, d90."
    assert others == ["Nobody of this population has a baseline and a later value."] * 3


def test_a_visit_that_nobody_answered_is_none_of_an_imputation(tmp_path: Path) -> None:
    """Who gave up before it has the next visit as the first that is affected."""
    main, imputed = EVERY_MODEL[2] | {"role": "primary"}, EVERY_MODEL[3] | {"strategy": "J2R"}
    given = {"analyses": [main, imputed], "stopping_events": ["gave_up"]}
    effects = []
    for name, days in (("unanswered", [30, 90]), ("unplanned", [90])):
        (tmp_path / name).mkdir()
        results, _ = report(tmp_path / name, lambda scores: scores[scores["day"] != "30"], days=days, **given)
        fit = results.done[1]
        assert isinstance(fit, Fitted)
        effects.append(fit.effect(90))
    assert effects[0] == effects[1]


def test_doses_are_counted_and_have_no_ratio(tmp_path: Path) -> None:
    """Whoever gave up is here a dose: an event of the arms, but nothing to compare them by."""
    _, page = report(tmp_path, treatment_events=["gave_up", "flew"])
    assert "No ratio is given of gave up, the treatment itself." in page
    assert "Rate ratio" not in page
    assert "gave up" in page
    rates = tmp_path / "out" / "event_rates.csv"
    assert not rates.exists()


def test_a_dose_beside_other_events_has_a_dash_where_they_have_their_ratio(tmp_path: Path) -> None:
    results, page = report(
        tmp_path, anchor={"event": "randomised", "title": "randomisation"}, treatment_events=["began"]
    )
    assert results.plan.treatment_events == ("began",)
    table = page[page.index('id="table-events"') :]
    began, gave_up = table[: table.index("</table>")].split("Gave up")
    assert "None" not in began
    assert began.count("\N{EN DASH}") == 6  # three arms without ratio and p
    assert gave_up.count("\N{EN DASH}") == 2  # the reference alone


def test_what_happened_after_somebody_withdrew_is_said_and_not_counted(tmp_path: Path) -> None:
    """Everybody who gave up, on day 40, withdrew on day 20: no event is left to count, and no rate is made of any."""
    exported = export(tmp_path)
    people = exported.snapshot / "participants.csv"
    table = pd.read_csv(people, dtype="string", keep_default_na=False)
    gone = table["participant"].str[3:].astype(int) % 10 == 9
    left = (pd.to_datetime(table["enrolled_on"]) + pd.Timedelta(days=20)).dt.strftime("%Y-%m-%d")
    table.assign(withdrawn_on=table["withdrawn_on"].where(~(gone & (table["participant"] > "02-010")), left)).to_csv(
        people, index=False
    )
    seal(exported.snapshot, "2024-12-01T00:00:00Z")
    results = analyse(exported.snapshot, read(tmp_path), exported.allocation, tmp_path / "out")
    counts = event_frame(results).groupby("kind")[["events", "participants"]].sum().to_numpy().tolist()
    assert counts == [[1, 1]]
    assert later_events(results) == 5
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "until the last visit, the withdrawal or the export. 5 later events are not counted. Rate ratios are" in page
    rates = pd.read_csv(tmp_path / "out" / "event_rates.csv")
    assert rates["estimate"].gt(0).sum() <= 1


PLAN_WORDS = [
    ("Row 3 determines a coefficient alone, so HC3 is not defined; use robust=None.", "HC3 is not defined."),
    ("Without subject 1 it has no optimum; use method='bootstrap'.", "no optimum; use method: bootstrap."),
    ("Name simpler structures in fallback=, as ('toeph', 'cs').", "Name simpler structures in fallback, as ('toeph'"),
    ("No coefficient 'a'='b'; there are c = 'd'.", "No coefficient 'a'='b'; there are c = 'd'."),
]


@pytest.mark.parametrize(("problem", "said"), PLAN_WORDS)
def test_a_report_says_what_to_write_in_the_plan_not_in_a_program(problem: str, said: str) -> None:
    words = in_plan_words(problem)
    assert said in words
    assert "=None" not in words


SEX = {"sex": {"item": "about.sex", "levels": {"0": "Men", "1": "Women: all"}}}


def test_subgroups_are_called_by_their_titles(tmp_path: Path) -> None:
    main = analysis("main", "mmrm", MEANS, role="primary")
    results, page = report(tmp_path, covariates=SEX, subgroups=["sex"], analyses=[main])
    assert set(results.dataset.people["sex"]) == {"0", "1"}
    table = page[page.index('id="table-subgroups"') :]
    assert table.index("Men") < table.index("Women: all") < table.index("</table>")


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (["0", "0"], "a factor has at least two levels, each once"),
        ({"0": "Men"}, "a factor has at least two levels, each once"),
        ([0, 1], "list the levels as text"),
        ({"0": 1, "1": "Women"}, "list the levels as text"),
        ("01", "list the levels as text"),
    ],
    ids=range(5),
)
def test_levels_that_are_none_are_refused(tmp_path: Path, levels: Any, words: str) -> None:
    with pytest.raises(FileError, match=words):
        read(tmp_path, covariates={"sex": {"item": "about.sex", "levels": levels}})


@pytest.mark.parametrize(
    ("model", "formula", "own"),
    [
        ("mmrm", "chg ~ walk_base*visit + arm*visit", "chg ~ walk_base + arm"),
        ("ancova", "chg ~ walk_base + arm", "chg ~ walk_base + arm"),
        ("lmm", "walk ~ arm*visit", "walk ~ arm*visit"),
    ],
)
def test_a_plan_of_one_visit_is_analysed(tmp_path: Path, model: str, formula: str, own: str) -> None:
    days = {"days": [90], "primary_day": 90}
    main = analysis("main", model, formula, role="primary")
    exported = export(tmp_path)
    plan = read(tmp_path, analyses=[main], **days)
    results = estimate(read_snapshot(exported.snapshot), plan, exported.allocation, tmp_path, None)
    assert results.primary.analysis.formula == own
    rows = results.dataset.change()
    by_hand = ANCOVA("chg ~ walk_base + arm", rows).fit().contrasts("arm")["estimate"]
    if model != "lmm":
        assert results.effect.estimate == pytest.approx(by_hand[0])
    assert results.primary.changes["n"].sum() == 60
