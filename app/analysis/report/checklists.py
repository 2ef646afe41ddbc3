"""CONSORT-PRO and SPIRIT-PRO: each item that the plan and the data can answer, answered; the others named as open.

Items by Calvert et al. 2013 (JAMA 309:814) and 2018 (JAMA 319:483), in our own words.
"""

from collections.abc import Callable

import pandas as pd

from app.analysis.report.fitted import NotFitted
from app.analysis.report.missing import missing_status
from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.report.words import start

OPEN = "To be written by the investigators"
Answer = Callable[[Results], str]


def _outcomes(results: Results) -> str:
    primary = results.plan.outcome.title
    others = ", ".join(other.plan.outcome.title for other in results.others)
    return f"Primary: {primary}. Others: {others or 'none in the plan'}."


def _time_points(results: Results) -> str:
    plan = results.plan
    days = ", ".join(plan.visit_title(day) for day in plan.visits)
    return f"{days}; days count from {plan.anchor.title}. Primary: {plan.at_primary.removeprefix('at ')}."


def _estimands(results: Results) -> str:
    return "; ".join(f"{estimand.title} ({estimand.role})" for estimand in results.plan.estimands.values()) or OPEN


def _models(results: Results) -> str:
    return f"{len(results.done) + len(results.others)} analyses, each with its model and formula under Methods."


def _missing(results: Results) -> str:
    sensitivity = [fit.analysis.title for fit in results.done if fit.analysis.role == "sensitivity"]
    said = "By likelihood from all observed values; sensitivity: " if sensitivity else "By likelihood from all values"
    return f"{said}{', '.join(sensitivity)}."


def _multiplicity(results: Results) -> str:
    family = results.plan.family
    if family is None:
        return "One primary test."
    return f"A family of {len(family.hypotheses)} by {family.method.replace('_', ' ')}."


def _numbers(results: Results) -> str:
    """Of those with a day 0, how many answered at the start and at the primary visit, by arm."""
    rows, plan = results.dataset.answered(), results.plan
    days = [day for day in (0, plan.primary_day) if day in plan.visits]
    parts = []
    people = results.dataset.people.set_index("participant")["arm"]
    for arm in results.shown_groups:
        own, total = rows[rows["participant"].isin(people.index[people == arm])], int((people == arm).sum())
        counts = [f"{int((own['day'] == day).sum())} of {total} {plan.at_visit(day)}" for day in days]
        parts.append(f"{arm}: {', '.join(counts)}")
    return f"{'; '.join(parts)}."


def _reasons(results: Results) -> str:
    lost = missing_status(results)["status"].value_counts()
    lost = lost[[name for name in lost.index if not str(name).startswith("Answered")]]
    return f"{start(', '.join(f'{name} {count}' for name, count in lost.items()).lower())}." if len(lost) else "None."


def _baseline(results: Results) -> str:
    return f"The table under Participants, {len(results.plan.baseline)} rows." if results.plan.baseline else OPEN


def _results(results: Results) -> str:
    fits = [*results.done, *(other.fit for other in results.others)]
    lost = ", ".join(fit.analysis.title for fit in fits if isinstance(fit, NotFitted))
    return f"All analyses with interval and p.{f' Not estimated: {lost}.' if lost else ''}"


def _responders(results: Results) -> str:
    cuts = [f"{own.points:g} points" for own in results.plan.responders if own.points is not None]
    cuts += [f"{own.percent:g} %" for own in results.plan.responders if own.percent is not None]
    return f"Responders by {', '.join(cuts)}; at every cut in the distribution of change." if cuts else OPEN


def _open(_: Results) -> str:
    return OPEN


CONSORT: tuple[tuple[str, str, Answer], ...] = (
    ("P1b", "The abstract names the patient-reported outcome as primary or secondary", _outcomes),
    ("2a", "Why it is assessed", _open),
    ("P2b", "Its hypothesis, and its domains", _estimands),
    ("P6a", "Validity of the instrument, who answers, and how", _open),
    ("6a", "When it is assessed", _time_points),
    ("7a", "How the sample size was found", _open),
    ("P12a", "How missing data are dealt with", _missing),
    ("12a", "Models, and adjustment for several tests", lambda results: f"{_models(results)} {_multiplicity(results)}"),
    ("13a", "Who answered at the start and later, by arm", _numbers),
    ("13b", "Why answers are missing", _reasons),
    ("15", "The outcome at baseline", _baseline),
    ("17a", "Results of each domain and time point, with intervals", _results),
    ("P20, P21", "Limitations and generalisability of the outcome", _open),
    ("P22", "What the size means for patients", _responders),
)
SPIRIT: tuple[tuple[str, str, Answer], ...] = (
    ("6a", "The question that the outcome answers, and why", _open),
    ("7", "Objectives, by estimand", _estimands),
    ("12", "Domains, scores, and the time of the primary one", _outcomes),
    ("13", "Schedule of assessments", _time_points),
    ("14", "Sample size for the outcome", _open),
    ("18a", "Instruments, languages, ways of answering", _open),
    ("18b", "How missing answers are avoided", _open),
    ("20a", "Methods of analysis, and adjustment for several tests", lambda r: f"{_models(r)} {_multiplicity(r)}"),
    ("20c", "How missing data are dealt with", _missing),
    ("22", "Whether answers are watched for harm", _open),
)


def checklist(results: Results, items: tuple[tuple[str, str, Answer], ...], name: str) -> str:
    """One row for each item: what is asked, and what plan and data say."""
    rows = [{"Item": number, "What is asked": item, "Answer": answer(results)} for number, item, answer in items]
    return html_table(pd.DataFrame(rows), name, numbers=())
