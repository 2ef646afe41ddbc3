"""Writes the report: the page, the figures with their data, and every estimate as a table."""

from app.analysis.report.document import Heading, numbered, render
from app.analysis.report.figures import write_csv
from app.analysis.report.results import BLIND, Results
from app.analysis.report.sections import every_section
from app.analysis.report.style import house_style
from app.analysis.report.words import moment

RESULT_COLUMNS = [
    *(
        "analysis",
        "title",
        "role",
        "estimand",
        "population",
        "model",
        "covariance",
        "quantity",
        "day",
        "arm",
        "contrast",
        "n",
    ),
    *("estimate", "se", "df", "t", "p", "lower", "upper", "not_done", "direction"),
]


def write_report(results: Results) -> None:
    """report.html, results.csv, and each figure as SVG and CSV; the same results give the same bytes."""
    out = results.out
    out.mkdir(parents=True, exist_ok=True)
    with house_style():
        sections = numbered(every_section(results))
    page = render(_heading(results), sections)
    (out / "report.html").write_text(page, encoding="utf-8", newline="\n")
    write_csv(results.table().reindex(columns=RESULT_COLUMNS), out / "results.csv")


def _heading(results: Results) -> Heading:
    return Heading(
        study=results.plan.study,
        title=results.plan.title,
        as_of=moment(str(results.snapshot.manifest.get("as_of", ""))),
        warning=BLIND if results.blind else "",
    )
