"""Writes the report: the page, the figures with their data, and every estimate as a table."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from app.analysis.report.document import Heading, Picture, render
from app.analysis.report.run import BLIND, Results
from app.analysis.report.style import house_style, svg_bytes
from app.analysis.report.words import moment

COLUMNS = [
    *("analysis", "title", "role", "estimand", "population", "model", "covariance", "quantity", "day", "arm", "n"),
    *("estimate", "se", "df", "t", "p", "lower", "upper", "direction"),
]


def write_report(results: Results) -> None:
    """report.html, results.csv, and each figure as SVG and CSV; the same results give the same bytes."""
    from app.analysis.report.sections import every_section

    out = results.out
    out.mkdir(parents=True, exist_ok=True)
    with house_style():
        sections = every_section(results)
    page = render(_heading(results), sections)
    (out / "report.html").write_text(page, encoding="utf-8", newline="\n")
    write_csv(results.table()[COLUMNS], out / "results.csv")


def write_csv(frame: pd.DataFrame, target: Path) -> None:
    """Ten significant digits, LF, empty for what is not known."""
    frame.to_csv(target, index=False, float_format="%.10g", lineterminator="\n", encoding="utf-8")


def picture(results: Results, name: str, figure: Figure, data: pd.DataFrame, caption: str, description: str) -> Picture:
    """Write the figure and its data beside the report, and give it to the page."""
    svg = svg_bytes(figure)
    (results.out / f"{name}.svg").write_bytes(svg)
    write_csv(data, results.out / f"{name}.csv")
    return Picture(name, svg, caption, description)


def _heading(results: Results) -> Heading:
    return Heading(
        study=results.plan.study,
        title=results.plan.title,
        as_of=moment(str(results.snapshot.manifest.get("as_of", ""))),
        warning=BLIND if results.blind else "",
    )
