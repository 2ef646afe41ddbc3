"""The report: from an exported folder to a page, the same bytes every time."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from app.analysis import LMM
from app.analysis.__main__ import main
from app.analysis.report import Results, analyse
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.flow_figure import flow_figure
from app.analysis.report.methods import methods_text
from app.analysis.report.run import estimate
from app.analysis.report.style import house_style, svg_bytes
from app.analysis.report.tables import analyses_table
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import read_snapshot
from app.cli.analyse import group
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import direct_trial
from tests.analysis.conftest import EXAMPLE
from tests.analysis.exported import Exported
from tests.some import some

DIRECTION = "Difference = infliximab minus placebo in change of ODI; negative favours infliximab."
FIGURES = ("flow", "primary", "analyses", "tipping", "courses", "residuals")
FILES = {"report.html", "results.csv", *(f"{name}.{kind}" for name in FIGURES for kind in ("svg", "csv"))}


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return (results.out / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def blind(exported: Exported, short_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return analyse(exported.snapshot, short_plan, None, tmp_path_factory.mktemp("blind"))


def test_it_leaves_page_figures_data_and_results(results: Results) -> None:
    assert {file.name for file in results.out.iterdir()} >= FILES


def test_the_same_input_gives_the_same_bytes(results: Results, exported: Exported, plan: Plan, tmp_path: Path) -> None:
    analyse(exported.snapshot, plan, exported.allocation, tmp_path, truth=results.truth)
    for file in some(results.out.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_primary_result_is_that_of_the_model_fitted_by_hand(results: Results, parameters: Parameters) -> None:
    """The direct trial has the same people and answers; its labels are in the same order."""
    data = direct_trial(parameters, parameters.seed)
    table = LMM("odi ~ site + arm*visit", data, subject="participant", visit="visit").fit().change_from("baseline")
    row = table[(table["quantity"] == "difference") & (table["visit"] == "d154")].iloc[0]
    assert results.effect.estimate == pytest.approx(row["estimate"], rel=1e-9)
    assert results.effect.se == pytest.approx(row["se"], rel=1e-9)


def test_the_difference_is_active_minus_reference(results: Results) -> None:
    changes = {change.arm: change.estimate for change in results.primary.each_change() if change.day == 154}
    assert results.effect.estimate == pytest.approx(changes["Infliximab"] - changes["Placebo"])


def test_the_summary_has_what_a_machine_wants(results: Results) -> None:
    expected = {"model", "visit", "estimate", "se", "df", "lower", "upper", "p", "true_difference"}
    assert set(results.summary()) == expected
    assert json.loads(json.dumps(results.summary()))["visit"] == "d154"


def test_the_result_is_within_two_standard_errors_of_the_truth(results: Results) -> None:
    assert results.truth is not None
    assert abs(results.effect.estimate - results.truth) < 2 * results.effect.se


def test_the_primary_result_stands_first_in_one_sentence(page: str) -> None:
    main = page.index("<main>")
    lead = re.search(r'<p class="lead">(.*?)</p>', page)
    assert lead is not None
    assert 0 < lead.start() - main < 200
    assert re.fullmatch(
        r"At 5 months \(day 154\), ODI had changed by −\d+\.\d points with infliximab and by −\d+\.\d with placebo: "
        r"difference −?\d+\.\d points \(95\xa0% CI −?\d+\.\d to −?\d+\.\d; p = 0\.\d+\); "
        r"the interval includes no difference\.",
        lead.group(1),
    )


def test_the_page_says_the_truth_and_whether_it_is_covered(page: str) -> None:
    assert "The true difference, expected with complete data after rounding to items, is −0.60 points" in page
    assert "interval covers it." in page


def test_the_direction_stands_at_every_estimate(results: Results, page: str) -> None:
    for name in ("primary.svg", "analyses.svg", "tipping.svg"):
        assert DIRECTION in (results.out / name).read_text(encoding="utf-8")
    for table in ("table2", "table3", "table8"):
        end = page.index("</figure>", page.index(f'<div id="{table}">'))
        assert DIRECTION in page[page.index(f'<div id="{table}">') : end]
    assert set(pd.read_csv(results.out / "results.csv")["direction"]) == {DIRECTION}


class _Links(HTMLParser):
    """Collects what a page would fetch, and the ids that it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.fetched += [given[name] or "" for name in ("src", "href", "action") if name in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        assert tag != "script"


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    links = _Links()
    links.feed(page)
    assert all(link.startswith(("data:image/svg+xml;base64,", "#")) for link in links.fetched)
    assert "url(" not in page
    assert {link[1:] for link in links.fetched if link.startswith("#")} <= set(links.ids)
    assert len(links.ids) == len(set(links.ids))


def test_the_provenance_names_every_input(results: Results, page: str, plan: Plan) -> None:
    for digest in (*results.snapshot.files.values(), plan.sha256, results.allocation_sha256):
        assert digest in page


def test_the_allocation_labels_are_not_in_the_report(results: Results, plan: Plan) -> None:
    for file in some(results.out.iterdir()):
        text = file.read_text(encoding="utf-8")
        assert not [arm for arm in plan.arms.each if arm.label in text]


def test_every_analysis_is_in_the_results(results: Results, plan: Plan) -> None:
    table = pd.read_csv(results.out / "results.csv")
    others = [other.analysis.id for other in plan.outcomes]
    assert table["analysis"].unique().tolist() == [*(analysis.id for analysis in plan.analyses), *others]
    primary = table[(table["analysis"] == "primary") & (table["quantity"] == "difference") & (table["day"] == 154)]
    assert primary["estimate"].item() == pytest.approx(results.effect.estimate, rel=1e-9)


def test_figures_are_text_and_carry_no_date(results: Results) -> None:
    for name in (f"{figure}.svg" for figure in FIGURES):
        svg = (results.out / name).read_text(encoding="utf-8")
        assert "<text" in svg
        assert "dc:date" not in svg
    assert "Allocated to infliximab: 64" in (results.out / "flow.svg").read_text(encoding="utf-8")


def test_figure_2_shows_numbers_under_the_axis(results: Results) -> None:
    svg = (results.out / "primary.svg").read_text(encoding="utf-8")
    assert "Infliximab, n =" in svg
    assert "lower is better" in svg
    data = pd.read_csv(results.out / "primary.csv")
    assert len(data) == 12
    assert all(f">{count}</text>" in svg for count in data["n"])


def test_the_flow_adds_up(results: Results) -> None:
    flow = results.flow
    assert flow.enrolled == flow.randomised + flow.not_randomised == 128
    assert sum(arm.allocated for arm in flow.arms) == flow.randomised
    for arm in flow.arms:
        assert arm.allocated == arm.began + sum(arm.not_begun.values())
        assert arm.began == arm.analysed + sum(arm.not_analysed.values())


def test_a_blind_run_says_so_and_tells_nothing(blind: Results, plan: Plan) -> None:
    page = (blind.out / "report.html").read_text(encoding="utf-8")
    assert "BLIND RUN" in page.split("<main>")[0]
    assert '@top-center { content: "BLIND RUN' in page  # on every printed page
    assert blind.summary() == {"blind": True}
    for file in blind.out.iterdir():
        text = file.read_text(encoding="utf-8")
        for arm in plan.arms.each:
            assert arm.label not in text
    for name in (f"{figure}.svg" for figure in FIGURES if figure != "tipping"):
        assert "BLIND RUN" in (blind.out / name).read_text(encoding="utf-8")


def test_an_analysis_that_cannot_be_done_says_why(exported: Exported, plan: Plan, tmp_path: Path) -> None:
    broken = replace(plan.analyses[3], id="broken", title="A broken one", formula="chg ~ odi_base + nothing + arm")
    both = replace(plan, analyses=(plan.primary, broken))
    done = estimate(read_snapshot(exported.snapshot), both, exported.allocation, tmp_path, None).done
    assert "not estimated" in analyses_table(done, both)
    assert "It could not be estimated: Column nothing of" in methods_text(both, done)[-1]


def test_a_primary_analysis_that_cannot_be_done_leaves_the_rest_of_the_report(
    exported: Exported, plan: Plan, tmp_path: Path
) -> None:
    broken = replace(plan.primary, formula="odi ~ nothing + arm*visit")
    both = replace(plan, analyses=(broken, plan.analyses[3]), covariances=())
    done = analyse(exported.snapshot, both, exported.allocation, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "This cannot be shown: the primary analysis could not be done: Column nothing of" in page
    assert '<div id="table3">' in page
    assert (tmp_path / "analyses.svg").exists()
    table = pd.read_csv(tmp_path / "results.csv")
    assert "Column nothing of" in table.loc[table["analysis"] == "primary", "not_done"].item()
    assert table.loc[table["analysis"] == "ancova", "estimate"].notna().all()
    assert "Column nothing of" in done.summary()["not_done"]


def test_a_computation_that_breaks_off_costs_its_own_row_only(
    exported: Exported, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr("app.analysis.report.fitting.ANCOVA", breaks)
    both = replace(plan, analyses=(plan.primary, plan.analyses[3]))
    primary, ancova = estimate(read_snapshot(exported.snapshot), both, exported.allocation, tmp_path, None).done
    assert isinstance(primary, Fitted)
    assert isinstance(ancova, NotFitted)
    assert ancova.reason == "The computation broke off (LinAlgError: SVD did not converge)."


def test_the_command_writes_the_report(
    exported: Exported, short_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--plan", str(short_plan), "--allocation", str(exported.allocation), "--out", str(tmp_path)]
    assert main([str(exported.snapshot), *given]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "odi ~ site + arm*visit + (1 | participant)"
    assert (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("option", "said"), [("--allocation", "there is no file no.csv"), ("--plan", "no.csv cannot be used:")]
)
def test_the_command_says_what_is_wrong_in_words(
    exported: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, said: str
) -> None:
    given = {"--plan": str(EXAMPLE / "analysis.yaml"), "--allocation": str(exported.allocation), "--out": str(tmp_path)}
    given[option] = str(tmp_path / "no.csv")
    assert main([str(exported.snapshot), *(word for pair in given.items() for word in pair)]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_a_primary_analysis_that_was_not_done_is_no_success(
    exported: Exported, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = replace(plan.primary, formula="odi ~ nothing + arm*visit")
    alone = replace(plan, analyses=(broken,), covariances=(), outcomes=())
    done = analyse(exported.snapshot, alone, exported.allocation, tmp_path)
    monkeypatch.setattr("app.analysis.report.analyse", lambda *_, **__: done)
    given = ["--plan", str(EXAMPLE / "analysis.yaml"), "--allocation", str(exported.allocation), "--out", str(tmp_path)]
    assert main([str(exported.snapshot), *given]) == 1
    assert "Column nothing of" in json.loads(capsys.readouterr().out)["not_done"]
    command = CliRunner().invoke(group, [str(exported.snapshot), *given])
    assert command.exit_code == 1
    assert "Error: The primary analysis could not be done: Column nothing of" in command.output


def test_flask_analyse_says_what_is_wrong_in_words(exported: Exported, tmp_path: Path) -> None:
    given = ["--plan", str(EXAMPLE / "analysis.yaml"), "--out", str(tmp_path / "report")]
    empty = CliRunner().invoke(group, [str(tmp_path), *given])
    assert empty.exit_code == 1
    assert "is not an exported folder" in empty.output
    strange = tmp_path / "allocation.csv"
    strange.write_text("participant,arm\n99-999,vorquelimp\n", "utf-8")
    wrong = CliRunner().invoke(group, [str(exported.snapshot), *given, "--allocation", str(strange)])
    assert wrong.exit_code == 1
    assert "99-999" in wrong.output


def test_those_not_randomised_stand_beside_the_arrow(results: Results) -> None:
    with house_style():
        svg = svg_bytes(flow_figure(replace(results.flow, enrolled=150, not_randomised=22), "")).decode()
    assert "Not randomised: 22</text>" in svg
    assert "Not randomised" not in (results.out / "flow.svg").read_text(encoding="utf-8")
