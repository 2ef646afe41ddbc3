"""The tables of the report, made by great_tables and dressed by the report's own stylesheet."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

import pandas as pd

from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.ratios import RATIO, ratio_texts
from app.analysis.report.words import interval, number, p_number, percent, shown_contrast, start
from app.analysis.trial.plan import Plan

DASH = "\N{EN DASH}"
CONTRAST = "Contrast"


def html_table(
    frame: pd.DataFrame,
    name: str,
    groups: str | None = None,
    bold: Sequence[int] = (),
    numbers: Sequence[str] | None = None,
) -> str:
    """The frame as an HTML table: the first column as row headings, chosen rows bold.

    The columns of numbers (all but the first unless said) are aligned to the right, the others are text that wraps.
    """
    from great_tables import GT, loc, style

    headings = next(column for column in frame.columns if column != groups)
    others = [column for column in frame.columns if column not in (headings, groups)]
    right = others if numbers is None else list(numbers)
    table = GT(frame.astype(str), rowname_col=headings, groupname_col=groups, id=name).tab_stubhead(headings)
    table = table.cols_align("right", right).cols_align("left", [column for column in others if column not in right])
    if bold:
        table = table.tab_style(style.text(weight="bold"), [loc.body(rows=list(bold)), loc.stub(rows=list(bold))])
    plain = re.sub(r"<style>.*?</style>", "", table.as_raw_html(), flags=re.DOTALL)
    return re.sub(r'(<div id="[^"]*") style="[^"]*"', r"\1", plain)


def change_table(fits: Sequence[Fitted], plan: Plan, arms: Sequence[str]) -> str:
    """Change per arm and visit, difference, interval and p, for each of the models.

    The rows of the primary visit are bold among others; where there is no other visit, as in a cross-over, none is.
    """
    records: list[dict[str, str]] = []
    bold: list[int] = []
    for fitted in fits:
        for day in dict.fromkeys(fitted.differences["day"].tolist()):
            several = len(fitted.contrasts) > 1 and plan.arms.reference is not None
            rows = _rows_by_arm(fitted, day, plan, arms) if several else [_visit_row(fitted, day, plan, arms)]
            bold += range(len(records), len(records) + len(rows)) if day == plan.primary_day else []
            records += rows
    frame = pd.DataFrame(records).fillna("")
    numbers = [name for name in frame.columns if name not in ("Model", "Visit", "Arm", CONTRAST)]
    return html_table(frame, "table2", "Model", bold if len(bold) < len(records) else (), numbers)


def _rows_by_arm(fitted: Fitted, day: int, plan: Plan, arms: Sequence[str]) -> list[dict[str, str]]:
    """A visit of a trial with several differences: its arms one below the other, and beside them the differences."""
    visit, at_day = (
        _visit_words(day, plan),
        {change.arm: change for change in fitted.each_change() if change.day == day},
    )
    limits, rows = f"{percent(plan.level)} CI", []
    for place, (arm, contrast) in enumerate(zip_longest(arms, fitted.contrasts)):
        row = {"Model": fitted.analysis.title, "Visit": "" if place else visit}
        if arm is not None:
            change = at_day[arm]
            own = f"{number(change.estimate)} ({interval(change.lower, change.upper)})"
            row |= {"Arm": arm, "n": str(change.n), f"{start(_what(plan))} (CI)": own}
        if contrast is not None:
            effect = fitted.effect(day, contrast)
            row |= {CONTRAST: shown_contrast(contrast), "Difference": number(effect.estimate)}
            row |= {limits: interval(effect.lower, effect.upper)}
            ratios = {RATIO: "; ".join(ratio_texts(fitted, contrast, day))} if fitted.analysis.is_generalised else {}
            row |= {**ratios, "p": p_number(fitted.deciding(day, contrast).p)}
        rows.append(row)
    return rows


def _visit_words(day: int, plan: Plan) -> str:
    return "All periods" if plan.crossover is not None else plan.visit_title(day)


def _what(plan: Plan) -> str:
    """What an arm is told of: its share, its change, or its mean."""
    return "share" if plan.outcome.unit == "%" else "change" if plan.has_baseline else "mean"


def _visit_row(fitted: Fitted, day: int, plan: Plan, arms: Sequence[str]) -> dict[str, str]:
    row = {"Model": fitted.analysis.title, "Visit": _visit_words(day, plan)}
    at_day = {change.arm: change for change in fitted.each_change() if change.day == day}
    for arm in arms:
        change = at_day[arm]
        row[f"{arm}: n"] = str(change.n)
        row[f"{arm}: {_what(plan)} (CI)"] = f"{number(change.estimate)} ({interval(change.lower, change.upper)})"
    if plan.arms.reference is None:
        return row
    contrast = fitted.contrasts[0]
    effect = fitted.effect(day, contrast)
    row |= {"Difference": number(effect.estimate), f"{percent(plan.level)} CI": interval(effect.lower, effect.upper)}
    if fitted.analysis.is_generalised:
        row[RATIO] = "; ".join(ratio_texts(fitted, contrast, day))
    return row | {"p": p_number(fitted.deciding(day, contrast).p)}


def analyses_table(done: Sequence[Fitted | NotFitted], plan: Plan) -> str:
    """All analyses at the primary visit; of one that could not be done the reason stands below (`not_done_words`)."""
    rows = []
    limits, estimated = f"{percent(plan.level)} CI", "Difference" if plan.arms.reference else start(_what(plan))
    for fit, contrast in each_contrast(done):
        row = {"Analysis": titled(fit, contrast), "Role": fit.analysis.role, "Estimand": fit.analysis.estimand}
        row |= {"Population": plan.populations[fit.analysis.population].title}
        if isinstance(fit, Fitted):
            effect = fit.effect(plan.primary_day, contrast)
            row |= {"n": str(fit.n_participants), estimated: number(effect.estimate), "SE": number(effect.se, 2)}
            row |= {limits: interval(effect.lower, effect.upper), "df": number(effect.df)}
            row |= {RATIO: "; ".join(ratio_texts(fit, contrast, plan.primary_day)) or DASH}
            row |= {"p": p_number(fit.deciding(plan.primary_day, contrast).p)}
        else:
            row |= dict.fromkeys(("n", "SE", limits, "df", RATIO, "p"), DASH)
            row |= {estimated: "not estimated"}
        rows.append({name.replace("_", " "): str(text).replace("_", " ") for name, text in row.items()})
    numbers = ["n", estimated, "SE", limits, "df", "p"]
    frame = pd.DataFrame(rows)
    frame = frame if plan.primary.is_generalised else frame.drop(columns=RATIO)
    bold = [place for place, (fit, _) in enumerate(each_contrast(done)) if fit.analysis.role == "primary"]
    return html_table(frame, "table3", bold=bold, numbers=numbers)


def not_done_words(done: Iterable[Fitted | NotFitted]) -> Iterator[str]:
    """A sentence for each analysis that could not be done: why not."""
    for fit in done:
        if isinstance(fit, NotFitted):
            yield f"Not estimated: {fit.analysis.title}. {fit.reason}"


def each_contrast(done: Iterable[Fitted | NotFitted]) -> Iterator[tuple[Fitted | NotFitted, str]]:
    """Every analysis with each of its differences; one that could not be done once, with none."""
    for fit in done:
        yield from ((fit, contrast) for contrast in (fit.contrasts if isinstance(fit, Fitted) else ("",)))


def titled(fit: Fitted | NotFitted, contrast: str) -> str:
    """The title of the analysis, with the difference where it has several."""
    several = isinstance(fit, Fitted) and len(fit.contrasts) > 1
    return f"{fit.analysis.title}: {shown_contrast(contrast)}" if several else fit.analysis.title


def pooled_table(rows: pd.DataFrame, plan: Plan) -> str:
    """The change of all participants together at each visit."""
    columns = (rows[name].tolist() for name in ("day", "n", "estimate", "lower", "upper"))
    cells = [
        (plan.visit_title(day), str(n), number(estimate), interval(lower, upper))
        for day, n, estimate, lower, upper in zip(*columns, strict=True)
    ]
    names = ["Visit", "n", "Change", f"{percent(plan.level)} CI"]
    return html_table(pd.DataFrame(cells, columns=names), "table-pooled")
