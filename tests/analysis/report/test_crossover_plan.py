"""Whole plans of cross-over trials: two treatments held against the t test by hand, three against the model by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import Crossover
from app.analysis.report import Results, analyse
from app.analysis.report.events import event_frame
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.outcomes import spread
from app.analysis.trial.snapshot import SnapshotError
from app.yaml_files import FileError
from tests.analysis import plans
from tests.analysis.crossings import SINCE, THREE, TWO, crossing, design, export, read
from tests.analysis.exported import edit

BASES = ["walk_base", "walk_base_mean"]
ALL_THREE = [
    crossing("main", role="primary"),
    crossing("adjusted", covariates=[*BASES, "site"]),
    crossing("carried", carry_over=True),
    crossing("on_time", leave_out="late", role="sensitivity"),
]


def report(folder: Path, kind: dict[str, Any], carried: float = 0.0, **others: Any) -> tuple[Results, str]:
    exported = export(folder, kind, carried=carried)
    results = analyse(exported.snapshot, read(folder, kind, **others), exported.allocation, folder / "out")
    return results, (folder / "out" / "report.html").read_text(encoding="utf-8")


def three(folder: Path) -> tuple[Results, str]:
    """Three treatments, each period with a baseline and two visits, and carry-over in the data."""
    return report(folder, THREE, carried=0.5, crossover=design(THREE, baselines=True, extra=(7,)), analyses=ALL_THREE)


def by_hand(results: Results) -> pd.DataFrame:
    """One row for each participant and period, made of the export without the code under test."""
    scores, arms = results.snapshot.scores, results.allocated.astype(str).to_dict()
    rows = []
    for who, own in scores.groupby("participant"):
        value = own.set_index("day")["value"].astype(float).to_dict()
        for place, day in enumerate((28, 70, 112)[: len(THREE["sequences"]["SLH"])]):
            order = THREE["sequences"][arms[str(who)]]
            both = [value[at] for at in (day - 7, day) if at in value]
            bases = [value[at] for at in SINCE if at in value]
            if both:
                made = (who, arms[str(who)], place + 1, order[place].title(), np.mean(both), value.get(SINCE[place]))
                rows.append((*made, np.mean(bases), str(who)[:2]))
    names = ["participant", "sequence", "period", "arm", "walk", *BASES, "site"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(arm=pd.Categorical(table["arm"], ["Sham", "Low", "High"]))


def test_two_treatments_differ_by_half_the_difference_of_the_period_differences(tmp_path: Path) -> None:
    """Without gaps the mixed model is the t test of Hills and Armitage; who has one period tells a little more."""
    results, page = report(
        tmp_path, TWO, populations={"all": {"title": "Both walked", "all_of": [{"score": "walk", "day": 70}]}}
    )
    scores = results.snapshot.scores
    wide = scores.assign(value=scores["value"].astype(float)).pivot(index="participant", columns="day", values="value")
    wide = wide.dropna(subset=[70])
    change = wide[70] - wide[28]
    sequence = results.allocated.reindex(wide.index)
    a, b = change[sequence == "AB"], change[sequence == "BA"]
    pooled = (a.var() * (len(a) - 1) + b.var() * (len(b) - 1)) / (len(a) + len(b) - 2)
    effect = results.effect
    assert effect.estimate == pytest.approx((a.mean() - b.mean()) / 2)
    assert effect.se == pytest.approx(np.sqrt(pooled * (1 / len(a) + 1 / len(b))) / 2)
    assert effect.df == pytest.approx(len(a) + len(b) - 2)
    assert results.primary.n_participants == len(wide) == 27
    table = page[page.index('id="table2"') :]
    assert "bold" not in table[: table.index("</table>")], "in one table of one visit nothing stands out"
    assert "Over the periods, Walking was " in page
    assert "carry-over cannot be told from a difference of the sequences" in page


def test_three_treatments_are_those_of_the_model_fitted_by_hand(tmp_path: Path) -> None:
    results, page = three(tmp_path)
    data = by_hand(results)
    columns: dict[str, Any] = {"subject": "participant", "sequence": "sequence", "period": "period", "treatment": "arm"}
    given: dict[str, Any] = {"adjusted": {"covariates": [*BASES, "site"]}, "carried": {"carry_over": True}}
    for fit in results.done:
        assert isinstance(fit, Fitted)
        trial = Crossover("walk", data, **columns, **given.get(fit.analysis.id, {}))
        table = trial.contrasts(trial.fit(df="kenward-roger-linear"))
        for place, name in enumerate(("Low - Sham", "High - Sham")):
            own = fit.effect(112, name)
            expected = [table[column][place] for column in ("estimate", "se", "df", "p")]
            assert [own.estimate, own.se, own.df, own.p] == pytest.approx(expected, rel=1e-6)
    assert [len(fit.notes) for fit in results.done if isinstance(fit, Fitted)] == [0, 0, 1, 0]
    assert page.count("No treatment carries over") == 1
    assert "broke off" not in page


def test_every_table_and_figure_of_a_cross_over_speaks_of_its_sequences(tmp_path: Path) -> None:
    results, page = three(tmp_path)
    assert [arm.arm for arm in results.flow.arms] == ["SLH", "LHS", "HSL"]
    assert [(arm.allocated, arm.analysed) for arm in results.flow.arms] == [(10, 10)] * 3
    assert "SLH (Sham, Low, High); LHS (Low, High, Sham); HSL (High, Sham, Low)" in page
    assert "SLH: 10 of 10 at day 112" in page
    figure = pd.read_csv(tmp_path / "out" / "primary.csv")
    assert figure["treatment"].tolist() == ["Sham", "Low", "High", "Low", "High", "Sham", "High", "Sham", "Low"]
    assert figure["n"].tolist() == [10, 9, 10] * 3
    rows = by_hand(results)
    cell = rows[(rows["sequence"] == "LHS") & (rows["period"] == 2)]["walk"]
    assert figure[["mean", "sd"]].to_numpy()[4].tolist() == pytest.approx([cell.mean(), cell.std()])
    assert spread(results.dataset, results.plan) == pytest.approx(rows.loc[rows["period"] == 1, "walk"].std())
    descriptives = pd.read_csv(tmp_path / "out" / "descriptives.csv")
    assert set(descriptives["arm"]) == {"Sham", "Low", "High"}
    assert "Link not opened 1" in page


def test_an_event_belongs_to_the_treatment_of_its_period(tmp_path: Path) -> None:
    """Everybody fell on day 50, in the second period."""
    results, page = three(tmp_path)
    events, sequences = results.snapshot.events, results.allocated.astype(str).to_dict()
    fallen = events.loc[events["kind"] == "fell", "participant"].astype(str)
    second = [THREE["sequences"][sequences[who]][1].title() for who in fallen]
    frame = event_frame(results).set_index("arm")
    assert frame["participants"].to_dict() == {arm: second.count(arm) for arm in ("Low", "High", "Sham")}
    assert frame["of"].tolist() == [30, 30, 30]
    assert "Rate ratio" not in page


def test_a_blind_run_names_neither_treatments_nor_sequences(tmp_path: Path) -> None:
    exported = export(tmp_path, THREE)
    results = analyse(exported.snapshot, read(tmp_path, THREE), None, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert results.plan.crossover is not None
    assert results.plan.crossover.sequences == {
        "Dummy sequence 1": ("Dummy A", "Dummy B", "Dummy C"),
        "Dummy sequence 2": ("Dummy B", "Dummy C", "Dummy A"),
        "Dummy sequence 3": ("Dummy C", "Dummy A", "Dummy B"),
    }
    assert not [word for word in ("SLH", "LHS", "HSL", "Sham", "High") if word in page]


def test_carry_over_that_cannot_be_told_is_a_row_that_says_so(tmp_path: Path) -> None:
    analyses = [crossing("main", role="primary"), crossing("carried", carry_over=True)]
    results, page = report(tmp_path, TWO, analyses=analyses)
    failed = results.done[1]
    assert isinstance(failed, NotFitted)
    assert failed.reason.startswith(
        "In two sequences of two periods carry-over is the difference between the sequences"
    )
    assert "Not estimated: Carried. In two sequences of two periods" in page


def test_another_outcome_of_a_cross_over_has_its_row_and_its_figure(tmp_path: Path) -> None:
    words = {**OTHER, "name": "Steps", "title": "Steps walked", "unit": "metres", "maximum": 200}
    other = {"outcome": words, "days": [28, 70], "primary_day": 70, "curve": True}
    results, page = report(tmp_path, TWO, outcomes=[{**other, "analysis": crossing("steps")}])
    fit = results.others[0].fit
    assert isinstance(fit, Fitted)
    assert fit.effect(70).estimate == results.effect.estimate
    assert "Steps walked (metres), over the periods" in page
    assert (tmp_path / "out" / "curve_steps.svg").is_file()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("sequence", "arm", "allocation.csv lacks the column sequence; it has participant, arm"),
        (",", ";", "Save it with commas: participant,sequence"),
        ("01-000,AB", "01-000,", "has rows without participant or sequence: line 2"),
    ],
)
def test_the_allocation_of_a_cross_over_names_sequences(tmp_path: Path, before: str, after: str, words: str) -> None:
    exported = export(tmp_path, TWO)
    edit(exported.allocation, lambda text: text.replace(before, after))
    with pytest.raises(SnapshotError, match=words):
        analyse(exported.snapshot, read(tmp_path, TWO), exported.allocation, tmp_path / "out")


def test_a_sequence_that_the_plan_does_not_know_is_refused(tmp_path: Path) -> None:
    exported = export(tmp_path, THREE)
    with pytest.raises(SnapshotError, match="has the sequence HSL, LHS, SLH; the plan names only AB, BA"):
        analyse(exported.snapshot, read(tmp_path, TWO), exported.allocation, tmp_path / "out")


def changed(**others: Any) -> dict[str, Any]:
    """The design of two treatments with other keys."""
    return {"crossover": {**design(TWO), **others}}


def periods(*own: dict[str, Any]) -> dict[str, Any]:
    return changed(periods=list(own))


FIRST, SECOND = {"since": 0, "days": [28]}, {"since": 42, "days": [70]}
OTHER = {"name": "O", "title": "O", "unit": "m", "minimum": 0, "maximum": 9, "better": "lower", "score": "walk"}
WRONG = [
    ({"arms": ()}, "a cross-over compares treatments; name them under arms"),
    (changed(sequences={"AB": ["sham", "low"], "BA": ["low", "shan"]}), "sequence BA has shan; the labels of the arms"),
    (changed(sequences={"AB": ["sham", "low"]}), "name at least two sequences"),
    (
        changed(sequences={"AB": ["sham", "low"], "BAB": ["low", "sham", "low"]}),
        "3 treatments, and there are 2",
    ),
    (changed(sequences={"AB": ["sham", "low"], "X": ["sham", "low"]}), "two sequences have the same order"),
    (changed(sequences={"A": ["sham", "sham"], "B": ["sham", "sham"]}), "no sequence has the arm low"),
    (periods(FIRST), "name at least two periods"),
    (periods(FIRST, {"since": 42, "days": [28, 70]}), "list the days of the periods once, in ascending order"),
    (periods(FIRST, {"since": 20, "days": [70]}), "the period since day 20 begins before"),
    (periods({"since": 30, "days": [28]}, SECOND), "the period since day 30 begins after its visit of day 28"),
    (periods(FIRST | {"baseline": 0}, SECOND), "give every period a baseline, or none"),
    (
        periods(FIRST | {"baseline": 28}, SECOND),
        "the baseline of day 28 must lie before",
    ),
    ({"days": [28]}, "the days of the periods are 28, 70, those of the plan 28; each must be both"),
    ({"primary_day": 70}, "leave primary_day out"),
    ({"has_baseline": True}, "give each period its baseline instead"),
    ({"responders": [{"points": 5}]}, "a participant of a cross-over has every treatment; leave responders out"),
    ({"subgroups": ["site"]}, "leave subgroups out"),
    (
        {"analyses": [crossing("main", role="primary") | {"formula": "walk ~ arm"}]},
        "builds its own columns",
    ),
    (
        {"analyses": [crossing("main", role="primary", covariates=["walk_base"])]},
        "walk_base is no column",
    ),
    ({"strata": ["site"]}, "site is a stratum of the randomisation, so every model must hold it"),
    (
        {"analyses": [crossing("main", role="primary") | {"model": "lmm", "formula": "walk ~ arm*visit"}]},
        "main: every analysis of a cross-over has the model crossover",
    ),
    (
        {"outcomes": [{"outcome": OTHER, "days": [28], "primary_day": 28, "analysis": crossing("o")}]},
        "o has no visit in period 2; see its days",
    ),
]


@pytest.mark.parametrize(("others", "words"), WRONG, ids=range(len(WRONG)))
def test_a_cross_over_that_contradicts_itself_is_refused(tmp_path: Path, others: dict[str, Any], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read(tmp_path, TWO, **others)


def test_a_cross_over_analysis_needs_the_plan_of_one(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a cross-over needs the plan's crossover: its sequences and periods"):
        plans.read(tmp_path, analyses=[crossing("main", role="primary")])
    lmm = plans.analysis("main", "lmm", "walk ~ arm*visit", role="primary", carry_over=True)
    with pytest.raises(FileError, match="lmm has no carry-over"):
        plans.read(tmp_path, analyses=[lmm])
