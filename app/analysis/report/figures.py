"""Puts a figure beside the report, as SVG with its data as CSV, and into the page."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from app.analysis.report.document import Picture
from app.analysis.report.results import Results
from app.analysis.report.style import svg_bytes


def write_csv(frame: pd.DataFrame, target: Path) -> None:
    """Ten significant digits, LF, empty for what is not known."""
    frame.to_csv(target, index=False, float_format="%.10g", lineterminator="\n", encoding="utf-8")


def picture(results: Results, name: str, figure: Figure, data: pd.DataFrame, caption: str, description: str) -> Picture:
    """Write the figure and its data beside the report, and give it to the page."""
    svg = svg_bytes(figure)
    (results.out / f"{name}.svg").write_bytes(svg)
    write_csv(data, results.out / f"{name}.csv")
    return Picture(name, svg, caption, description)
