"""A fit shown to others: HTML for notebooks, LaTeX for papers, figures; and models made of names."""

import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, LMM, MMRM
from app.analysis.design.formula import formula_of
from app.analysis.errors import AnalysisError
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.showing import cell, latex_of
from tests.analysis.trials import FORMULA, trial


@pytest.fixture(scope="module")
def fit() -> MixedResult:
    return MMRM(FORMULA, trial(), subject="id", visit="visit", covariance="cs").fit()


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_notebook_shows_facts_coefficients_and_notes(fit: MixedResult) -> None:
    cells = _Cells()
    cells.feed(fit._repr_html_())
    assert fit._repr_html_() == fit.to_html()
    assert {"MMRM", FORMULA, *fit.coef_names} <= set(cells.texts)
    assert [f"Note: {message}" for message in fit.messages] == [t for t in cells.texts if t.startswith("Note: ")]
    assert not {"script", "style"} & set(cells.tags)


def test_names_that_look_like_html_are_text() -> None:
    frame = trial().rename(columns={"base": "<b>base</b>"})
    shown = LMM("y ~ `<b>base</b>` + visit", frame, subject="id", visit="visit").fit().to_html()
    assert "<b>" not in shown
    assert "&lt;b&gt;base" in shown


LATEX = [
    (1.23456, "$1.235$"),
    (-0.5, "$-0.5$"),
    (float("nan"), "--"),
    (float("inf"), "--"),
    ("a_b & 5 %", r"a\_b \& 5 \%"),
    ("x^2~y\\z", r"x\textasciicircum{}2\textasciitilde{}y\textbackslash{}z"),
    (3, "3"),
]


@pytest.mark.parametrize(("value", "text"), LATEX)
def test_a_cell_of_latex(value: Any, text: str) -> None:
    assert cell(value) == text


def test_a_table_of_latex_has_a_column_kind_for_each_column(fit: MixedResult) -> None:
    lines = fit.to_latex(fit.contrasts("arm", by="visit")).split("\n")
    assert lines[0] == r"\begin{tabular}{llrrrrrrr}"
    assert lines[2].startswith(r"visit & contrast & estimate & se")
    assert len(lines) == 2 + 2 + 4 + 2
    assert all(line.endswith(r" \\") for line in lines[4:8])
    assert fit.to_latex() == latex_of(fit.coefficients())


def test_figures_have_a_line_for_each_arm_and_a_point_for_each_row(fit: MixedResult) -> None:
    axes = fit.plot_emmeans("arm", by="visit").axes[0]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["P", "A"]
    means = fit.emmeans("arm", by="visit")
    for container, (_, own) in zip(axes.containers, means.groupby("arm", observed=True), strict=True):
        drawn = container.lines[0].get_ydata()  # type: ignore[attr-defined]
        assert list(drawn) == pytest.approx(own["estimate"].tolist())
    alone = fit.plot_emmeans("site").axes[0]
    assert [text.get_text() for text in alone.get_xticklabels()] == ["s1", "s2", "s3"]
    left, right = fit.plot_residuals().axes
    assert np.shape(left.collections[0].get_offsets()) == np.shape(right.collections[0].get_offsets()) == (fit.n_obs, 2)


def test_a_fit_does_not_load_matplotlib() -> None:
    code = "import sys; from app.analysis import MMRM, LMM, ANCOVA; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_models_from_names_are_those_of_the_formula(fit: MixedResult) -> None:
    terms = ["base", "site", ("arm", "visit")]
    named = MMRM.of("y", terms, trial(), subject="id", visit="visit", covariance="cs").fit()
    pd.testing.assert_frame_equal(named.coefficients(), fit.coefficients())
    odd = trial().rename(columns={"base": "base line", "y": "y.1"})
    assert LMM.of("y.1", ["base line", ("arm", "visit")], odd, subject="id", visit="visit").fit().n_obs == fit.n_obs
    assert ANCOVA.of("y.1", ["base line", "arm"], odd[odd["visit"] == "v4"]).fit().design.outcome == "y.1"


@pytest.mark.parametrize(
    ("terms", "formula"),
    [(["a"], "y ~ a"), ([("a", "b"), "c d"], "y ~ a*b + `c d`"), ([("a", "b", "c")], "y ~ a*b*c")],
)
def test_a_formula_of_names(terms: Any, formula: str) -> None:
    assert formula_of("y", terms) == formula


@pytest.mark.parametrize("terms", ["arm", [], ()])
def test_terms_are_a_list(terms: Any) -> None:
    with pytest.raises(AnalysisError, match="terms is a list of columns"):
        formula_of("y", terms)


def test_a_constrained_model_needs_no_formula_anyway() -> None:
    with pytest.raises(AnalysisError, match="give the outcome's column"):
        CLDA.of("y", ["site"], trial(), subject="id", visit="visit", arm="arm", baseline="v1")
